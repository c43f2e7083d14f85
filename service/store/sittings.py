"""Who sits which exam, since when, and with how much time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Activity, Attempt, AttemptState, Draft, Sitting


async def of_learner(session: AsyncSession, activity_id: UUID, learner_id: UUID) -> Sitting | None:
    """One learner's sitting, if they have begun, or have more time than others."""
    return await session.get(Sitting, (activity_id, learner_id), populate_existing=True)


async def of_activity(session: AsyncSession, activity_id: UUID) -> Sequence[Sitting]:
    """Every sitting of an exam."""
    rows = await session.scalars(select(Sitting).where(Sitting.activity_id == activity_id))
    return rows.all()


async def begin(session: AsyncSession, activity_id: UUID, learner_id: UUID, now: datetime) -> None:
    """Start a learner's clock; once it runs, it is never started anew."""
    row = insert(Sitting).values(
        activity_id=activity_id, learner_id=learner_id, factor=1.0, started_at=now
    )
    started = func.coalesce(Sitting.started_at, row.excluded.started_at)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["activity_id", "learner_id"], set_={"started_at": started}
        )
    )


async def give_time(
    session: AsyncSession, activity_id: UUID, learner_id: UUID, factor: float
) -> None:
    """Give a learner so many times the exam's minutes, before they begin or while they sit."""
    row = insert(Sitting).values(
        activity_id=activity_id, learner_id=learner_id, factor=factor, started_at=None
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["activity_id", "learner_id"], set_={"factor": factor}
        )
    )


async def stop_clock(session: AsyncSession, activity_id: UUID, learner_id: UUID) -> None:
    """Let a learner begin again, with all their minutes."""
    await session.execute(
        update(Sitting)
        .where(Sitting.activity_id == activity_id, Sitting.learner_id == learner_id)
        .values(started_at=None)
    )


async def typed_in(session: AsyncSession, activity_id: UUID) -> Sequence[tuple[Attempt, Draft]]:
    """What learners of an exam have typed, and not locked in."""
    rows = await session.execute(
        select(Attempt, Draft)
        .join(Draft, Draft.attempt_id == Attempt.id)
        .where(
            Attempt.activity_id == activity_id,
            Attempt.state == AttemptState.DRAFT,
            Attempt.look == 1,
            Attempt.preview.is_(False),
        )
    )
    return [(attempt, draft) for attempt, draft in rows]


async def to_close(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Activities that have closed, and whose grades nobody has decided about since."""
    rows = await session.scalars(
        select(Activity.id)
        .where(Activity.closes_at <= now, Activity.closed_at.is_(None))
        .limit(100)
    )
    return rows.all()
