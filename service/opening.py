"""Whether a learner can work in an activity at this moment: its window, an exam's clock, and
what an exam beside it still seals."""

from datetime import datetime
from uuid import UUID

from service.i18n import _
from service.models import Activity, Attempt, Kind, Launch, Sitting
from service.parts import parts_of, second_shut
from service.sealing import cases_that_wait
from service.store import sittings as rows
from service.store.database import Work
from service.windows import has_closed, is_over, why_shut

FACTORS = (1.0, 1.25, 1.5, 2.0)  # of an exam's minutes, that a teacher can give a learner


async def sitting_of(work: Work, activity: Activity, learner_id: UUID | None) -> Sitting | None:
    """A learner's sitting of an exam."""
    if activity.kind is not Kind.EXAM or learner_id is None:
        return None
    return await rows.of_learner(work.session, activity.id, learner_id)


async def shut_because(
    work: Work, activity: Activity, learner_id: UUID, now: datetime
) -> str | None:
    """Why this learner can lock nothing in that counts, as a sentence; None while they can."""
    if (sentence := why_shut(activity, now)) is not None:
        return sentence
    if activity.kind is not Kind.EXAM:
        return None
    sitting = await sitting_of(work, activity, learner_id)
    if sitting is None or sitting.started_at is None:
        return _("Begin the exam first: its clock starts then.")
    if is_over(activity, sitting, now):
        return _("Your time is over. What you had typed by then is handed in.")
    return None


async def shut_for(work: Work, activity: Activity, attempt: Attempt, now: datetime) -> str | None:
    """The same of an attempt: whoever only tries it out, or practises, is not held up."""
    if attempt.preview or attempt.look > 1:
        return None
    sentence = await shut_because(work, activity, attempt.learner_id, now)
    parts = None if sentence else await parts_of(work, activity, attempt.learner_id, now)
    if parts is not None and attempt.case_id in {case.id for case in parts.second}:
        return second_shut(activity, parts, now)
    if sentence is None and attempt.case_id is not None:
        waits = await cases_that_wait(work, activity, attempt.learner_id, now)
        return waits.get(attempt.case_id)
    return sentence


async def begin(work: Work, activity: Activity, launch: Launch, now: datetime) -> str | None:
    """Start this learner's clock; or say why not."""
    if activity.kind is not Kind.EXAM or launch.learner_id is None:
        return _("There is no exam here.")
    if launch.is_learner and (sentence := why_shut(activity, now)) is not None:
        return sentence
    await rows.begin(work.session, activity.id, launch.learner_id, now)
    return None


def may_still_begin(activity: Activity, sitting: Sitting | None, now: datetime) -> bool:
    """Whether a learner's clock has not been started, and can be."""
    begun = sitting is not None and sitting.started_at is not None
    return not begun and not has_closed(activity, now)
