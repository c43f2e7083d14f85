"""A learner marks end diastole and end systole themselves, where nothing can draw them."""

from datetime import datetime
from uuid import UUID

from inference.reading import PreparedClip
from service import attempts
from service.attempts import AttemptRefused
from service.i18n import _
from service.models import ClipState, Launch
from service.store import clips as clip_rows
from service.store import tracings as tracing_rows
from service.store.database import Work


async def mark(
    work: Work, attempt_id: UUID, *, by: Launch, end_diastole: str, end_systole: str, now: datetime
) -> None:
    """The learner says, after the answer, which frames show the heart at its largest and smallest.

    Nothing is graded by it; marking again replaces what was marked.
    """
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    await attempts.check_answered(work, attempt, now)
    clip = await clip_rows.by_id(work.session, attempts.required(attempt.clip_id), lock=True)
    if clip.state is not ClipState.READY or clip.prepared is None:
        raise AttemptRefused(_("The clip is not here any more."))
    if await tracing_rows.tracing(work.session, clip.id) is not None:
        raise AttemptRefused(_("End diastole and end systole of this clip are known."))
    frames = len(PreparedClip.from_primitives(clip.prepared).frame_times)
    diastole, systole = parse_frame(end_diastole, frames), parse_frame(end_systole, frames)
    if diastole == systole:
        raise AttemptRefused(_("Mark two different frames."))
    await tracing_rows.put_marks(work.session, attempt.id, diastole, systole, now)
    clip.stills_due = True
    work.nudge("draw", clip.id)


def parse_frame(text: str, frames: int) -> int:
    """The number of a frame, 0 for the first; a person reads 1 for it, as the player counts."""
    digits = text.strip()
    if not digits:
        raise AttemptRefused(_("Mark two frames first: the largest and the smallest."))
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 5 or int(digits) >= frames:
        raise AttemptRefused(_("Mark two of the frames 1 to %(last)s.", last=frames))
    return int(digits)
