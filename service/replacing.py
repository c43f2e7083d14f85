"""The rules of taking another clip: before the lock, and after it where it shows another view."""

from datetime import datetime
from uuid import UUID

from service import attempts, opening
from service.attempts import AttemptRefused
from service.i18n import _
from service.models import Attempt, AttemptState, Clip, ClipState, Hold, Launch
from service.store import attempts as rows
from service.store import clips as clip_rows
from service.store import launches as launch_rows
from service.store.database import Work


async def replace_clip(work: Work, attempt_id: UUID, *, by: Launch, now: datetime) -> Attempt:
    """Drop the clip of an own-clip attempt that is not locked, and let the learner choose anew.

    A locked attempt whose clip shows another view is set aside; the attempt in its stead counts as
    handed in when that one was locked.
    """
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    if attempt.state is AttemptState.LOCKED and attempt.case_id is None:
        return await set_aside(work, attempt, by=by, now=now)
    if attempt.state is AttemptState.DRAFT and attempt.case_id is None:
        if attempt.clip_id is not None:
            clip = await clip_rows.by_id(work.session, attempt.clip_id, lock=True)
            drop(work, clip, now)
        attempt.clip_id = None
    return attempt


async def set_aside(work: Work, attempt: Attempt, *, by: Launch, now: datetime) -> Attempt:
    """Begin anew after a wrong view; any other locked attempt stays as it is."""
    clip = await clip_rows.by_id(work.session, attempts.required(attempt.clip_id), lock=True)
    if clip.hold is not Hold.WRONG_VIEW or await clip_rows.is_read(work.session, clip.id):
        return attempt
    estimate = await rows.estimate(work.session, attempt.id)
    locked_at = estimate.locked_at if estimate else now
    attempt.state = AttemptState.SET_ASIDE
    drop(work, clip, now)
    await work.session.flush()
    instead = await rows.open_or_add(work.session, attempts.fresh(by, now))
    instead.first_locked_at = attempt.first_locked_at or locked_at
    return instead


def drop(work: Work, clip: Clip, now: datetime) -> None:
    """Have a clip's files deleted; the numbers that came of it stay."""
    clip.state = ClipState.DELETED
    clip.deleted_at = now
    work.nudge("discard", clip.id)


async def attach_clip(
    work: Work, attempt_id: UUID, *, by: Launch, clip: Clip, now: datetime
) -> None:
    """Make this clip the one of an own-clip attempt; the one before it is dropped."""
    attempt = await replace_clip(work, attempt_id, by=by, now=now)
    if attempt.state is not AttemptState.DRAFT or attempt.case_id is not None:
        raise AttemptRefused(_("This attempt takes no other clip."))
    activity = await launch_rows.activity(work.session, attempt.activity_id)
    if (sentence := await opening.shut_for(work, activity, attempt, now)) is not None:
        raise AttemptRefused(sentence)
    work.session.add(clip)
    await work.session.flush()
    attempt.clip_id = clip.id
