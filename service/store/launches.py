"""Logins under way, and launches.

What every launch asks is written down once, and asked by `asked`.
"""

from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Insert, Table, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
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
from service.store.asked import Asked

CONSUME_LOGIN = Asked(
    delete(LoginState).where(
        LoginState.state == bindparam("state"),
        LoginState.browser_key_hash == bindparam("browser_key_hash"),
        LoginState.expires_at > bindparam("now"),
        Registration.id == LoginState.registration_id,
    ),
    returning=(LoginState, Registration),
)
DECIDED_LAST = (
    select(Override.id)
    .where(Override.activity_id == Launch.activity_id, Override.learner_id == Launch.learner_id)
    .order_by(Override.created_at.desc())
    .limit(1)
    .correlate(Launch)
    .scalar_subquery()
)
HERE = Asked(
    select(Launch, Activity, Learner, Override)
    .join(Activity, Activity.id == Launch.activity_id)
    .outerjoin(Learner, Learner.id == Launch.learner_id)
    .outerjoin(Override, Override.id == DECIDED_LAST)
    .where(Launch.id == bindparam("launch_id"), Launch.expires_at > bindparam("now"))
)
NEW_LEARNER = pg_insert(cast("Table", Learner.__table__)).values(
    {
        name: bindparam(name, type_=Learner.__table__.c[name].type)
        for name in ("id", "registration_id", "subject", "name", "created_at")
    }
)
LEARNER_OF = Asked(
    NEW_LEARNER.on_conflict_do_update(
        index_elements=["registration_id", "subject"], set_={"name": NEW_LEARNER.excluded.name}
    ),
    returning=(Learner,),
)


def beside_an_event(kind: type[Base]) -> Asked:
    """Inserts a row and an event in one statement: both or neither, in one trip."""
    noted = _insert("event", Event).cte("noted")
    return Asked(_insert("row", kind).add_cte(noted))


def _insert(prefix: str, kind: type[Base]) -> Insert:
    table = cast("Table", kind.__table__)  # of the class itself, the ORM would make a bulk insert
    given = {each.name: bindparam(f"{prefix}_{each.name}", type_=each.type) for each in table.c}
    return insert(table).values(given)


BEGIN_LOGIN = beside_an_event(LoginState)
OPEN_LAUNCH = beside_an_event(Launch)


async def begin_login(session: AsyncSession, row: LoginState, event: Event) -> None:
    """Keep a login, and the event that it is."""
    await BEGIN_LOGIN.all(session, _values("row", row) | _values("event", event))


async def open_launch(session: AsyncSession, row: Launch, event: Event) -> None:
    """Keep a launch, and the event that it is."""
    await OPEN_LAUNCH.all(session, _values("row", row) | _values("event", event))


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
    return await CONSUME_LOGIN.one_or_none(session, given)


async def here(
    session: AsyncSession, launch_id: UUID, now: datetime
) -> tuple[Launch, Activity, Learner | None, Override | None] | None:
    """A launch that has not expired, its activity, its learner if there is one, and what a teacher
    decided last about their grade."""
    return await HERE.one_or_none(session, {"launch_id": launch_id, "now": now})


async def learner_of(
    session: AsyncSession, registration_id: UUID, subject: str, name: str | None, now: datetime
) -> Learner:
    """The learner with this identity, made on the first launch."""
    given = {
        "id": uuid4(),
        "registration_id": registration_id,
        "subject": subject,
        "name": name,
        "created_at": now,
    }
    return (await LEARNER_OF.all(session, given))[0]


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
