"""Pages for the gallery of what learners have asked their teacher to look at again."""

from dataclasses import replace

from service.pages.regrading import ClosingView, RequestView
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
ANSWERED = replace(
    ASKED,
    closed="Answered on 24 Nov, 08:30 UTC: it stays as it is.",
    note="The border is drawn at the\nblood, not at the wall.",
)
CLOSING = ClosingView(may_score=True, maximum="100")
PAGE = {
    "asked": ASKED,
    "attempt": attempt(Step.REVEAL, clip=CLIP),
    "reading": "47.3",
    "learner": "Ada Okafor",
    "work_path": "/l/7b1e/learners/1",
    "requests_path": "/l/7b1e/requests",
    "closing": CLOSING,
}
OBJECTIONS: dict[str, tuple[str, dict[str, object]]] = {
    "requests": (
        "requests",
        {"requests": [ASKED], "answered": [ANSWERED], "home_path": "/l/7b1e"},
    ),
    "request": ("request", PAGE),
    "request-wrong": (
        "request",
        PAGE
        | {
            "closing": replace(
                CLOSING,
                outcome="scored",
                points="101",
                error="Type points from 0 to 100.",
                wrong="points",
            )
        },
    ),
    "request-answered": ("request", PAGE | {"asked": ANSWERED}),
}
