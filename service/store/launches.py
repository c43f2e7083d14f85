"""Logins under way, and launches."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Activity, Attempt, Launch, Learner, LoginState


async def login(session: AsyncSession, state: str, now: datetime) -> LoginState | None:
    """A login that still waits for its launch."""
    return await session.scalar(
        select(LoginState).where(LoginState.state == state, LoginState.expires_at > now)
    )


async def consume_login(session: AsyncSession, state: str, now: datetime) -> LoginState | None:
    """Take the login away: of ten launches that bring the same state, one gets it."""
    return await session.scalar(
        delete(LoginState)
        .where(LoginState.state == state, LoginState.expires_at > now)
        .returning(LoginState)
    )


async def by_id(session: AsyncSession, launch_id: UUID, now: datetime) -> Launch | None:
    """A launch that has not expired."""
    return await session.scalar(
        select(Launch).where(Launch.id == launch_id, Launch.expires_at > now)
    )


async def learner_of(
    session: AsyncSession, registration_id: UUID, subject: str, name: str | None, now: datetime
) -> Learner:
    """The learner with this identity, made on the first launch."""
    row = insert(Learner).values(
        registration_id=registration_id, subject=subject, name=name, created_at=now
    )
    row = row.on_conflict_do_update(
        index_elements=["registration_id", "subject"], set_={"name": row.excluded.name}
    )
    return (await session.scalars(row.returning(Learner))).one()


async def known_learner(
    session: AsyncSession, registration_id: UUID, subject: str
) -> Learner | None:
    """The learner whom an LMS means, if they have ever come."""
    return await session.scalar(
        select(Learner).filter_by(registration_id=registration_id, subject=subject)
    )


async def activity(session: AsyncSession, activity_id: UUID) -> Activity:
    """The activity of a row that refers to it."""
    return await session.get_one(Activity, activity_id)


async def learner(session: AsyncSession, learner_id: UUID) -> Learner:
    """The learner of a row that refers to them."""
    return await session.get_one(Learner, learner_id)


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Drop logins and launches whose time is over, and what was made to be tried out in them."""
    await session.execute(delete(LoginState).where(LoginState.expires_at <= now))
    gone = await session.execute(
        delete(Launch).where(Launch.expires_at <= now).returning(Launch.activity_id, Launch.picks)
    )
    only_tried = [activity_id for activity_id, picks in gone if picks]
    begun = select(Attempt.id).where(Attempt.activity_id == Activity.id).exists()
    await session.execute(delete(Activity).where(Activity.id.in_(only_tried), ~begun))
