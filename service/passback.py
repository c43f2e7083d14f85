"""One Passback per change of a grade: decided here, in the transaction that changed it."""

from datetime import datetime, timedelta
from uuid import UUID

from service.grading import Grade, grade_of
from service.models import Activity, Attempt, Override, Passback, PassbackState
from service.store import attempts as attempt_rows
from service.store import line_items as line_item_rows
from service.store import passbacks as rows
from service.store.database import Work

SOON = timedelta(seconds=20)  # what is tried by then by itself needs no pressing
OPEN = {PassbackState.DUE, PassbackState.HELD}
UNDELIVERED = {*OPEN, PassbackState.REFUSED}
SAME = 1e-6  # of the maximum


async def decide(work: Work, attempt: Attempt, now: datetime) -> None:
    """Write the Passback that this settled attempt is due; none if the grade stays as it is."""
    if attempt.preview or attempt.look > 1:
        return
    await attempt_rows.serialise(work.session, attempt.activity_id, attempt.learner_id)
    column = attempt.line_item_url or await column_of(work, attempt.activity_id)
    if column is None:  # decided once there is one
        return
    activity = await work.session.get_one(Activity, attempt.activity_id)
    grade = await grade_of(work, activity, attempt.learner_id, now)
    if grade is None:
        return
    before = await rows.latest(work.session, activity.id, attempt.learner_id)
    share = grade.points / activity.points
    stands = before is not None and before.state is not PassbackState.SUPERSEDED
    if before is not None and stands and before.share >= share - SAME:
        return
    estimate = await attempt_rows.estimate(work.session, attempt.id)
    passback = due(activity, grade, after=before, now=now)
    passback.attempt_id = attempt.id
    passback.learner_id = attempt.learner_id
    passback.line_item_url = column
    passback.platform_family = attempt.platform_family
    passback.started_at = attempt.created_at
    locked_at = estimate.locked_at if estimate else now
    passback.submitted_at = attempt.first_locked_at or locked_at
    await put(work, passback)


def due(activity: Activity, grade: Grade, *, after: Passback | None, now: datetime) -> Passback:
    """A grade of this activity that is due now, without whose it is and where it goes."""
    return Passback(
        activity_id=activity.id,
        registration_id=activity.registration_id,
        number=after.number + 1 if after else 1,
        score_given=grade.points,
        score_maximum=activity.points,
        comment=grade.comment,
        state=PassbackState.DUE,
        forced=False,
        tries=0,
        yeses=0,
        next_try_at=now,
        due_since=now,
        created_at=now,
    )


async def put(work: Work, passback: Passback) -> None:
    """Write it down in the place of those that are still on their way, and have it sent."""
    for earlier in await rows.of_learner(work.session, passback.activity_id, passback.learner_id):
        if earlier.state in OPEN:
            earlier.state = PassbackState.SUPERSEDED
    work.session.add(passback)
    await work.session.flush()
    nudge(work, passback)


async def column_of(work: Work, activity_id: UUID) -> str | None:
    """The column that was found or made for an activity whose launches name none."""
    columns = await line_item_rows.of_activity(work.session, activity_id)
    return next((column.url for column in columns if column.container_url), None)


async def decide_waiting(work: Work, activity_id: UUID, now: datetime) -> None:
    """A column is there at last: decide about everybody whose work had settled before."""
    for attempt in await attempt_rows.last_settled(work.session, activity_id):
        await decide(work, attempt, now)


async def override(
    work: Work, wanted: Override, *, column: str | None, family: str | None, now: datetime
) -> None:
    """A teacher's own score for a learner, an exemption, or the taking back of either. A score is
    sent like any other: with a reason, and not over what somebody changed in the gradebook by hand.

    column, family: the gradebook's, where nothing was ever sent for this learner.
    """
    await attempt_rows.serialise(work.session, wanted.activity_id, wanted.learner_id)
    work.session.add(wanted)
    await work.session.flush()
    if wanted.exempt:
        await stop(work, wanted.activity_id, wanted.learner_id)
        return
    activity = await work.session.get_one(Activity, wanted.activity_id)
    grade = await grade_of(work, activity, wanted.learner_id, now)
    before = await rows.latest(work.session, activity.id, wanted.learner_id)
    url = before.line_item_url if before else column or await column_of(work, activity.id)
    if grade is None or url is None:  # what the gradebook holds stays: nothing erases a grade
        return
    passback = due(activity, grade, after=before, now=now)
    passback.learner_id = wanted.learner_id
    passback.line_item_url = url
    passback.platform_family = before.platform_family if before else family
    passback.started_at = before.started_at if before else now
    passback.submitted_at = before.submitted_at if before else now
    await put(work, passback)


async def stop(work: Work, activity_id: UUID, learner_id: UUID) -> None:
    """Send nothing that has not arrived; what the gradebook holds stays."""
    for row in await rows.of_learner(work.session, activity_id, learner_id):
        if row.state in UNDELIVERED:
            row.state = PassbackState.SUPERSEDED


async def send_again(
    work: Work, passback: Passback, now: datetime, *, anyway: bool = False
) -> None:
    """A teacher wants this grade sent: at once, and whatever became of it before.

    anyway: even where the gradebook holds something that we did not send.
    """
    if passback.state is PassbackState.SUPERSEDED:
        return
    if passback.state is not PassbackState.DUE:
        passback.state = PassbackState.DUE
        passback.body = None  # told anew: a repeat would be refused as outdated
        passback.tries = passback.yeses = 0
        passback.due_since = now
        passback.accepted_at = None
        passback.problem = None
    passback.forced = passback.forced or anyway
    passback.next_try_at = max(now, passback.leased_until or now)
    await work.session.flush()
    nudge(work, passback)


async def try_now(work: Work, passback: Passback, now: datetime) -> None:
    """A learner does not want to wait for the next try: it is made at once, and their pressing puts
    off none of those that come by themselves. What is not waiting stays as it is."""
    if passback.state is not PassbackState.DUE or passback.next_try_at <= now + SOON:
        return
    passback.tries = max(0, passback.tries - 1)
    passback.next_try_at = max(now, passback.leased_until or now)
    await work.session.flush()
    nudge(work, passback)


def nudge(work: Work, passback: Passback) -> None:
    """Have it sent; one at a time for a learner and an activity, in order."""
    work.nudge("passback", passback.id, lock=passback.lock)
