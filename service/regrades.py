"""A learner asks for another look at an answer; the teacher decides, and tells them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service import attempts, decisions
from service.attempts import AttemptRefused, NotYours
from service.i18n import _
from service.models import Launch, Outcome, RegradeRequest
from service.store import attempts as attempt_rows
from service.store import regrades as rows
from service.store.database import Work

MOST_SAID = 1000


class NothingSaid(AttemptRefused):
    """The box was empty, or held more than fits."""


async def ask(work: Work, attempt_id: UUID, *, by: Launch, said: str, now: datetime) -> None:
    """Tell the teacher what looks wrong. Asking twice changes nothing, and no grade changes."""
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    await attempts.check_answered(work, attempt, now)
    plain = legible(said)
    if not plain:
        raise NothingSaid(_("Say in a few words what looks wrong."))
    if len(plain) > MOST_SAID:
        raise NothingSaid(_("Say it in at most %(most)s characters.", most=MOST_SAID))
    await rows.put(work.session, RegradeRequest(attempt_id=attempt.id, said=plain, created_at=now))


def legible(text: str) -> str:
    """What was typed, without what no page can show."""
    return "".join(one for one in text if one.isprintable() or one == "\n").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a teacher says to a request.

    share: of the maximum, where they set a score of their own; the note is its reason then.
    seen:  the version of the request that they had before them.
    """

    outcome: Outcome
    note: str
    share: float | None
    seen: str


async def close(work: Work, attempt_id: UUID, *, by: Launch, said: Closing, now: datetime) -> None:
    """Say what came of a request, and tell its learner; said once more, the newest counts."""
    request = await rows.of_attempt(work.session, attempt_id, lock=True)
    attempt = await attempt_rows.by_id(work.session, attempt_id)
    if request is None or attempt is None or attempt.activity_id != by.activity_id:
        raise NotYours(_("There is no such page here."))
    if attempt.preview or not by.is_staff or by.learner_id is None:
        raise NotYours(_("There is no such page here."))
    if said.seen != version(request):
        raise AttemptRefused(_("Somebody has answered this since you opened the page."))
    if said.share is not None:
        await decisions.set_score(
            work, attempt.learner_id, by=by, share=said.share, reason=said.note, now=now
        )
    request.outcome, request.note = said.outcome, said.note or None
    request.closed_at, request.teacher_id = now, by.learner_id
    decisions.note(work, attempt.learner_id, by, f"asked: {said.outcome}", now)


def version(request: RegradeRequest) -> str:
    """Which answer of a teacher's stands; empty while there is none."""
    return "" if request.closed_at is None else request.closed_at.isoformat()
