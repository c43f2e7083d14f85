"""One Passback per score: decide, send, record, retry."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lti.errors import LtiError, PassbackRefused, PlatformUnreachable, ScoreOutdated, TokenRefused
from lti.grades import GradesClient, Result
from lti.grades import Score as LtiScore
from lti.registration import Registration as LtiRegistration
from service import words
from service.models import Activity, Attempt, Kind, Learner, Passback, PassbackState
from service.registrations import plain
from service.scoring import Summary, points, summarise
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import passbacks as rows
from service.store import registrations as registration_rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=7)
EDUCATIONAL = "Educational use only."


async def decide(work: Work, attempt: Attempt, now: datetime) -> None:
    """Write the Passback that this settled attempt is due; none if the grade stays as it is."""
    if attempt.preview or attempt.line_item_url is None:
        return
    await attempt_rows.serialise(work.session, attempt.activity_id, attempt.learner_id)
    activity = await work.session.get_one(Activity, attempt.activity_id)
    grade = await grade_of(work, activity, attempt.learner_id)
    if grade is None:
        return
    score_given, comment = grade
    before = await rows.latest(work.session, attempt.line_item_url, attempt.learner_id)
    if before is not None and before.score_given >= score_given:
        return
    estimate = await attempt_rows.estimate(work.session, attempt.id)
    passback = Passback(
        attempt_id=attempt.id,
        registration_id=activity.registration_id,
        learner_id=attempt.learner_id,
        line_item_url=attempt.line_item_url,
        platform_family=attempt.platform_family,
        score_given=score_given,
        score_maximum=activity.points,
        comment=comment,
        timestamp=later_than(before, now),
        started_at=attempt.created_at,
        submitted_at=estimate.locked_at if estimate else now,
        state=PassbackState.DUE,
        tries=0,
        next_try_at=now,
        created_at=now,
    )
    work.session.add(passback)
    await work.session.flush()
    nudge(work, passback)


def nudge(work: Work, passback: Passback) -> None:
    """Have it sent; one at a time for a learner and a column, in order."""
    work.nudge(
        "passback", passback.id, lock=f"grade:{passback.line_item_url}:{passback.learner_id}"[-250:]
    )


def later_than(before: Passback | None, now: datetime) -> datetime:
    """Platforms compare whole seconds: two scores within one would lose the second."""
    if before is None:
        return now
    return max(now, before.timestamp + timedelta(seconds=1))


async def grade_of(work: Work, activity: Activity, learner_id: UUID) -> tuple[float, str] | None:
    """Points and comment that the learner's settled attempts come to; None while too few have."""
    scored = await attempt_rows.scored(work.session, activity.id, learner_id)
    if activity.kind is Kind.OWN_CLIP:
        best = max(score.value for _, _, score in scored)
        return points(best, activity.points), f"Taking part: complete. {EDUCATIONAL}"
    wanted = {case.id for case in await clip_rows.cases_of(work.session, activity)}
    counted = [score for attempt, _, score in scored if attempt.case_id in wanted]
    if len(counted) < max(1, len(wanted)):
        return None
    summary = summarise(
        [score.delta for score in counted if score.delta is not None],
        [score.value for score in counted],
    )
    return points(summary.mean_score, activity.points), practice_comment(summary, activity.rule)


def practice_comment(summary: Summary, rule: str) -> str:
    """The gradebook's comment: how many, how far off, which way, by which rule."""
    direction = "reads high" if summary.bias > 0 else "reads low"
    lean = f" ({direction})" if summary.bias else ""
    return (
        f"{summary.cases}/{summary.cases} cases. Mean error {summary.mean_error}, "
        f"bias {summary.bias:+}{lean}. {words.rule_in_short(rule)}. "
        f"Reference: known LVEF of the phantom. {EDUCATIONAL}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """All that sending needs, read in one transaction and used outside of it."""

    id: UUID
    registration: LtiRegistration
    line_item_url: str
    platform_family: str | None
    score: LtiScore
    first: bool


async def deliver(
    database: Database,
    grades: GradesClient,
    passback_id: UUID,
    *,
    clock: Callable[[], datetime],
    delays: tuple[float, ...],
) -> None:
    """Send one score and record what came of it; no transaction is open while the LMS thinks."""
    parcel = await pack(database, passback_id, clock())
    if parcel is None:
        return
    try:
        await send(grades, parcel)
    except (PlatformUnreachable, TokenRefused) as error:
        await record_delay(database, parcel.id, error, now=clock(), delays=delays)
    except PassbackRefused as error:
        await record(database, parcel.id, PassbackState.REFUSED, now=clock(), problem=error.message)
    else:
        await record(database, parcel.id, PassbackState.SENT, now=clock())


async def pack(database: Database, passback_id: UUID, now: datetime) -> Parcel | None:
    """Read what is to be sent, and count the try before it is made."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, passback_id, lock=True)
        if row.state is not PassbackState.DUE or row.next_try_at > now:
            return None
        row.tries += 1
        registration = await registration_rows.by_id(work.session, row.registration_id)
        learner = await work.session.get_one(Learner, row.learner_id)
        return Parcel(
            id=row.id,
            registration=plain(registration),
            line_item_url=row.line_item_url,
            platform_family=row.platform_family,
            score=lti_score(row, learner.subject),
            first=row.tries == 1 and not await rows.anything_sent_before(work.session, row),
        )


def lti_score(row: Passback, subject: str) -> LtiScore:
    """The score as Assignment and Grade Services spell it, from our own rows alone."""
    return LtiScore(
        user_id=subject,
        score_given=row.score_given,
        score_maximum=row.score_maximum,
        comment=row.comment,
        timestamp=row.timestamp,
        started_at=row.started_at,
        submitted_at=row.submitted_at,
    )


async def send(grades: GradesClient, parcel: Parcel) -> None:
    """Post the score. A platform that calls it outdated may hold it already, from a try that
    was cut off before its answer was recorded."""
    try:
        await grades.post_score(
            parcel.registration,
            parcel.line_item_url,
            parcel.score,
            platform_family=parcel.platform_family,
            first=parcel.first,
        )
    except ScoreOutdated:
        held = await grades.result(parcel.registration, parcel.line_item_url, parcel.score.user_id)
        if held is None or not is_held(parcel.score, held):
            raise


def is_held(score: LtiScore, held: Result) -> bool:
    """Whether the gradebook shows this very score; one platform leaves a zero out."""
    share = (held.score or 0.0) / (held.maximum or score.score_maximum)
    return abs(share - score.score_given / score.score_maximum) < 0.001


async def record(
    database: Database,
    passback_id: UUID,
    state: PassbackState,
    *,
    now: datetime,
    problem: str | None = None,
) -> None:
    """Write down that the platform has the score, or has refused it for good."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, passback_id, lock=True)
        row.state = state
        row.problem = problem
        row.sent_at = now if state is PassbackState.SENT else None


async def record_delay(
    database: Database,
    passback_id: UUID,
    error: LtiError,
    *,
    now: datetime,
    delays: tuple[float, ...],
) -> None:
    """Write down why it did not go through, and when it is tried again."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, passback_id, lock=True)
        row.problem = error.message
        if now - row.created_at > GIVE_UP_AFTER:
            row.state = PassbackState.REFUSED
        row.next_try_at = now + timedelta(seconds=delays[min(row.tries, len(delays)) - 1])
    log.warning("passback %s not delivered: %s", passback_id, type(error).__name__)
