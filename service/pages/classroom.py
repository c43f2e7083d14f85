"""The class, for staff: who has finished what, and whether the gradebook has it."""

from dataclasses import dataclass, field

from service.models import Attempt, AttemptState, Learner, Score
from service.pages.drawing import standing
from service.pages.site import Here
from service.store import attempts as rows
from service.store import passbacks as passback_rows
from service.store.database import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One learner in one activity."""

    learner: str
    done: int
    mean_gap: str | None
    score: str | None
    delivery: str


@dataclass(slots=True)
class Record:
    """What one learner has done so far."""

    learner: Learner
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    scores: list[Score] = field(default_factory=list[Score])


async def class_rows(work: Work, here: Here) -> list[ClassRow]:
    """A line for everyone who has begun."""
    records: dict[object, Record] = {}
    for learner, attempt, score in await rows.class_of(work.session, here.activity.id):
        record = records.setdefault(learner.id, Record(learner))
        record.attempts.append(attempt)
        if score is not None:
            record.scores.append(score)
    return [await class_row(work, here, record) for record in records.values()]


async def class_row(work: Work, here: Here, record: Record) -> ClassRow:
    """One learner's line."""
    gaps = [score.delta for score in record.scores if score.delta is not None]
    passback = await passback_rows.latest(work.session, here.activity.id, record.learner.id)
    return ClassRow(
        learner=record.learner.label,
        done=sum(attempt.state is AttemptState.SETTLED for attempt in record.attempts),
        mean_gap=f"{sum(gaps) / len(gaps):+.1f}" if gaps else None,
        score=f"{passback.score_given:g}" if passback else None,
        delivery=standing(passback).value if passback else "none",
    )
