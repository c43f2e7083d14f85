"""Cases that were given back to learners."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Attempt, Estimate, Reopening


async def of_learner(
    session: AsyncSession, activity_id: UUID, learner_id: UUID
) -> Sequence[tuple[Reopening, Attempt, Estimate]]:
    """What was given back to a learner in an activity, with the estimate that counts no more; the
    newest first."""
    rows = await session.execute(
        select(Reopening, Attempt, Estimate)
        .join(Attempt, Attempt.id == Reopening.attempt_id)
        .join(Estimate, Estimate.attempt_id == Attempt.id)
        .where(Attempt.activity_id == activity_id, Attempt.learner_id == learner_id)
        .order_by(Reopening.created_at.desc())
        .limit(200)
    )
    return [(reopened, attempt, estimate) for reopened, attempt, estimate in rows]


async def reason(session: AsyncSession, attempt: Attempt) -> str | None:
    """Why this learner has this case again, as their teacher said last."""
    return await session.scalar(
        select(Reopening.reason)
        .join(Attempt, Attempt.id == Reopening.attempt_id)
        .where(
            Attempt.activity_id == attempt.activity_id,
            Attempt.learner_id == attempt.learner_id,
            Attempt.case_id == attempt.case_id,
        )
        .order_by(Reopening.created_at.desc())
        .limit(1)
    )


async def next_place(session: AsyncSession, attempt: Attempt) -> int:
    """A number that no look at this case has: those that were set aside count down from 0."""
    lowest = await session.scalar(
        select(func.min(Attempt.look)).where(
            Attempt.activity_id == attempt.activity_id,
            Attempt.learner_id == attempt.learner_id,
            Attempt.case_id == attempt.case_id,
        )
    )
    return min(1, 1 if lowest is None else lowest) - 1
