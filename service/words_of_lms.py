"""What an LMS is called, what it lets us do, and what is left to do in it, in words."""

from collections.abc import Mapping

from lti.grades import LINE_ITEM_SCOPE, NEW_LINE_ITEM_SCOPE, RESULT_SCOPE, SCORE_SCOPE
from lti.platforms import CANVAS, MOODLE
from lti.roster import ROSTER_SCOPE
from service.i18n import _, later

FAMILIES: Mapping[str, str] = {CANVAS: "Canvas", MOODLE: "Moodle"}
SCOPES: Mapping[str, str] = {
    SCORE_SCOPE: later("Write grades: without it no score reaches the gradebook."),
    RESULT_SCOPE: later("Read grades back: without it we can't see that a grade has arrived."),
    LINE_ITEM_SCOPE: later("See gradebook columns: without it a column's maximum is unknown."),
    NEW_LINE_ITEM_SCOPE: later(
        "Make gradebook columns: without it only activities that have a column are graded."
    ),
    ROSTER_SCOPE: later("Course roster: without it learners are listed once they have come."),
}
STEPS: Mapping[str, tuple[str, ...]] = {
    MOODLE: (
        later("In Moodle the new tool is pending: press Activate on its card."),
        later(
            "It then waits in each course: under More, LTI External tools, a teacher turns on "
            "“Show in activity chooser”."
        ),
    ),
    CANVAS: (
        later("In Canvas, look over what the app may do, and turn it on."),
        later(
            "Each account or course that has the app is a deployment of its own. "
            "A new one may have to be approved by whoever runs Eyeball."
        ),
    ),
}
ELSEWHERE = (later("In your LMS, turn the new tool on."),)


def family_name(family: str | None) -> str | None:
    """What people call this kind of LMS; None for one that we do not know by name."""
    return FAMILIES.get(family or "")


def scope_words(scope: str) -> str:
    """What a scope is good for."""
    return _(SCOPES.get(scope, scope))


def next_steps(family: str | None) -> list[str]:
    """What is left to do in the LMS."""
    return [_(step) for step in STEPS.get(family or "", ELSEWHERE)]
