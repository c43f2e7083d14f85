"""Logins under way, and launches."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Activity, Launch, Learner, LoginState


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


async def activity_of(
    session: AsyncSession,
    *,
    registration_id: UUID,
    deployment_id: str,
    resource_link_id: str,
    first: dict[str, object],
) -> Activity:
    """The activity behind this resource link, made as `first` says on the first launch."""
    place = {
        "registration_id": registration_id,
        "deployment_id": deployment_id,
        "resource_link_id": resource_link_id,
    }
    row = insert(Activity).values(**place, **first)
    await session.execute(row.on_conflict_do_nothing(index_elements=list(place)))
    return (await session.scalars(select(Activity).filter_by(**place))).one()


async def activity(session: AsyncSession, activity_id: UUID) -> Activity:
    """The activity of a row that refers to it."""
    return await session.get_one(Activity, activity_id)


async def learner(session: AsyncSession, learner_id: UUID) -> Learner:
    """The learner of a row that refers to them."""
    return await session.get_one(Learner, learner_id)


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Drop logins and launches whose time is over."""
    await session.execute(delete(LoginState).where(LoginState.expires_at <= now))
    await session.execute(delete(Launch).where(Launch.expires_at <= now))
