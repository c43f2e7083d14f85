"""What came of a request to look again, in words: for its learner, and for staff."""

from service import words
from service.i18n import _, later
from service.models import Outcome, RegradeRequest
from service.pages.views import RegradeView

FOR_LEARNERS = {
    Outcome.KEPT: later("Your teacher looked at this on %(when)s. The answer stays as it is."),
    Outcome.SCORED: later(
        "Your teacher looked at this on %(when)s and set a score of their own for this activity."
    ),
    Outcome.SEEN: later("Your teacher looked at this on %(when)s."),
}
FOR_STAFF = {
    Outcome.KEPT: later("Answered on %(when)s: it stays as it is."),
    Outcome.SCORED: later("Answered on %(when)s: a teacher's own score was set."),
    Outcome.SEEN: later("Answered on %(when)s."),
}


def for_learner(asked: RegradeRequest | None) -> RegradeView:
    """What a learner asked, and what came of it."""
    if asked is None:
        return RegradeView()
    return RegradeView(said=asked.said, closed=outcome(FOR_LEARNERS, asked), note=asked.note)


def for_staff(asked: RegradeRequest) -> str | None:
    """What came of it; None while it is open."""
    return outcome(FOR_STAFF, asked)


def outcome(sentences: dict[Outcome, str], asked: RegradeRequest) -> str | None:
    """One of these sentences, with its moment."""
    if asked.outcome is None or asked.closed_at is None:
        return None
    return _(sentences[asked.outcome], when=words.day_and_time(asked.closed_at))
