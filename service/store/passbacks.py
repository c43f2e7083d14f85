"""Scores on their way to the LMS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Passback, PassbackState
from service.store.asked import Asked

MOST_AT_ONCE = 500


async def by_id(session: AsyncSession, passback_id: UUID, *, lock: bool = False) -> Passback:
    """A passback; locked where what came of it is about to be recorded."""
    return await session.get_one(
        Passback, passback_id, with_for_update=lock, populate_existing=lock
    )


async def of_learner(
    session: AsyncSession, activity_id: UUID, learner_id: UUID
) -> Sequence[Passback]:
    """All grades decided for this learner in this activity, the newest first."""
    rows = await session.scalars(
        select(Passback)
        .where(Passback.activity_id == activity_id, Passback.learner_id == learner_id)
        .order_by(Passback.number.desc())
        .execution_options(populate_existing=True)
    )
    return rows.all()


LATEST = Asked(
    select(Passback)
    .where(
        Passback.activity_id == bindparam("activity_id"),
        Passback.learner_id == bindparam("learner_id"),
    )
    .order_by(Passback.number.desc())
    .limit(1)
)


async def latest(session: AsyncSession, activity_id: UUID, learner_id: UUID) -> Passback | None:
    """The last grade decided for this learner in this activity."""
    given = {"activity_id": activity_id, "learner_id": learner_id}
    return await LATEST.one_or_none(session, given)


async def of_activity(session: AsyncSession, activity_id: UUID) -> Sequence[Passback]:
    """The last grade decided for every learner of an activity."""
    rows = await session.scalars(
        select(Passback)
        .where(Passback.activity_id == activity_id)
        .distinct(Passback.learner_id)
        .order_by(Passback.learner_id, Passback.number.desc())
    )
    return rows.all()


@dataclass(frozen=True, slots=True)
class Traffic:
    """What goes to a column. ever: whether a score was ever tried there, and may have arrived.
    until: how long a worker has one in its hands."""

    ever: bool
    until: datetime | None


async def traffic(session: AsyncSession, line_item_url: str) -> Traffic:
    """What goes to a column, and went there."""
    ever, until = (
        await session.execute(
            select(func.count(Passback.timestamp), func.max(Passback.leased_until)).where(
                Passback.line_item_url == line_item_url
            )
        )
    ).one()
    return Traffic(ever > 0, until)


async def due(session: AsyncSession, now: datetime) -> Sequence[Passback]:
    """Scores that the platform should have by now, the longest due first."""
    rows = await session.scalars(
        select(Passback)
        .where(Passback.state == PassbackState.DUE, Passback.next_try_at <= now)
        .order_by(Passback.next_try_at)
        .limit(MOST_AT_ONCE)
    )
    return rows.all()
