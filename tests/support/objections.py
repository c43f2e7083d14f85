"""Pages for the gallery of what learners have asked their teacher to look at again."""

from service.pages.regrading import RequestView
from service.pages.views import Step
from tests.support.samples import CLIP, attempt

ASKED = RequestView(
    learner="Ada Okafor",
    what="Case 3",
    estimate="42",
    reference="51",
    said="The outline\nis off.",
    at="23 Nov, 14:02 UTC",
    path="/l/7b1e/requests/1",
)
OBJECTIONS: dict[str, tuple[str, dict[str, object]]] = {
    "requests": ("requests", {"requests": [ASKED], "home_path": "/l/7b1e"}),
    "request": (
        "request",
        {
            "asked": ASKED,
            "attempt": attempt(Step.REVEAL, clip=CLIP),
            "reading": "47.3",
            "learner": "Ada Okafor",
            "work_path": "/l/7b1e/learners/1",
            "requests_path": "/l/7b1e/requests",
        },
    ),
}
