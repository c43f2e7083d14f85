"""An activity has closed: what was typed in an exam is handed in, and everybody is graded."""

from datetime import datetime
from uuid import UUID

from service import attempts, passback
from service.attempts import EstimateInvalid
from service.models import Activity, Attempt, Draft, Kind, Sitting
from service.scoring import CERTAINTIES, CONFIDENCE, HALF_WIDTHS
from service.store import activities as activity_rows
from service.store import sittings as rows
from service.store.database import Work
from service.windows import GRACE, deadline, has_closed


async def close(work: Work, activity_id: UUID, now: datetime) -> None:
    """Grade an activity as it stands at its close. Doing so twice changes nothing."""
    activity = await activity_rows.locked(work.session, activity_id)
    if activity.closed_at is not None or not has_closed(activity, now):
        return
    if activity.kind is Kind.EXAM:
        await hand_in(work, activity, now)
    await passback.decide_waiting(work, activity.id, now)
    activity.closed_at = now


async def hand_in(work: Work, activity: Activity, now: datetime) -> None:
    """Lock in what learners of an exam had typed when their time was over."""
    sittings = {row.learner_id: row for row in await rows.of_activity(work.session, activity.id)}
    for attempt, draft in await rows.typed_in(work.session, activity.id):
        await hand_in_one(work, activity, attempt, draft, sittings.get(attempt.learner_id), now)


def how_sure(draft: Draft, activity: Activity) -> attempts.Sure:
    """What was chosen; where it is scored, nothing is the least sure."""
    widest = max(HALF_WIDTHS) if activity.rule == CONFIDENCE else ""
    half_width, certainty = draft.half_width or widest, draft.certainty or min(CERTAINTIES)
    return attempts.parse_sure(str(half_width), str(certainty), activity.rule)


async def hand_in_one(
    work: Work,
    activity: Activity,
    attempt: Attempt,
    draft: Draft,
    sitting: Sitting | None,
    now: datetime,
) -> None:
    """Lock in one number; what is no number, or came too late, stays what it is."""
    # Whoever was let begin again, and did not, had typed it before.
    waits = sitting is not None and sitting.started_at is None
    ends = activity.closes_at if waits else deadline(activity, sitting)
    if ends is None or draft.saved_at > ends + GRACE:
        return
    try:
        lvef = attempts.parse_lvef(draft.lvef)
        sure = how_sure(draft, activity)
    except EstimateInvalid:
        return
    await attempts.write_down(
        work,
        attempt,
        lvef=lvef,
        sure=sure,
        known=draft.known,
        attested=draft.attested,
        locked_at=min(draft.saved_at, ends),
    )
    await attempts.settle(work, attempt.id, now)
