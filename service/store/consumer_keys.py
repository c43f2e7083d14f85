"""Keys of LTI 1.1, by name."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import ConsumerKey


async def named(session: AsyncSession, key: str) -> ConsumerKey | None:
    """The key of this name."""
    return await session.get(ConsumerKey, key)


async def everyone(session: AsyncSession) -> Sequence[ConsumerKey]:
    """All keys."""
    return (await session.scalars(select(ConsumerKey).order_by(ConsumerKey.key))).all()


async def put(session: AsyncSession, key: str, encrypted_secret: str, now: datetime) -> None:
    """Add a key, or give it another secret."""
    row = insert(ConsumerKey).values(key=key, encrypted_secret=encrypted_secret, created_at=now)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["key"], set_={"encrypted_secret": encrypted_secret}
        )
    )


async def remove(session: AsyncSession, key: str) -> bool:
    """Forget a key; whether it was there."""
    gone = await session.scalars(
        delete(ConsumerKey).where(ConsumerKey.key == key).returning(ConsumerKey.key)
    )
    return gone.first() is not None
