"""Attempts, their estimates and scores."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import (
    Activity,
    Attempt,
    AttemptState,
    Case,
    Clip,
    ClipState,
    Draft,
    Estimate,
    Learner,
    Reading,
    Score,
)
from service.store.asked import Asked

FIRST_LOOK = Attempt.look == 1  # a further look at a case is practice, and counts nowhere
OPEN = (AttemptState.DRAFT, AttemptState.LOCKED)


async def by_id(session: AsyncSession, attempt_id: UUID, *, lock: bool = False) -> Attempt | None:
    """An attempt; locked where its state is about to change."""
    return await session.get(Attempt, attempt_id, with_for_update=lock, populate_existing=lock)


async def open_or_add(session: AsyncSession, wanted: Attempt) -> Attempt:
    """The learner's attempt at this case, or their open one with a clip of their own."""
    values = {
        column.name: getattr(wanted, column.name)
        for column in Attempt.__table__.columns
        if column.name != "id"
    }
    await session.execute(insert(Attempt).values(**values).on_conflict_do_nothing())
    query = select(Attempt).where(
        Attempt.activity_id == wanted.activity_id, Attempt.learner_id == wanted.learner_id
    )
    if wanted.case_id is None:
        query = query.where(Attempt.case_id.is_(None), Attempt.state.in_(OPEN))
    else:
        query = query.where(Attempt.case_id == wanted.case_id, Attempt.look == wanted.look)
    return (await session.scalars(query)).one()


async def last_look(
    session: AsyncSession, activity_id: UUID, learner_id: UUID, case_id: UUID
) -> Attempt | None:
    """The latest of the learner's attempts at a case."""
    return await session.scalar(
        select(Attempt)
        .where(
            Attempt.activity_id == activity_id,
            Attempt.learner_id == learner_id,
            Attempt.case_id == case_id,
        )
        .order_by(Attempt.look.desc())
        .limit(1)
    )


async def latest_own(session: AsyncSession, activity_id: UUID, learner_id: UUID) -> Attempt | None:
    """The newest attempt with a clip of the learner's own."""
    return await session.scalar(
        select(Attempt)
        .where(
            Attempt.activity_id == activity_id,
            Attempt.learner_id == learner_id,
            Attempt.case_id.is_(None),
        )
        .order_by(Attempt.created_at.desc())
        .limit(1)
    )


OF_LEARNER = select(Attempt).where(
    Attempt.activity_id == bindparam("activity_id"),
    Attempt.learner_id == bindparam("learner_id"),
    FIRST_LOOK,
)


async def of_learner(
    session: AsyncSession, activity_id: UUID, learner_id: UUID
) -> Sequence[Attempt]:
    """The attempts of one learner in one activity that may count: first looks, and own clips."""
    given = {"activity_id": activity_id, "learner_id": learner_id}
    return (await session.scalars(OF_LEARNER, given)).all()


EVERYWHERE = Asked(select(Attempt).where(Attempt.learner_id == bindparam("learner_id")))


async def everywhere(session: AsyncSession, learner_id: UUID) -> Sequence[Attempt]:
    """All attempts of one learner, in every activity of their LMS."""
    return await EVERYWHERE.all(session, {"learner_id": learner_id})


async def locked_on(session: AsyncSession, clip_id: UUID) -> Sequence[UUID]:
    """Attempts whose estimate waits for the reading of this clip."""
    rows = await session.scalars(
        select(Attempt.id).where(Attempt.clip_id == clip_id, Attempt.state == AttemptState.LOCKED)
    )
    return rows.all()


async def all_locked(session: AsyncSession) -> Sequence[UUID]:
    """Locked attempts that can settle: a clip that waits for a person keeps none from its turn."""
    is_read = exists().where(Reading.clip_id == Attempt.clip_id)
    rows = await session.scalars(
        select(Attempt.id)
        .where(
            Attempt.state == AttemptState.LOCKED,
            or_(Attempt.case_id.is_not(None), is_read),
        )
        .limit(500)
    )
    return rows.all()


async def estimate(session: AsyncSession, attempt_id: UUID) -> Estimate | None:
    """The locked estimate of an attempt."""
    return await session.get(Estimate, attempt_id)


async def draft(session: AsyncSession, attempt_id: UUID) -> Draft | None:
    """What was typed and not locked."""
    return await session.get(Draft, attempt_id)


