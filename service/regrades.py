"""A learner asks for another look at an answer; the teacher decides."""

from datetime import datetime
from uuid import UUID

from service import attempts
from service.attempts import AttemptRefused
from service.i18n import _
from service.models import Launch, RegradeRequest
from service.store import regrades as rows
from service.store.database import Work

MOST_SAID = 1000


class NothingSaid(AttemptRefused):
    """The box was empty, or held more than fits."""


async def ask(work: Work, attempt_id: UUID, *, by: Launch, said: str, now: datetime) -> None:
    """Tell the teacher what looks wrong. Asking twice changes nothing, and no grade changes."""
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    await attempts.check_answered(work, attempt, now)
    plain = "".join(one for one in said if one.isprintable() or one == "\n").strip()
    if not plain:
        raise NothingSaid(_("Say in a few words what looks wrong."))
    if len(plain) > MOST_SAID:
        raise NothingSaid(_("Say it in at most %(most)s characters.", most=MOST_SAID))
    await rows.put(work.session, RegradeRequest(attempt_id=attempt.id, said=plain, created_at=now))
