"""Notices: where they are asked for, which were heard, and what was copied from what."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import CourseCopy, HeardNotice, NoticeService


async def of_deployment(
    session: AsyncSession, registration_id: UUID, deployment_id: str
) -> NoticeService | None:
    """Where this deployment is asked for notices."""
    return await session.scalar(
        select(NoticeService).where(
            NoticeService.registration_id == registration_id,
            NoticeService.deployment_id == deployment_id,
        )
    )


async def put(
    session: AsyncSession, registration_id: UUID, deployment_id: str, url: str, now: datetime
) -> UUID:
    """Ask this deployment there from now on; one row of ten who do it at once."""
    asked = {"url": url, "tries": 0, "next_try_at": now, "subscribed_at": None, "problem": None}
    row = insert(NoticeService).values(
        registration_id=registration_id, deployment_id=deployment_id, **asked
    )
    row = row.on_conflict_do_update(index_elements=["registration_id", "deployment_id"], set_=asked)
    return (await session.scalars(row.returning(NoticeService.id))).one()


async def by_id(session: AsyncSession, service_id: UUID) -> NoticeService:
    """Where notices are asked for, locked."""
    return await session.get_one(
        NoticeService, service_id, with_for_update=True, populate_existing=True
    )


async def due(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Those that are still to be asked."""
    rows = await session.scalars(
        select(NoticeService.id).where(NoticeService.next_try_at <= now).limit(100)
    )
    return rows.all()


async def is_new(
    session: AsyncSession, registration_id: UUID, nonce: str, expires_at: datetime
) -> bool:
    """Whether a notice comes for the first time; of ten at once, one does."""
    row = insert(HeardNotice).values(
        registration_id=registration_id, nonce=nonce, expires_at=expires_at
    )
    heard = await session.scalars(row.on_conflict_do_nothing().returning(HeardNotice.nonce))
    return heard.first() is not None


async def remember_copy(
    session: AsyncSession, registration_id: UUID, course: str, origins: Sequence[str], now: datetime
) -> None:
    """A course was made from these."""
    for origin in origins:
        row = insert(CourseCopy).values(
            registration_id=registration_id, context_id=course, origin_id=origin, heard_at=now
        )
        await session.execute(row.on_conflict_do_nothing())


async def origins(session: AsyncSession, registration_id: UUID, course: str) -> Sequence[str]:
    """What a course was made from, the newest first."""
    rows = await session.scalars(
        select(CourseCopy.origin_id)
        .where(CourseCopy.registration_id == registration_id, CourseCopy.context_id == course)
        .order_by(CourseCopy.heard_at.desc(), CourseCopy.origin_id)
        .limit(50)
    )
    return rows.all()


async def forget_heard(session: AsyncSession, now: datetime) -> None:
    """Drop the nonces of notices that could not come again."""
    await session.execute(delete(HeardNotice).where(HeardNotice.expires_at <= now))
