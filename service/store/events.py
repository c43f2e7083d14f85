"""What an operator can look up: events, newest first, and how many went well."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Event, EventKind, EventOutcome, Registration

MOST_SHOWN = 200
CLOCK_LOOKED_AT = 50  # launches


async def latest(
    session: AsyncSession,
    *,
    reference: str | None = None,
    registration_id: UUID | None = None,
    troubles: bool = False,
) -> Sequence[Event]:
    """The newest events, of one reference or registration if one is asked for."""
    wanted = select(Event).order_by(Event.at.desc(), Event.id).limit(MOST_SHOWN)
    if reference:
        wanted = wanted.where(Event.reference == reference)
    if registration_id:
        wanted = wanted.where(Event.registration_id == registration_id)
    if troubles:
        wanted = wanted.where(Event.outcome != EventOutcome.OK)
    return (await session.scalars(wanted)).all()


async def names(session: AsyncSession) -> dict[UUID | None, str]:
    """What each registration is called."""
    rows = await session.execute(select(Registration.id, Registration.name))
    return {row[0]: row[1] for row in rows}


async def newest(
    session: AsyncSession, registration_id: UUID, kind: EventKind, *outcomes: EventOutcome
) -> Event | None:
    """The last event of a kind that a registration had."""
    wanted = select(Event).where(Event.registration_id == registration_id, Event.kind == kind)
    if outcomes:
        wanted = wanted.where(Event.outcome.in_(outcomes))
    return await session.scalar(wanted.order_by(Event.at.desc()).limit(1))


async def ahead(session: AsyncSession, registration_id: UUID) -> float | None:
    """By how many seconds a registration's clock was ahead of ours in the middle one of its latest
    launches; None before the first."""
    latest = (
        select(Event.ahead)
        .where(Event.registration_id == registration_id, Event.kind == EventKind.LAUNCH)
        .where(Event.ahead.is_not(None))
        .order_by(Event.at.desc())
        .limit(CLOCK_LOOKED_AT)
        .subquery()
    )
    middle = func.percentile_cont(0.5).within_group(latest.c.ahead)
    return await session.scalar(select(middle))


async def counts(
    session: AsyncSession, registration_id: UUID, kind: EventKind, since: datetime
) -> dict[EventOutcome, int]:
    """How many events of a kind went how, since then."""
    rows = await session.execute(
        select(Event.outcome, func.count())
        .where(Event.registration_id == registration_id, Event.kind == kind, Event.at >= since)
        .group_by(Event.outcome)
    )
    return {row[0]: row[1] for row in rows}


async def of_nobody(session: AsyncSession, since: datetime) -> int:
    """How many events since then belong to no registration: anybody can cause these."""
    found = await session.scalar(
        select(func.count()).where(Event.registration_id.is_(None), Event.at >= since)
    )
    return found or 0


async def forget_before(session: AsyncSession, moment: datetime) -> None:
    """Drop what is older than it has to be kept."""
    await session.execute(delete(Event).where(Event.at < moment))