async def keep_draft(session: AsyncSession, wanted: Draft) -> None:
    """Keep what is typed now in place of what was typed before; what the same page sent earlier,
    and comes later, is let go."""
    values = {column.name: getattr(wanted, column.name) for column in Draft.__table__.columns}
    statement = insert(Draft).values(**values)
    sent = statement.excluded
    is_newer = or_(
        sent.turn.is_(None), Draft.page.is_distinct_from(sent.page), Draft.turn < sent.turn
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Draft.attempt_id], set_=values, where=is_newer
        )
    )


async def drop_draft(session: AsyncSession, attempt_id: UUID) -> None:
    """What was typed is locked now."""
    await session.execute(delete(Draft).where(Draft.attempt_id == attempt_id))


async def score(session: AsyncSession, attempt_id: UUID) -> Score | None:
    """The score of a settled attempt."""
    return await session.get(Score, attempt_id)


async def outcomes(
    session: AsyncSession, attempt_ids: Collection[UUID]
) -> dict[UUID, tuple[Estimate, Score]]:
    """The estimates and scores of these attempts, of those that have both."""
    found = await session.execute(
        select(Estimate, Score)
        .join(Score, Score.attempt_id == Estimate.attempt_id)
        .where(Estimate.attempt_id.in_(attempt_ids))
    )
    return {estimate.attempt_id: (estimate, score) for estimate, score in found}


async def scored(
    session: AsyncSession, activity_id: UUID, learner_id: UUID
) -> Sequence[tuple[Attempt, Estimate, Score]]:
    """The settled attempts of one learner that count, with estimate and score, in the order in
    which they were locked in."""
    return await _scored(session, learner_id, Attempt.activity_id == activity_id)


async def scored_anywhere(
    session: AsyncSession, activity_id: UUID, learner_id: UUID
) -> Sequence[tuple[Attempt, Estimate, Score]]:
    """The same of every activity; of the others, not what was only tried out."""
    real = Attempt.preview.is_(False)
    return await _scored(session, learner_id, or_(Attempt.activity_id == activity_id, real))


async def _scored(
    session: AsyncSession, learner_id: UUID, where: ColumnElement[bool]
) -> Sequence[tuple[Attempt, Estimate, Score]]:
    rows = await session.execute(
        select(Attempt, Estimate, Score)
        .join(Estimate, Estimate.attempt_id == Attempt.id)
        .join(Score, Score.attempt_id == Attempt.id)
        .where(
            where,
            Attempt.learner_id == learner_id,
            Attempt.state == AttemptState.SETTLED,
            FIRST_LOOK,
            Score.seen.is_(False),
        )
        .order_by(Estimate.locked_at, Attempt.id)
    )
    return [(attempt, locked, value) for attempt, locked, value in rows]


async def settled_of(
    session: AsyncSession, learner_id: UUID, *, previews: bool
) -> Sequence[tuple[Attempt, Estimate, Score, Activity, Case | None, Reading | None]]:
    """Everything that a learner has settled, in the order in which it was locked."""
    rows = await session.execute(
        select(Attempt, Estimate, Score, Activity, Case, Reading)
        .join(Estimate, Estimate.attempt_id == Attempt.id)
        .join(Score, Score.attempt_id == Attempt.id)
        .join(Activity, Activity.id == Attempt.activity_id)
        .outerjoin(Case, Case.id == Attempt.case_id)
        .outerjoin(Reading, Reading.clip_id == Attempt.clip_id)
        .where(
            Attempt.learner_id == learner_id,
            Attempt.state == AttemptState.SETTLED,
            Attempt.preview.is_(previews),
        )
        .order_by(Estimate.locked_at, Attempt.id)
        .limit(2000)
    )
    return [
        (one, locked, value, activity, case, reading)
        for one, locked, value, activity, case, reading in rows
    ]


async def locked_of(
    session: AsyncSession, learner_id: UUID, *, previews: bool
) -> Sequence[tuple[Attempt, Estimate, Activity]]:
    """What a learner has locked in and waits for, in the order in which it was locked."""
    rows = await session.execute(
        select(Attempt, Estimate, Activity)
        .join(Estimate, Estimate.attempt_id == Attempt.id)
        .join(Activity, Activity.id == Attempt.activity_id)
        .where(
            Attempt.learner_id == learner_id,
            Attempt.state == AttemptState.LOCKED,
            Attempt.preview.is_(previews),
        )
        .order_by(Estimate.locked_at, Attempt.id)
        .limit(2000)
    )
    return [(attempt, locked, activity) for attempt, locked, activity in rows]


