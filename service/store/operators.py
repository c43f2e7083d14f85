"""An operator's links and sessions, found by their secret's hash."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import OperatorPass, PassKind


async def usable(
    session: AsyncSession, kind: PassKind, secret_hash: str, now: datetime
) -> OperatorPass | None:
    """The link or session with this secret, if its time is not over."""
    return await session.scalar(
        select(OperatorPass).where(
            OperatorPass.kind == kind,
            OperatorPass.secret_hash == secret_hash,
            OperatorPass.expires_at > now,
        )
    )


async def take(
    session: AsyncSession, kind: PassKind, secret_hash: str, now: datetime
) -> OperatorPass | None:
    """Take it away: of ten who hold it, one gets it."""
    return await session.scalar(
        delete(OperatorPass)
        .where(
            OperatorPass.kind == kind,
            OperatorPass.secret_hash == secret_hash,
            OperatorPass.expires_at > now,
        )
        .returning(OperatorPass)
    )


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Drop those whose time is over."""
    await session.execute(delete(OperatorPass).where(OperatorPass.expires_at <= now))
