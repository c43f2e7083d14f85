"""What an LMS is called, what it lets us do, and what is left to do in it, in words."""

import re
from collections.abc import Mapping

from lti.grades import LINE_ITEM_SCOPE, NEW_LINE_ITEM_SCOPE, RESULT_SCOPE, SCORE_SCOPE
from lti.platforms import ATTEMPTS_USED_UP, CANVAS, MOODLE
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
# What became of a score, as its row keeps it, and why a launch that honest people meet is refused:
# one sentence for every reader, in their language only when it is shown. Those with parts of their
# own are found by what is around them.
TROUBLES = (
    later("Only somebody who teaches this course can add activities to it."),
    later("The learning platform did not let you in: open the activity in your course."),
    later("The learning platform refused the login."),
    later(
        "This installation of the tool waits for its operator's approval. "
        "Tell them the deployment id: %(part)s"
    ),
    later(
        "This launch belongs to no login that we know: it was used already, or is too old. "
        "Open the activity again from your course."
    ),
    later(
        "This launch is not valid now: made at %(made)s UTC by the learning platform's clock, "
        "received at %(here)s UTC by ours. Open the activity again; if that does not help, one of "
        "the clocks is wrong."
    ),
    later("This learning platform is not registered here."),
    later("You are no longer logged in to the learning platform."),
    later(
        "Your LMS is connected, and waits for the approval of whoever runs this tool. "
        "Tell them the client id: %(part)s"
    ),
    later("The grade, or its whole column, seems to be locked in the learning platform."),
    later("The gradebook column no longer exists."),
    later("The gradebook holds a newer score."),
    later("The gradebook no longer shows the score that was sent: somebody may have removed it."),
    later("The learner has used up all attempts that this assignment allows."),
    later("The learning platform asks us to slow down."),
    later("The learning platform did not answer in time."),
    later("The learning platform did not answer."),
    later("The learning platform does not allow this tool to use this gradebook column."),
    later("The learning platform said yes, but its gradebook does not show the score yet."),
    later("The learning platform said yes, but its gradebook does not show the score."),
    later("The learning platform takes no score for this person: not a learner in the course."),
    later(
        "The learning platform takes no score for this person: not, or no longer, "
        "a learner in the course."
    ),
    later("The platform holds this score already, or a newer one."),
    later("The gradebook holds %(part)s, which this tool did not send."),
    later(
        "The learning platform took the score, but its gradebook shows %(part)s: "
        "a grade of the teacher's own goes before it."
    ),
    later("The learning platform does not answer properly (status %(part)s)."),
    later("The learning platform gives no access token now (status %(part)s)."),
    later("The learning platform refused the score (status %(part)s)."),
    later("The launch comes from another deployment than the login."),
    later("This client id is not registered here."),
    later("This login has expired: open the activity again."),
    later("This tool opens from an activity in a course."),
    later("The learning platform did not understand our request."),
    later("The learning platform does not know this tool by its client id."),
    later("The learning platform does not show its keys."),
    later("The learning platform's keys cannot be had now."),
    later("The learning platform does not accept its own access token."),
    later("The learning platform refuses us an access token: %(part)s."),
    later("The learning platform's token cannot be read."),
    later("The learning platform's answer cannot be read."),
    later("The learning platform's answer is too long."),
    later("The learning platform does not let this tool see who is in the course."),
    later("The learning platform does not know this course any more."),
    later("The learning platform refused the roster (%(part)s)."),
    later("The gradebook column's address is not https."),
    later("The gradebook does not say where its new column is."),
    later(
        "The gradebook column holds grades already, and the learning platform would not rescale "
        "them: it keeps its maximum."
    ),
    later("The learning platform did not change its gradebook column (status %(part)s)."),
)
A_PART = re.compile(r"%\((\w+)\)s")
SHAPES = {
    sentence: re.compile(
        "".join(
            f"(?P<{text}>.{{1,64}})" if place % 2 else re.escape(text)
            for place, text in enumerate(A_PART.split(sentence))
        )
    )
    for sentence in TROUBLES
}
ELSEWHERE = (later("In your LMS, turn the new tool on."),)


def family_name(family: str | None) -> str | None:
    """What people call this kind of LMS; None for one that we do not know by name."""
    return FAMILIES.get(family or "")


def scope_words(scope: str) -> str:
    """What a scope is good for."""
    return _(SCOPES.get(scope, scope))


def trouble_words(told: str) -> str:
    """Any of these in the reader's language; what we do not know stays as it is."""
    for sentence, shape in SHAPES.items():
        if found := shape.fullmatch(told):
            return _(sentence, **found.groupdict()) if found.groups() else _(sentence)
    return told


def refusal_words(problem: str | None) -> str:
    """The same for the learner whose score was refused."""
    if problem == ATTEMPTS_USED_UP:
        return _(
            "You've used all attempts your LMS allows. You can keep practising; "
            "new scores won't be sent."
        )
    return _("Your LMS refused it. Your teacher can see it here; you don't need to do anything.")


def next_steps(family: str | None) -> list[str]:
    """What is left to do in the LMS."""
    return [_(step) for step in STEPS.get(family or "", ELSEWHERE)]
