"""Access tokens, and who asks for the next one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import AccessToken


async def usable(session: AsyncSession, digest: str, now: datetime) -> AccessToken | None:
    """The token that is kept, if it still lives."""
    return await session.scalar(
        select(AccessToken).where(
            AccessToken.digest == digest,
            AccessToken.encrypted.is_not(None),
            AccessToken.usable_until > now,
        )
    )


async def claim(
    session: AsyncSession,
    digest: str,
    registration_id: UUID,
    now: datetime,
    until: datetime,
    *,
    unreadable: str | None = None,
) -> bool:
    """Whether it is ours to ask for a new one; until then nobody else does.

    Where another process kept a token since we looked, there is nothing to ask for, unless it is
    the unreadable one that we saw.
    """
    row = insert(AccessToken).values(
        digest=digest, registration_id=registration_id, asked_until=until
    )
    nobody_asks = or_(AccessToken.asked_until.is_(None), AccessToken.asked_until <= now)
    nothing_kept = or_(
        AccessToken.encrypted.is_(None),
        AccessToken.encrypted == unreadable,
        AccessToken.usable_until.is_(None),
        AccessToken.usable_until <= now,
    )
    row = row.on_conflict_do_update(
        index_elements=["digest"],
        set_={"asked_until": until},
        where=and_(nobody_asks, nothing_kept),
    )
    claimed = await session.execute(row.returning(AccessToken.digest))
    return claimed.one_or_none() is not None


async def keep(
    session: AsyncSession, digest: str, encrypted: str, fingerprint: str, until: datetime
) -> None:
    """The new token, for whoever waits."""
    await session.execute(
        update(AccessToken)
        .where(AccessToken.digest == digest)
        .values(encrypted=encrypted, fingerprint=fingerprint, usable_until=until, asked_until=None)
    )


async def release(session: AsyncSession, digest: str) -> None:
    """There is no new one: somebody else may ask."""
    await session.execute(
        update(AccessToken).where(AccessToken.digest == digest).values(asked_until=None)
    )


async def forget(session: AsyncSession, fingerprint: str) -> None:
    """The platform does not accept this one."""
    await session.execute(
        update(AccessToken)
        .where(AccessToken.fingerprint == fingerprint)
        .values(encrypted=None, fingerprint=None, usable_until=None)
    )


async def forget_ended(session: AsyncSession, now: datetime) -> None:
    """Drop what has ended, and what was asked for in vain."""
    await session.execute(
        delete(AccessToken).where(
            or_(AccessToken.usable_until <= now, AccessToken.usable_until.is_(None)),
            or_(AccessToken.asked_until <= now, AccessToken.asked_until.is_(None)),
        )
    )