async def has_seen(session: AsyncSession, attempt: Attempt, sha256: str) -> bool:
    """Whether this learner was shown the answer of the same picture in another attempt."""
    found = await session.scalar(
        select(Attempt.id)
        .join(Clip, Clip.id == Attempt.clip_id)
        .where(
            Attempt.learner_id == attempt.learner_id,
            Attempt.id != attempt.id,
            Attempt.revealed_at.is_not(None),
            Clip.masked_sha256 == sha256,
        )
        .limit(1)
    )
    return found is not None


async def shown_cases(
    session: AsyncSession, learner_id: UUID, *, but: UUID
) -> Sequence[tuple[Case, Clip]]:
    """The cases that this learner has been shown the answer of, one apart."""
    rows = await session.execute(
        select(Case, Clip)
        .join(Attempt, Attempt.case_id == Case.id)
        .join(Clip, Clip.id == Case.clip_id)
        .where(
            Attempt.learner_id == learner_id,
            Attempt.state == AttemptState.SETTLED,
            Attempt.revealed_at.is_not(None),
            Attempt.id != but,
            Clip.state == ClipState.READY,
        )
        .limit(500)
    )
    return [(case, clip) for case, clip in rows]


async def answered_cases(
    session: AsyncSession, learner_id: UUID, *, outside: UUID | None = None
) -> set[UUID | None]:
    """The cases that this learner has been shown the answer of, wherever that was, or in any other
    activity than one."""
    query = select(Attempt.case_id).where(
        Attempt.learner_id == learner_id,
        Attempt.case_id.is_not(None),
        Attempt.revealed_at.is_not(None),
    )
    if outside is not None:
        query = query.where(Attempt.activity_id != outside)
    return set(await session.scalars(query))


async def locked_cases(
    session: AsyncSession, activity_id: UUID, learner_id: UUID, *, by: datetime
) -> set[UUID | None]:
    """The cases of an activity that a learner had locked in by then."""
    rows = await session.scalars(
        select(Attempt.case_id)
        .join(Estimate, Estimate.attempt_id == Attempt.id)
        .where(
            Attempt.activity_id == activity_id,
            Attempt.learner_id == learner_id,
            Estimate.locked_at <= by,
            FIRST_LOOK,
        )
    )
    return set(rows)


async def last_settled(session: AsyncSession, activity_id: UUID) -> Sequence[Attempt]:
    """The attempt of every learner that settled last, those who only preview left out."""
    rows = await session.scalars(
        select(Attempt)
        .where(
            Attempt.activity_id == activity_id,
            Attempt.state == AttemptState.SETTLED,
            Attempt.preview.is_(False),
        )
        .distinct(Attempt.learner_id)
        .order_by(Attempt.learner_id, Attempt.settled_at.desc())
    )
    return rows.all()


async def class_of(
    session: AsyncSession, activity_id: UUID
) -> Sequence[tuple[Learner, Attempt, Score | None, Reading | None]]:
    """Everyone who has begun an activity, with what they have done, and the reading of a clip of
    their own."""
    rows = await session.execute(
        select(Learner, Attempt, Score, Reading)
        .join(Attempt, Attempt.learner_id == Learner.id)
        .outerjoin(Score, Score.attempt_id == Attempt.id)
        .outerjoin(Reading, and_(Reading.clip_id == Attempt.clip_id, Attempt.case_id.is_(None)))
        .where(Attempt.activity_id == activity_id, Attempt.preview.is_(False), FIRST_LOOK)
        .order_by(Learner.created_at)
    )
    return [(learner, attempt, value, reading) for learner, attempt, value, reading in rows]


async def owns_clip(session: AsyncSession, activity_id: UUID, clip_id: UUID) -> Clip | None:
    """The clip, if an attempt of this activity shows it."""
    return await session.scalar(
        select(Clip)
        .join(Attempt, Attempt.clip_id == Clip.id)
        .where(Attempt.activity_id == activity_id, Clip.id == clip_id)
        .limit(1)
    )


async def serialise(session: AsyncSession, activity_id: UUID, learner_id: UUID) -> None:
    """One transaction at a time decides about a learner's grade in an activity."""
    key = func.hashtextextended(f"{activity_id}:{learner_id}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
