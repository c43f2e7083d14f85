"""Invites: found by their secret's hash, and used up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Invite


async def usable(session: AsyncSession, secret_hash: str, now: datetime) -> Invite | None:
    """The invite with this secret, if it is still good."""
    return await session.scalar(
        select(Invite).where(
            Invite.secret_hash == secret_hash, Invite.uses_left > 0, Invite.expires_at > now
        )
    )


async def use(session: AsyncSession, invite_id: UUID, now: datetime) -> Invite | None:
    """Use it once: of ten who hold the last use, one gets it."""
    return await session.scalar(
        update(Invite)
        .where(Invite.id == invite_id, Invite.uses_left > 0, Invite.expires_at > now)
        .values(uses_left=Invite.uses_left - 1)
        .returning(Invite)
    )


async def give_back(session: AsyncSession, invite_id: UUID) -> None:
    """The LMS said no, so the use was none."""
    await session.execute(
        update(Invite).where(Invite.id == invite_id).values(uses_left=Invite.uses_left + 1)
    )


async def open_ones(session: AsyncSession, now: datetime) -> Sequence[Invite]:
    """Those that somebody may still use, the newest first."""
    found = select(Invite).where(Invite.uses_left > 0, Invite.expires_at > now)
    return (await session.scalars(found.order_by(Invite.created_at.desc()))).all()


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Drop those whose time is over."""
    await session.execute(delete(Invite).where(Invite.expires_at <= now))
