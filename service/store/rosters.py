"""Rosters of courses, and what teachers decided about single learners."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Learner, Override, Roster

# Asked at every launch: as text, since SQLAlchemy keeps no upsert compiled.
REMEMBER = text(
    """
    INSERT INTO roster (id, registration_id, context_id, url, is_complete)
    VALUES (:id, :registration_id, :context_id, :url, false)
    ON CONFLICT (registration_id, context_id) DO UPDATE SET url = excluded.url
    """
)


async def remember(session: AsyncSession, registration_id: UUID, context_id: str, url: str) -> None:
    """Keep where a course's roster is."""
    place = {"registration_id": registration_id, "context_id": context_id, "url": url}
    await session.execute(REMEMBER, {"id": uuid4(), **place})


async def of_course(
    session: AsyncSession, registration_id: UUID, context_id: str | None
) -> Roster | None:
    """The roster of this course, if its platform has told us where it is."""
    return await session.scalar(
        select(Roster).where(
            Roster.registration_id == registration_id, Roster.context_id == context_id
        )
    )


async def by_id(session: AsyncSession, roster_id: UUID, *, lock: bool = False) -> Roster:
    """A roster; locked where it is about to change."""
    return await session.get_one(Roster, roster_id, with_for_update=lock, populate_existing=lock)


async def know(
    session: AsyncSession, registration_id: UUID, names: dict[str, str | None], now: datetime
) -> None:
    """Make a learner of everybody here; a name that we know is never forgotten for none."""
    if not names:
        return
    row = insert(Learner).values(
        [
            {"registration_id": registration_id, "subject": user, "name": name, "created_at": now}
            for user, name in sorted(names.items())
        ]
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["registration_id", "subject"],
            set_={"name": func.coalesce(row.excluded.name, Learner.name)},
        )
    )


async def learners(
    session: AsyncSession, registration_id: UUID, subjects: Sequence[str]
) -> Sequence[Learner]:
    """The learners that a registration knows by these ids."""
    rows = await session.scalars(
        select(Learner).where(
            Learner.registration_id == registration_id, Learner.subject.in_(subjects)
        )
    )
    return rows.all()


async def labels(session: AsyncSession, learner_ids: Collection[UUID]) -> dict[UUID, str]:
    """What these learners are called."""
    rows = await session.scalars(select(Learner).where(Learner.id.in_(learner_ids)))
    return {learner.id: learner.label for learner in rows}


async def override(session: AsyncSession, activity_id: UUID, learner_id: UUID) -> Override | None:
    """What a teacher decided last about this learner's grade."""
    return await session.scalar(
        select(Override)
        .where(Override.activity_id == activity_id, Override.learner_id == learner_id)
        .order_by(Override.created_at.desc())
        .limit(1)
    )


async def overrides(session: AsyncSession, activity_id: UUID) -> Sequence[Override]:
    """The last decision about every learner of an activity."""
    rows = await session.scalars(
        select(Override)
        .where(Override.activity_id == activity_id)
        .distinct(Override.learner_id)
        .order_by(Override.learner_id, Override.created_at.desc())
    )
    return rows.all()
