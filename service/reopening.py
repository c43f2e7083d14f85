"""The rules of giving a case back: after a fault, a learner may estimate it again, blind as before.

Whoever has seen the answer, or a grade that tells of it, is not blind any more: then a teacher sets
a score of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service import decisions, opening, windows
from service.attempts import AttemptRefused, NotYours
from service.i18n import _
from service.models import Activity, Attempt, AttemptState, Estimate, Launch, Reopening
from service.store import attempts as rows
from service.store import launches as launch_rows
from service.store import passbacks as passback_rows
from service.store import reopenings
from service.store import sittings as sitting_rows
from service.store.database import Work


async def reopen(work: Work, attempt_id: UUID, *, by: Launch, reason: str, now: datetime) -> None:
    """Set a locked-in case aside and let its learner begin it again. What they lock in then counts
    as handed in when the first one was: a fault makes nobody late."""
    attempt = await rows.by_id(work.session, attempt_id, lock=True)
    if attempt is None or attempt.activity_id != by.activity_id or attempt.preview:
        raise NotYours(_("There is no such attempt in this class."))
    await rows.serialise(work.session, attempt.activity_id, attempt.learner_id)
    activity = await launch_rows.activity(work.session, attempt.activity_id)
    known = await blindness(work, activity, attempt.learner_id, now)
    if (sentence := why_not(attempt, known)) is not None:
        raise AttemptRefused(sentence)
    estimate = await rows.estimate(work.session, attempt.id)
    attempt.state = AttemptState.SET_ASIDE
    attempt.look = await reopenings.next_place(work.session, attempt)
    await work.session.flush()
    work.session.add(in_its_place(attempt, estimate, now))
    work.session.add(
        Reopening(attempt_id=attempt.id, reason=reason, teacher_id=by.learner_id, created_at=now)
    )
    sitting = await opening.sitting_of(work, activity, attempt.learner_id)
    if windows.is_over(activity, sitting, now):
        await sitting_rows.stop_clock(work.session, activity.id, attempt.learner_id)
    decisions.note(work, attempt.learner_id, by, "reopened", now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """What stands against giving any case back to a learner.

    shut: why nothing can be locked in now. answered: the cases whose answer they were shown.
    told: whether a grade of their work has been sent, whose comment tells of it.
    """

    shut: str | None
    answered: set[UUID | None]
    told: bool


async def blindness(work: Work, activity: Activity, learner_id: UUID, now: datetime) -> Blindness:
    """What a learner knows by now."""
    sent = await passback_rows.of_learner(work.session, activity.id, learner_id)
    return Blindness(
        shut=windows.why_shut(activity, now),
        answered=await rows.answered_cases(work.session, learner_id),
        told=any(row.attempt_id for row in sent),
    )


def why_not(attempt: Attempt, learner: Blindness) -> str | None:
    """Why this attempt cannot be given back, as a sentence; None where it can."""
    if attempt.case_id is None or attempt.look != 1 or attempt.state is not AttemptState.SETTLED:
        return _("There is nothing here to be given back.")
    if learner.shut is None and (learner.told or attempt.case_id in learner.answered):
        return _(
            "The learner has seen the answer, or a grade that tells of it, and would not be blind "
            "any more. Set a score of your own instead."
        )
    return learner.shut


def in_its_place(attempt: Attempt, estimate: Estimate | None, now: datetime) -> Attempt:
    """A draft of the same case, for the same column."""
    return Attempt(
        activity_id=attempt.activity_id,
        learner_id=attempt.learner_id,
        case_id=attempt.case_id,
        clip_id=attempt.clip_id,
        look=1,
        state=AttemptState.DRAFT,
        preview=False,
        line_item_url=attempt.line_item_url,
        platform_family=attempt.platform_family,
        created_at=now,
        first_locked_at=attempt.first_locked_at or (estimate.locked_at if estimate else now),
    )


async def restart(
    work: Work, activity: Activity, learner_id: UUID, *, by: Launch, now: datetime
) -> None:
    """Let a learner begin an exam's clock again; what they have locked in stays locked in."""
    sitting = await opening.sitting_of(work, activity, learner_id)
    if sitting is None or sitting.started_at is None:
        raise AttemptRefused(_("This learner's clock is not running."))
    if (shut := windows.why_shut(activity, now)) is not None:
        raise AttemptRefused(shut)
    await sitting_rows.stop_clock(work.session, activity.id, learner_id)
    decisions.note(work, learner_id, by, "clock anew", now)
