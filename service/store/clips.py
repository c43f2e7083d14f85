"""Clips and their readings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Activity, Case, Clip, ClipState, Hold, Reading
from service.store.asked import Asked


async def by_id(session: AsyncSession, clip_id: UUID, *, lock: bool = False) -> Clip:
    """A clip; locked where its state is about to change."""
    return await session.get_one(Clip, clip_id, with_for_update=lock, populate_existing=lock)


async def deleted_on(session: AsyncSession, clip_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When those of these clips that are deleted were."""
    rows = await session.execute(
        select(Clip.id, Clip.deleted_at).where(Clip.id.in_(clip_ids), Clip.deleted_at.is_not(None))
    )
    return {clip_id: moment for clip_id, moment in rows if moment is not None}


async def bytes_on_their_way(session: AsyncSession, since: datetime) -> int:
    """How many bytes of raw clips are announced and not masked yet."""
    total = await session.scalar(
        select(func.coalesce(func.sum(Clip.raw_bytes), 0)).where(
            Clip.state.in_([ClipState.AWAITED, ClipState.UPLOADED]),
            Clip.created_at >= since,
        )
    )
    return int(total or 0)


async def refusal_seen(session: AsyncSession, clip_id: UUID, visit: str) -> str:
    """The visit at which a clip's refusal was first seen: this one, if none before. It is written
    within what else may change meanwhile, and into nothing that has been mended."""
    noted = func.jsonb_build_object("seen_at", func.coalesce(Clip.refusal["seen_at"].astext, visit))
    seen = await session.scalar(
        update(Clip)
        .where(Clip.id == clip_id, Clip.refusal.is_not(None))
        .values(refusal=Clip.refusal.op("||")(noted))
        .returning(Clip.refusal["seen_at"].astext)
        .execution_options(synchronize_session=False)
    )
    return seen or visit


async def waiting_before(session: AsyncSession, clip: Clip) -> int:
    """How many clips came before this one and wait to be prepared as well."""
    found = await session.scalar(
        select(func.count()).where(
            Clip.state.in_([ClipState.UPLOADED, ClipState.COVERING]),
            Clip.created_at < clip.created_at,
        )
    )
    return found or 0


async def due_for_masking(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Clips whose raw file waits to be masked."""
    rows = await session.scalars(
        select(Clip.id).where(
            Clip.state.in_([ClipState.UPLOADED, ClipState.COVERING]),
            or_(Clip.next_try_at.is_(None), Clip.next_try_at <= now),
        )
    )
    return rows.all()


async def due_for_reading(
    session: AsyncSession, now: datetime, *, asked_before: datetime
) -> Sequence[UUID]:
    """Masked clips that nothing has read yet: those that wait for a person only once their teacher
    was asked so long ago that nothing comes of it."""
    free = or_(Clip.hold.is_(None), Clip.hold == Hold.UNAVAILABLE)
    rows = await session.scalars(
        select(Clip.id).where(
            Clip.state == ClipState.READY,
            or_(free, Clip.teacher_asked_at < asked_before),
            or_(Clip.next_try_at.is_(None), Clip.next_try_at <= now),
            ~exists().where(Reading.clip_id == Clip.id),
        )
    )
    return rows.all()


async def learners_wait(session: AsyncSession, now: datetime) -> bool:
    """Whether a clip that a learner has sent is to be masked or read at this moment."""
    to_read = and_(
        Clip.state == ClipState.READY,
        Clip.hold.is_(None),
        ~exists().where(Reading.clip_id == Clip.id),
    )
    found = await session.scalar(
        select(
            exists().where(
                ~Clip.phantom,
                or_(Clip.state.in_([ClipState.UPLOADED, ClipState.COVERING]), to_read),
                or_(Clip.next_try_at.is_(None), Clip.next_try_at <= now),
            )
        )
    )
    return bool(found)


async def due_for_discarding(session: AsyncSession) -> Sequence[UUID]:
    """Clips with a masked file that should be gone: dropped, or covered since."""
    rows = await session.scalars(
        select(Clip.id).where(
            or_(
                and_(Clip.state == ClipState.DELETED, Clip.masked_key.is_not(None)),
                Clip.stale_key.is_not(None),
            )
        )
    )
    return rows.all()


async def with_raw_to_delete(session: AsyncSession, older_than: datetime) -> Sequence[Clip]:
    """Clips whose raw file has done its duty, or has waited for too long."""
    done = Clip.state.in_(
        [ClipState.READY, ClipState.FLAGGED, ClipState.COVERING, ClipState.DELETED]
    )
    rows = await session.scalars(
        select(Clip)
        .where(
            Clip.raw_key.is_not(None),
            Clip.raw_deleted_at.is_(None),
            or_(done, Clip.created_at < older_than),
        )
        .with_for_update(skip_locked=True)
    )
    return rows.all()


LIBRARY = Asked(select(Case).order_by(Case.position))
IN_HAND = "library"


async def cases(session: AsyncSession) -> Sequence[Case]:
    """The whole library, in order; asked for once a transaction, since a page's every part goes by
    it."""
    if IN_HAND not in session.info:
        session.info[IN_HAND] = await LIBRARY.all(session)
    return session.info[IN_HAND]


async def cases_of(session: AsyncSession, activity: Activity) -> Sequence[Case]:
    """The practice set of an activity, in its order; the first one is case 1 there."""
    library = await cases(session)
    if activity.case_ids is None:
        return library
    known = {str(case.id): case for case in library}
    return [known[case_id] for case_id in activity.case_ids if case_id in known]


async def is_a_case(session: AsyncSession, sha256: str) -> bool:
    """Whether the masked file of a case of the library has this checksum."""
    found = await session.scalar(
        select(exists().where(Clip.id == Case.clip_id, Clip.masked_sha256 == sha256))
    )
    return bool(found)


async def add_reading(session: AsyncSession, reading: Reading) -> None:
    """Keep the first reading of a clip: whoever comes second changes nothing."""
    await session.execute(
        insert(Reading)
        .values(
            clip_id=reading.clip_id,
            lvef=reading.lvef,
            body=reading.body,
            none_because=reading.none_because,
            created_at=reading.created_at,
        )
        .on_conflict_do_nothing()
    )


async def forget_reading(session: AsyncSession, clip_id: UUID) -> None:
    """Drop the reading of a clip whose picture is about to change, before anyone has seen it."""
    await session.execute(delete(Reading).where(Reading.clip_id == clip_id))


async def reading(session: AsyncSession, clip_id: UUID) -> Reading | None:
    """The reading of a clip. Pages reach it through `attempts` alone."""
    return await session.get(Reading, clip_id)


async def is_read(session: AsyncSession, clip_id: UUID) -> bool:
    """Whether a reading, or a final no-reading, is there; not what it says."""
    found = await session.scalar(select(exists().where(Reading.clip_id == clip_id)))
    return bool(found)
