"""Columns of gradebooks, and the pace at which their platforms are asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import bindparam, exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import LineItem, Pace
from service.store.asked import Asked

REMEMBER = Asked(
    text(
        """
    INSERT INTO line_item (id, activity_id, registration_id, url, scopes, tries, created_at)
    VALUES (:id, :activity_id, :registration_id, :url, :scopes, 0, :now)
    ON CONFLICT (activity_id, url) DO UPDATE SET scopes = excluded.scopes
    """
    ).bindparams(bindparam("scopes", type_=LineItem.__table__.c.scopes.type))
)


async def remember(
    session: AsyncSession,
    *,
    activity_id: UUID,
    registration_id: UUID,
    url: str,
    scopes: list[str],
    now: datetime,
) -> None:
    """Keep the column that a launch told us of, and what we may do with it."""
    given = {
        "id": uuid4(),
        "activity_id": activity_id,
        "registration_id": registration_id,
        "url": url,
        "scopes": scopes,
        "now": now,
    }
    await REMEMBER.all(session, given)


async def wish(
    session: AsyncSession,
    *,
    activity_id: UUID,
    registration_id: UUID,
    container_url: str,
    scopes: list[str],
    now: datetime,
) -> LineItem:
    """The column that an activity asked for, found or yet to be found; one for each activity."""
    row = insert(LineItem).values(
        activity_id=activity_id,
        registration_id=registration_id,
        container_url=container_url,
        scopes=scopes,
        tries=0,
        next_try_at=now,
        created_at=now,
    )
    row = row.on_conflict_do_update(
        index_elements=["activity_id"],
        index_where=LineItem.container_url.is_not(None),
        set_={"scopes": scopes, "container_url": container_url},
    )
    return (await session.scalars(row.returning(LineItem))).one()


async def of_activity(session: AsyncSession, activity_id: UUID) -> Sequence[LineItem]:
    """The columns of an activity, the newest first: usually one."""
    rows = await session.scalars(
        select(LineItem)
        .where(LineItem.activity_id == activity_id)
        .order_by(LineItem.created_at.desc())
    )
    return rows.all()


async def at(
    session: AsyncSession, activity_id: UUID, url: str, *, lock: bool = False
) -> LineItem | None:
    """The column at this address; locked against changes where a score is about to go there."""
    asked = select(LineItem).where(LineItem.activity_id == activity_id, LineItem.url == url)
    if lock:
        asked = asked.with_for_update(read=True, key_share=True).execution_options(
            populate_existing=True
        )
    return await session.scalar(asked)


async def by_id(session: AsyncSession, line_item_id: UUID, *, lock: bool = False) -> LineItem:
    """A column; locked where it is about to change."""
    return await session.get_one(
        LineItem, line_item_id, with_for_update=lock, populate_existing=lock
    )


async def due(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Columns that are still to be found, or made."""
    rows = await session.scalars(
        select(LineItem.id).where(LineItem.url.is_(None), LineItem.next_try_at <= now).limit(100)
    )
    return rows.all()


async def due_for_change(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Columns that lack what a teacher has changed, or have others beside them."""
    rows = await session.scalars(
        select(LineItem.id)
        .where(LineItem.change_at <= now, LineItem.url.is_not(None))
        .where(or_(LineItem.changes.is_not(None), LineItem.surplus.is_not(None)))
        .limit(100)
    )
    return rows.all()


async def is_known(session: AsyncSession, url: str) -> bool:
    """Whether any activity has its column at this address."""
    return bool(await session.scalar(select(exists().where(LineItem.url == url))))


async def take_slot(
    session: AsyncSession,
    registration_id: UUID,
    now: datetime,
    *,
    apart: timedelta,
    within: timedelta,
) -> datetime | None:
    """The moment at which the next score may go to this platform, a little after the last one's;
    None, and nothing taken, if that is too far ahead."""
    row = insert(Pace).values(registration_id=registration_id, next_slot_at=now + apart)
    row = row.on_conflict_do_update(
        index_elements=["registration_id"],
        set_={"next_slot_at": func.greatest(Pace.next_slot_at, now) + apart},
        where=Pace.next_slot_at <= now + within,
    )
    after = (await session.scalars(row.returning(Pace.next_slot_at))).one_or_none()
    return None if after is None else after - apart


async def next_slot(session: AsyncSession, registration_id: UUID) -> datetime:
    """When this platform may be asked again."""
    return (
        await session.scalars(
            select(Pace.next_slot_at).where(Pace.registration_id == registration_id)
        )
    ).one()


async def pause(session: AsyncSession, registration_id: UUID, until: datetime) -> None:
    """No score goes to this platform before that."""
    row = insert(Pace).values(registration_id=registration_id, next_slot_at=until)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["registration_id"],
            set_={"next_slot_at": func.greatest(Pace.next_slot_at, until)},
        )
    )
