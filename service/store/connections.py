"""How each connection is doing, as an operator sees it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Deployment, Passback, PassbackState


async def deliveries(session: AsyncSession, registration_id: UUID) -> dict[PassbackState, int]:
    """How many grades of a registration are in which state."""
    rows = await session.execute(
        select(Passback.state, func.count())
        .where(Passback.registration_id == registration_id)
        .group_by(Passback.state)
    )
    return {row[0]: row[1] for row in rows}


async def last_problem(session: AsyncSession, registration_id: UUID) -> str | None:
    """Why the newest grade that did not arrive did not, in the sentence that was stored for it."""
    return await session.scalar(
        select(Passback.problem)
        .where(
            Passback.registration_id == registration_id,
            Passback.state != PassbackState.SENT,
            Passback.problem.is_not(None),
        )
        .order_by(Passback.created_at.desc())
        .limit(1)
    )


async def deployment(session: AsyncSession, deployment_id: UUID) -> Deployment | None:
    """A deployment by its row's id."""
    return await session.get(Deployment, deployment_id)
