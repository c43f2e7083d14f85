"""Hearts that are drawn to lay beside answers. Pages reach them through an answer alone."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Anchor

# First those with which alone every answer from 15 to 70 % has a neighbour on both sides.
ENOUGH = or_(Anchor.lvef % 10 == 0, Anchor.lvef > 70)
IN_TURN = (ENOUGH.desc(), func.abs(Anchor.lvef - 45), Anchor.lvef)


async def plan(session: AsyncSession, lvefs: Collection[int], now: datetime) -> None:
    """Have these drawn, but for those that are there or planned already."""
    await session.execute(
        insert(Anchor).on_conflict_do_nothing(index_elements=[Anchor.lvef]),
        [{"lvef": lvef, "tries": 0, "created_at": now} for lvef in lvefs],
    )


async def next_due(session: AsyncSession, now: datetime) -> UUID | None:
    """The one that is to be drawn next, if any is."""
    return await session.scalar(
        select(Anchor.id)
        .where(
            Anchor.prepared.is_(None), or_(Anchor.next_try_at.is_(None), Anchor.next_try_at <= now)
        )
        .order_by(*IN_TURN)
        .limit(1)
    )


async def by_id(session: AsyncSession, anchor_id: UUID, *, lock: bool = False) -> Anchor:
    """One of them; locked where it is about to change."""
    return await session.get_one(Anchor, anchor_id, with_for_update=lock, populate_existing=lock)


async def near(session: AsyncSession, lvefs: Sequence[float], within: float) -> Sequence[Anchor]:
    """Those that are drawn, and so near to one of these."""
    about = [Anchor.lvef.between(lvef - within, lvef + within) for lvef in lvefs]
    rows = await session.scalars(select(Anchor).where(Anchor.prepared.is_not(None), or_(*about)))
    return rows.all()
