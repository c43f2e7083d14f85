"""The rules of what a teacher decides about a learner: a score, an exemption, more time.

Each is the teacher's own act, with a reason that the learner can read; none is ever lost, and an
operator finds each among the events.
"""

from datetime import datetime
from uuid import UUID

from service import events, passback
from service.models import Activity, EventKind, EventOutcome, Launch, Override
from service.store import sittings as sitting_rows
from service.store.database import Work


async def set_score(
    work: Work, learner_id: UUID, *, by: Launch, share: float | None, reason: str, now: datetime
) -> None:
    """A score of the teacher's own, as a share of the maximum; None lets the work count again."""
    wanted = decision(learner_id, by, reason, now)
    wanted.share = share
    await tell(work, wanted, by=by, now=now)
    note(work, learner_id, by, "work counts" if share is None else "score set", now)


async def exempt(work: Work, learner_id: UUID, *, by: Launch, reason: str, now: datetime) -> None:
    """Expect nothing of this learner here, and send nothing; what the gradebook holds stays."""
    wanted = decision(learner_id, by, reason, now)
    wanted.exempt = True
    await tell(work, wanted, by=by, now=now)
    note(work, learner_id, by, "exempted", now)


async def give_time(
    work: Work, activity: Activity, learner_id: UUID, *, by: Launch, factor: float, now: datetime
) -> None:
    """So many times an exam's minutes, before they begin or while they sit."""
    await sitting_rows.give_time(work.session, activity.id, learner_id, factor)
    note(work, learner_id, by, f"time x {factor:g}", now)


def decision(learner_id: UUID, by: Launch, reason: str, now: datetime) -> Override:
    """What is common to all that is said of a learner's grade."""
    return Override(
        activity_id=by.activity_id,
        learner_id=learner_id,
        share=None,
        exempt=False,
        reason=reason,
        teacher_id=by.learner_id,
        created_at=now,
    )


async def tell(work: Work, wanted: Override, *, by: Launch, now: datetime) -> None:
    """Keep it, and have the gradebook told what it has to be told."""
    await passback.override(
        work, wanted, column=by.line_item_url, family=by.platform_family, now=now
    )


def note(work: Work, learner_id: UUID, by: Launch, code: str, now: datetime) -> None:
    """For an operator to look up: what was decided, of whom without a name, in which launch."""
    events.note(
        work,
        EventKind.DECISION,
        EventOutcome.OK,
        now,
        registration_id=by.registration_id,
        learner_id=learner_id,
        code=code,
        reference=events.reference_of(by.id),
    )
