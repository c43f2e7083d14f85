"""What learners say of answers that look wrong."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Attempt, Case, Estimate, Learner, RegradeRequest, Score

MOST = 500
type Asked = tuple[RegradeRequest, Learner, Estimate, Score, Case | None]


async def put(session: AsyncSession, wanted: RegradeRequest) -> None:
    """Keep the first that was said of an attempt; a second press changes nothing."""
    columns = RegradeRequest.__table__.columns
    values = {column.name: getattr(wanted, column.name) for column in columns}
    await session.execute(insert(RegradeRequest).values(**values).on_conflict_do_nothing())


async def of_attempt(
    session: AsyncSession, attempt_id: UUID, *, lock: bool = False
) -> RegradeRequest | None:
    """What was said of this answer."""
    return await session.get(RegradeRequest, attempt_id, with_for_update=lock or None)


async def of_activity(
    session: AsyncSession, activity_id: UUID, *, attempt_id: UUID | None = None
) -> Sequence[Asked]:
    """Everything that was said in an activity, or of one answer in it: what is open before
    what was answered, and the newest first."""
    only = () if attempt_id is None else (Attempt.id == attempt_id,)
    rows = await session.execute(
        select(RegradeRequest, Learner, Estimate, Score, Case)
        .join(Attempt, Attempt.id == RegradeRequest.attempt_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .join(Estimate, Estimate.attempt_id == Attempt.id)
        .join(Score, Score.attempt_id == Attempt.id)
        .outerjoin(Case, Case.id == Attempt.case_id)
        .where(Attempt.activity_id == activity_id, Attempt.preview.is_(False), *only)
        .order_by(RegradeRequest.closed_at.is_not(None), RegradeRequest.created_at.desc())
        .limit(MOST)
    )
    return [(asked, learner, locked, score, case) for asked, learner, locked, score, case in rows]


async def count(session: AsyncSession, activity_id: UUID) -> int:
    """How many answers of an activity are still to be looked at again."""
    found = await session.scalar(
        select(func.count())
        .select_from(RegradeRequest)
        .join(Attempt, Attempt.id == RegradeRequest.attempt_id)
        .where(
            Attempt.activity_id == activity_id,
            Attempt.preview.is_(False),
            RegradeRequest.closed_at.is_(None),
        )
    )
    return found or 0
