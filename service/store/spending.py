"""What was paid for, by day; and how the last calls ended."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Paid, Spend, SpendState


async def one_at_a_time(session: AsyncSession, service: Paid) -> None:
    """Whoever looks at a day's sum and adds to it does so alone."""
    key = func.hashtextextended(f"spend:{service}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))


async def spent_since(session: AsyncSession, service: Paid, since: datetime) -> float:
    """Dollars, those that calls may still cost included."""
    total = await session.scalar(
        select(func.coalesce(func.sum(Spend.dollars), 0.0)).where(
            Spend.service == service, Spend.created_at >= since
        )
    )
    return float(total or 0.0)


async def ended(session: AsyncSession, service: Paid, count: int) -> Sequence[Spend]:
    """The last calls that something came of, newest first; those spared say nothing here."""
    rows = await session.scalars(
        select(Spend)
        .where(
            Spend.service == service,
            Spend.state.in_([SpendState.ANSWERED, SpendState.FAILED]),
        )
        .order_by(Spend.ended_at.desc(), Spend.id)
        .limit(count)
    )
    return rows.all()


async def began_since(session: AsyncSession, service: Paid, since: datetime) -> bool:
    """Whether a call that nothing has come of yet began after this moment."""
    found = await session.scalar(
        select(Spend.id)
        .where(
            Spend.service == service,
            Spend.state == SpendState.OPEN,
            Spend.created_at > since,
        )
        .limit(1)
    )
    return found is not None


async def open_for(session: AsyncSession, service: Paid, clip_id: UUID) -> Spend | None:
    """The call for this clip that nothing has come of yet."""
    return await session.scalar(
        select(Spend)
        .where(Spend.service == service, Spend.clip_id == clip_id, Spend.state == SpendState.OPEN)
        .order_by(Spend.created_at.desc())
        .limit(1)
        .with_for_update()
    )
