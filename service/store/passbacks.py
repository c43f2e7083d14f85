"""Scores on their way to the LMS."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Passback, PassbackState


async def by_id(session: AsyncSession, passback_id: UUID, *, lock: bool = False) -> Passback:
    """A passback; locked where what came of it is about to be recorded."""
    return await session.get_one(
        Passback, passback_id, with_for_update=lock, populate_existing=lock
    )


async def latest(session: AsyncSession, line_item_url: str, learner_id: UUID) -> Passback | None:
    """The last score decided for this learner in this column."""
    return await session.scalar(
        select(Passback)
        .where(Passback.line_item_url == line_item_url, Passback.learner_id == learner_id)
        .order_by(Passback.timestamp.desc())
        .limit(1)
    )


async def anything_sent_before(session: AsyncSession, passback: Passback) -> bool:
    """Whether a score of ours may be in this learner's cell already, from another passback."""
    found = await session.scalar(
        select(
            exists().where(
                Passback.line_item_url == passback.line_item_url,
                Passback.learner_id == passback.learner_id,
                Passback.id != passback.id,
                Passback.tries > 0,
            )
        )
    )
    return bool(found)


async def of_learner(
    session: AsyncSession, registration_id: UUID, learner_id: UUID, attempt_ids: Sequence[UUID]
) -> Passback | None:
    """The newest passback that came of one of these attempts."""
    return await session.scalar(
        select(Passback)
        .where(
            Passback.registration_id == registration_id,
            Passback.learner_id == learner_id,
            Passback.attempt_id.in_(attempt_ids),
        )
        .order_by(Passback.timestamp.desc())
        .limit(1)
    )


async def due(session: AsyncSession, now: datetime) -> Sequence[Passback]:
    """Scores that the platform should have by now."""
    rows = await session.scalars(
        select(Passback).where(Passback.state == PassbackState.DUE, Passback.next_try_at <= now)
    )
    return rows.all()
