"""Outlines, stills and marks: what explains an answer. Pages reach them through `attempts`."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Attempt, AttemptState, Clip, ClipState, Marks, Reading, Still, Tracing


async def tracing(session: AsyncSession, clip_id: UUID) -> Tracing | None:
    """The outline of a clip's ventricle."""
    return await session.get(Tracing, clip_id)


async def shown_to(
    session: AsyncSession, learner_id: UUID, clip_ids: Iterable[UUID]
) -> Sequence[Tracing]:
    """The outlines of those of the library's clips that this learner was shown the answer of."""
    shown = select(Attempt.clip_id).where(
        Attempt.learner_id == learner_id,
        Attempt.clip_id.in_(clip_ids),
        Attempt.case_id.is_not(None),
        Attempt.state == AttemptState.SETTLED,
        Attempt.revealed_at.is_not(None),
    )
    return (await session.scalars(select(Tracing).where(Tracing.clip_id.in_(shown)))).all()


async def add_tracing(session: AsyncSession, traced: Tracing) -> None:
    """Keep the first outline of a clip: whoever comes second changes nothing."""
    values = {"clip_id": traced.clip_id, "body": traced.body, "created_at": traced.created_at}
    await session.execute(insert(Tracing).values(values).on_conflict_do_nothing())


async def forget_tracing(session: AsyncSession, clip_id: UUID) -> None:
    """Drop what was drawn of a clip whose picture is about to change, before anyone has seen it."""
    await session.execute(delete(Tracing).where(Tracing.clip_id == clip_id))
    await forget_stills(session, clip_id, keep=set())


async def marks(session: AsyncSession, attempt_id: UUID) -> Marks | None:
    """What a learner marked in this attempt."""
    return await session.get(Marks, attempt_id)


async def put_marks(
    session: AsyncSession, attempt_id: UUID, end_diastole: int, end_systole: int, now: datetime
) -> None:
    """Write down a learner's marks; marking anew replaces them."""
    values = {"end_diastole": end_diastole, "end_systole": end_systole, "marked_at": now}
    await session.execute(
        insert(Marks)
        .values(attempt_id=attempt_id, **values)
        .on_conflict_do_update(index_elements=[Marks.attempt_id], set_=values)
    )


async def frames_to_draw(session: AsyncSession, clip_id: UUID) -> set[int]:
    """The frames of a clip that explain it: the outline's, and those of every learner's marks."""
    traced = await tracing(session, clip_id)
    frames = set[int]()
    if traced is not None:
        frames |= {traced.body[name]["frame"] for name in ("end_diastole", "end_systole")}
    marked = await session.execute(
        select(Marks.end_diastole, Marks.end_systole)
        .join(Attempt, Attempt.id == Marks.attempt_id)
        .where(Attempt.clip_id == clip_id)
    )
    return frames.union(*(tuple(row) for row in marked))


async def frames_drawn(session: AsyncSession, clip_id: UUID) -> set[int]:
    """The frames of a clip that there are pictures of."""
    return set(await session.scalars(select(Still.frame).where(Still.clip_id == clip_id)))


async def first_frames(session: AsyncSession, clip_ids: Collection[UUID]) -> dict[UUID, int]:
    """The first frame that there is a picture of, for each of these clips that has one."""
    rows = await session.execute(
        select(Still.clip_id, func.min(Still.frame))
        .where(Still.clip_id.in_(clip_ids))
        .group_by(Still.clip_id)
    )
    return dict(rows.tuples().all())


async def still(session: AsyncSession, clip_id: UUID, frame: int) -> bytes | None:
    """One picture; whoever asks has to prove that it was shown to them."""
    return await session.scalar(
        select(Still.jpeg).where(Still.clip_id == clip_id, Still.frame == frame)
    )


async def keep_stills(
    session: AsyncSession, clip_id: UUID, pictures: dict[int, bytes], now: datetime
) -> None:
    """Keep pictures; one that is there already stays as it is."""
    for frame, jpeg in pictures.items():
        values = {"clip_id": clip_id, "frame": frame, "jpeg": jpeg, "created_at": now}
        await session.execute(insert(Still).values(values).on_conflict_do_nothing())


async def forget_stills(session: AsyncSession, clip_id: UUID, keep: set[int]) -> None:
    """Drop the pictures of a clip but for these frames."""
    await session.execute(delete(Still).where(Still.clip_id == clip_id, Still.frame.not_in(keep)))


async def due_for_drawing(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Read clips whose explaining frames have no picture yet."""
    return (await session.scalars(select(Clip.id).where(_due(now)))).all()


async def is_due_for_drawing(session: AsyncSession, clip_id: UUID, now: datetime) -> bool:
    """Whether this clip is one of them."""
    found = await session.scalar(select(Clip.id).where(_due(now), Clip.id == clip_id))
    return found is not None


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(Clip.stills_due, _read_and_free(now))


async def due_for_outlining(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Read clips that nobody has outlined yet."""
    due = and_(Clip.outline_due, _read_and_free(now))
    return (await session.scalars(select(Clip.id).where(due))).all()


async def to_outline(session: AsyncSession, clip_id: UUID, now: datetime) -> Clip | None:
    """This clip, if it is one of them."""
    due = and_(Clip.outline_due, _read_and_free(now))
    return await session.scalar(select(Clip).where(due, Clip.id == clip_id))


def _read_and_free(now: datetime) -> ColumnElement[bool]:
    return and_(
        Clip.state == ClipState.READY,
        or_(Clip.next_try_at.is_(None), Clip.next_try_at <= now),
        exists().where(Reading.clip_id == Clip.id),
    )
