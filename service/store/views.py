"""Verdicts on views: a model's, kept by content; a teacher's; and the clips that wait for one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import (
    Attempt,
    AttemptState,
    Clip,
    ClipState,
    KeptVerdict,
    Learner,
    Reading,
    Ruling,
)


async def kept(session: AsyncSession, key: str) -> dict[str, Any] | None:
    """A model's verdict on this very picture."""
    row = await session.get(KeptVerdict, key)
    return None if row is None else row.body


async def keep(session: AsyncSession, key: str, body: dict[str, Any], now: datetime) -> None:
    """Keep the first verdict on a picture: whoever comes second changes nothing."""
    await session.execute(
        insert(KeptVerdict).values(key=key, body=body, created_at=now).on_conflict_do_nothing()
    )


async def ruling(session: AsyncSession, clip: Clip) -> Ruling | None:
    """A teacher's last word on the clip as it looks now."""
    return await session.scalar(
        select(Ruling)
        .where(Ruling.clip_id == clip.id, Ruling.masked_key == clip.masked_key)
        .order_by(Ruling.created_at.desc())
        .limit(1)
    )


async def waiting(
    session: AsyncSession, activity_id: UUID
) -> Sequence[tuple[Attempt, Clip, Learner]]:
    """The clips of an activity that nobody has confirmed; those whose learner asked come first."""
    rows = await session.execute(
        select(Attempt, Clip, Learner)
        .join(Clip, Clip.id == Attempt.clip_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(Reading, Reading.clip_id == Clip.id)
        .where(
            Attempt.activity_id == activity_id,
            Attempt.state.in_([AttemptState.DRAFT, AttemptState.LOCKED]),
            Clip.state == ClipState.READY,
            Clip.hold.is_not(None),
            Reading.clip_id.is_(None),
        )
        .order_by(Clip.teacher_asked_at.asc().nulls_last(), Attempt.created_at)
        .limit(200)
    )
    return [(attempt, clip, learner) for attempt, clip, learner in rows]
