"""Logins under way, and launches.

What every launch asks is written down once: SQLAlchemy takes as long to build a statement as
Postgres to answer it, and an upsert, which it never keeps compiled, ten times as long.
"""

from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Insert, Table, bindparam, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import (
    Activity,
    Attempt,
    Base,
    Event,
    Launch,
    Learner,
    LoginState,
    Override,
    Registration,
)

CONSUME_LOGIN = (
    delete(LoginState)
    .where(
        LoginState.state == bindparam("state"),
        LoginState.browser_key_hash == bindparam("browser_key_hash"),
        LoginState.expires_at > bindparam("now"),
        Registration.id == LoginState.registration_id,
    )
    .returning(LoginState, Registration)
    .execution_options(synchronize_session=False)
)
DECIDED_LAST = (
    select(Override.id)
    .where(Override.activity_id == Launch.activity_id, Override.learner_id == Launch.learner_id)
    .order_by(Override.created_at.desc())
    .limit(1)
    .correlate(Launch)
    .scalar_subquery()
)
HERE = (
    select(Launch, Activity, Learner, Override)
    .join(Activity, Activity.id == Launch.activity_id)
    .outerjoin(Learner, Learner.id == Launch.learner_id)
    .outerjoin(Override, Override.id == DECIDED_LAST)
    .where(Launch.id == bindparam("launch_id"), Launch.expires_at > bindparam("now"))
)
LEARNER_OF = select(Learner).from_statement(
    text(
        """
        INSERT INTO learner (id, registration_id, subject, name, created_at)
        VALUES (:id, :registration_id, :subject, :name, :now)
        ON CONFLICT (registration_id, subject) DO UPDATE SET name = excluded.name
        RETURNING *
        """
    )
)


def beside_an_event(kind: type[Base]) -> Insert:
    """Inserts a row and an event in one statement: both or neither, in one trip."""
    noted = _insert("event", Event).cte("noted")
    return _insert("row", kind).add_cte(noted)


def _insert(prefix: str, kind: type[Base]) -> Insert:
    table = cast("Table", kind.__table__)  # of the class itself, the ORM would make a bulk insert
    given = {each.name: bindparam(f"{prefix}_{each.name}", type_=each.type) for each in table.c}
    return insert(table).values(given)


BEGIN_LOGIN = beside_an_event(LoginState)
OPEN_LAUNCH = beside_an_event(Launch)


async def begin_login(session: AsyncSession, row: LoginState, event: Event) -> None:
    """Keep a login, and the event that it is."""
    await session.execute(BEGIN_LOGIN, _values("row", row) | _values("event", event))


async def open_launch(session: AsyncSession, row: Launch, event: Event) -> None:
    """Keep a launch, and the event that it is."""
    await session.execute(OPEN_LAUNCH, _values("row", row) | _values("event", event))


def _values(prefix: str, row: Base) -> dict[str, Any]:
    return {f"{prefix}_{one.name}": getattr(row, one.name) for one in row.__table__.columns}


async def login(session: AsyncSession, state: str, now: datetime) -> LoginState | None:
    """A login that still waits for its launch."""
    return await session.scalar(
        select(LoginState).where(LoginState.state == state, LoginState.expires_at > now)
    )


async def consume_login(
    session: AsyncSession, state: str, browser_key_hash: str, now: datetime
) -> tuple[LoginState, Registration] | None:
    """Take the login that this browser made away, with the registration it was made for: of ten
    launches that bring the same state, one gets it."""
    given = {"state": state, "browser_key_hash": browser_key_hash, "now": now}
    row = (await session.execute(CONSUME_LOGIN, given)).one_or_none()
    return None if row is None else (row[0], row[1])


async def here(
    session: AsyncSession, launch_id: UUID, now: datetime
) -> tuple[Launch, Activity, Learner | None, Override | None] | None:
    """A launch that has not expired, its activity, its learner if there is one, and what a teacher
    decided last about their grade."""
    row = (await session.execute(HERE, {"launch_id": launch_id, "now": now})).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


async def learner_of(
    session: AsyncSession, registration_id: UUID, subject: str, name: str | None, now: datetime
) -> Learner:
    """The learner with this identity, made on the first launch."""
    given = {
        "id": uuid4(),
        "registration_id": registration_id,
        "subject": subject,
        "name": name,
        "now": now,
    }
    return (await session.scalars(LEARNER_OF, given)).one()


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


async def locale_of(session: AsyncSession, activity_id: UUID, learner_id: UUID) -> str | None:
    """In which language the LMS last showed a learner this activity, as far as it told."""
    return await session.scalar(
        select(Launch.locale)
        .where(Launch.activity_id == activity_id, Launch.learner_id == learner_id)
        .order_by(Launch.created_at.desc())
        .limit(1)
    )


async def family_of(session: AsyncSession, activity_id: UUID) -> str | None:
    """What kind of LMS opens this activity, as its last launch told; None where none does."""
    return await session.scalar(
        select(Launch.platform_family)
        .where(Launch.activity_id == activity_id)
        .order_by(Launch.created_at.desc())
        .limit(1)
    )


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Drop logins and launches whose time is over, and what was made to be tried out in them."""
    await session.execute(delete(LoginState).where(LoginState.expires_at <= now))
    gone = await session.execute(
        delete(Launch).where(Launch.expires_at <= now).returning(Launch.activity_id, Launch.picks)
    )
    only_tried = [activity_id for activity_id, picks in gone if picks]
    begun = select(Attempt.id).where(Attempt.activity_id == Activity.id).exists()
    await session.execute(delete(Activity).where(Activity.id.in_(only_tried), ~begun))
