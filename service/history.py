"""What a learner has done so far, as far as they may see it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service import sealing
from service.attempts import required_learner
from service.models import (
    Activity,
    Attempt,
    AttemptState,
    Case,
    Estimate,
    Launch,
    Reading,
    Score,
)
from service.parts import answers_open
from service.progress import Look
from service.store import attempts as rows
from service.store.database import Work
from service.trust import tells_how_close


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One settled attempt, with what it was compared with."""

    attempt: Attempt
    estimate: Estimate
    score: Score
    activity: Activity
    case: Case | None
    look: Look | None  # None where the reference says nothing about the learner


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """One attempt whose answer is still to come, or sealed: which of both, nobody is told."""

    attempt: Attempt
    estimate: Estimate
    activity: Activity


async def of_learner(work: Work, launch: Launch, now: datetime) -> list[Seen]:
    """All settled attempts of this learner that they may see the answers of, in every activity of
    this LMS, oldest first."""
    return (await settled_of_learner(work, launch, now))[0]


async def both_of_learner(
    work: Work, launch: Launch, now: datetime
) -> tuple[list[Seen], list[Waits]]:
    """The same, and what they have locked in and wait for."""
    seen, sealed = await settled_of_learner(work, launch, now)
    waiting = await rows.locked_of(
        work.session, required_learner(launch), previews=launch.is_preview
    )
    locked = [Waits(attempt=one, estimate=said, activity=where) for one, said, where in waiting]
    return seen, sorted([*locked, *sealed], key=lambda one: one.estimate.locked_at)


async def settled_of_learner(
    work: Work, launch: Launch, now: datetime
) -> tuple[list[Seen], list[Waits]]:
    """What of this learner's has settled: that which they may see, and that which is sealed."""
    learner = required_learner(launch)
    found = await rows.settled_of(work.session, learner, previews=launch.is_preview)
    seen: list[Seen] = []
    waits: list[Waits] = []
    met: set[object] = set()
    shows: dict[UUID, bool] = {}
    held: dict[UUID, Collection[UUID]] = {}
    mine = {attempt.case_id for attempt, *_ in found if attempt.case_id and not attempt.preview}
    for attempt, estimate, score, activity, case, reading in found:
        if activity.id not in shows:
            shows[activity.id] = await answers_open(work, activity, learner, now)
            held[activity.id] = await sealing.sealed(work, activity, learner, mine, now)
        if not shows[activity.id] or attempt.case_id in held[activity.id]:
            waits.append(Waits(attempt=attempt, estimate=estimate, activity=activity))
            continue
        look = as_look(attempt, estimate, score, reading, first=attempt.clip_id not in met)
        met.add(attempt.clip_id)
        seen.append(
            Seen(
                attempt=attempt,
                estimate=estimate,
                score=score,
                activity=activity,
                case=case,
                look=look,
            )
        )
    return seen, waits


def as_look(
    attempt: Attempt, estimate: Estimate, score: Score, reading: Reading | None, *, first: bool
) -> Look | None:
    """A look that statistics may count: not one against a demo model's reading of a real heart,
    and not one whose answer the learner knew. Only a first one, in whichever activity, is `first`;
    a further one at a case is practice.
    """
    if score.reference_lvef is None or estimate.known:
        return None
    if score.seen and attempt.case_id is None:
        return None
    if not tells_how_close(score, reading):
        return None
    return Look(
        case=str(attempt.case_id or attempt.clip_id),
        estimate=estimate.lvef,
        reference=score.reference_lvef,
        at=estimate.locked_at,
        half_width=estimate.half_width,
        first=first and not score.seen,
    )


async def outcomes(
    work: Work, activity: Activity, mine: Iterable[Attempt], now: datetime
) -> dict[UUID, tuple[Estimate, Score]]:
    """By attempt, what a learner's attempts in an activity came to, of those that have settled and
    that nothing seals any more. Whoever is told has been shown their answers."""
    settled = [one for one in mine if one.state is AttemptState.SETTLED and one.clip_id is not None]
    if not settled:
        return {}
    learner = settled[0].learner_id
    if not await answers_open(work, activity, learner, now):
        return {}
    measured = [one.case_id for one in settled if one.case_id and not one.preview]
    held = await sealing.sealed(work, activity, learner, measured, now)
    told = [one for one in settled if one.preview or one.case_id not in held]
    for attempt in told:
        attempt.revealed_at = attempt.revealed_at or now
    return await rows.outcomes(work.session, [attempt.id for attempt in told])


def shown(seen: Sequence[Seen], now: datetime) -> None:
    """Whoever is told what these come to has been shown their answers."""
    for one in seen:
        if one.attempt.revealed_at is None:
            one.attempt.revealed_at = now


def looks(seen: Sequence[Seen]) -> list[Look]:
    """Those that statistics may count."""
    return [one.look for one in seen if one.look is not None]
