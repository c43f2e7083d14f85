"""The rules of a learner's own clip between upload and lock: told, trimmed, covered, deleted."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from inference.reading import (
    HIGHEST_FRAME_RATE,
    LONGEST_SECONDS,
    LOWEST_FRAME_RATE,
    SHORTEST_SECONDS,
    Box,
    PreparedClip,
    RefusalCode,
)
from service import attempts, replacing
from service.attempts import AttemptRefused
from service.clips import new_raw_key
from service.i18n import _
from service.models import Attempt, AttemptState, Clip, ClipState, Launch
from service.numbers import decimal, number
from service.store import clips as rows
from service.store import tracings as tracing_rows
from service.store.database import Work

MOST_COVERS = 20
RAW_KEPT_FOR = timedelta(hours=1)
AWAITED_FOR = timedelta(minutes=15)  # as long as an address to send a clip to holds
MOST_BYTES_ON_THEIR_WAY = 2 * 1024**3  # of disk: forty of the largest clips, hundreds of usual ones
# Refusals after which the learner can still say what was missing; the raw file waits, for an hour.
MENDABLE = {RefusalCode.FRAME_RATE_UNKNOWN.value, RefusalCode.TOO_LONG.value}


class UploadsBusy(Exception):
    """As many clips are on their way as there is room for: this one waits for its turn."""


async def begin_upload(
    work: Work, attempt_id: UUID, *, by: Launch, size: int, again: bool, now: datetime
) -> Clip:
    """A clip that is awaited: the one that has begun to come, or a new one in its place.

    raises: UploadsBusy.
    """
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    if again and attempt.clip_id is not None:
        begun = await rows.by_id(work.session, attempt.clip_id)
        in_time = now - begun.created_at < RAW_KEPT_FOR
        if begun.state is ClipState.AWAITED and begun.raw_bytes == size and in_time:
            return begun
    clip = Clip(
        state=ClipState.AWAITED,
        learner_id=by.learner_id,
        phantom=False,
        raw_key=new_raw_key(),
        raw_bytes=size,
        created_at=now,
    )
    await replacing.attach_clip(work, attempt_id, by=by, clip=clip, now=now)
    if await rows.bytes_on_their_way(work.session, now - AWAITED_FOR) > MOST_BYTES_ON_THEIR_WAY:
        raise UploadsBusy
    return clip


def is_mendable(clip: Clip) -> bool:
    """Whether what was missing can still be said: the raw file is there."""
    return (
        clip.state is ClipState.REFUSED
        and clip.refusal is not None
        and clip.refusal["code"] in MENDABLE
        and clip.raw_deleted_at is None
    )


async def clip_of_draft(work: Work, attempt_id: UUID, by: Launch) -> tuple[Attempt, Clip]:
    """The clip of an own-clip attempt that is not locked, both rows locked."""
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    if attempt.clip_id is None:
        raise AttemptRefused(_("Choose a clip first."))
    if attempt.case_id is not None or attempt.state is not AttemptState.DRAFT:
        raise AttemptRefused(_("This clip can't be changed any more."))
    return attempt, await rows.by_id(work.session, attempt.clip_id, lock=True)


async def try_again(
    work: Work, attempt_id: UUID, by: Launch, asked: RefusalCode, change: Callable[[Clip], None]
) -> None:
    """Mend what a refusal asked for, and have the clip prepared once more."""
    clip = (await clip_of_draft(work, attempt_id, by))[1]
    if not is_mendable(clip) or clip.refusal is None or clip.refusal["code"] != asked:
        raise AttemptRefused(_("The clip is not here any more. Please choose it again."))
    change(clip)
    clip.state = ClipState.UPLOADED
    clip.refusal = None
    work.nudge("prepare", clip.id)


async def tell_frame_rate(work: Work, attempt_id: UUID, *, by: Launch, typed: str) -> None:
    """The learner says how many frames a second the scanner recorded."""
    await attempts.of_launch(work, attempt_id, by)
    told = number(typed)
    if told is None or not LOWEST_FRAME_RATE <= told <= HIGHEST_FRAME_RATE:
        raise AttemptRefused(
            _(
                "Type the frames per second, from %(lowest)s to %(highest)s.",
                lowest=decimal(LOWEST_FRAME_RATE),
                highest=decimal(HIGHEST_FRAME_RATE),
            )
        )

    def change(clip: Clip) -> None:
        clip.told_frame_rate = told

    await try_again(work, attempt_id, by, RefusalCode.FRAME_RATE_UNKNOWN, change)


async def trim(work: Work, attempt_id: UUID, *, by: Launch, first: str, last: str) -> None:
    """The learner picks the part of a long clip that is used."""
    await attempts.of_launch(work, attempt_id, by)
    start, end = number(first), number(last)
    if start is None or end is None or not SHORTEST_SECONDS <= end - start <= LONGEST_SECONDS:
        raise AttemptRefused(
            _(
                "Type where the part begins and ends, in seconds: %(least)s to %(most)s in all.",
                least=decimal(SHORTEST_SECONDS),
                most=decimal(LONGEST_SECONDS),
            )
        )

    def change(clip: Clip) -> None:
        clip.trim_from, clip.trim_to = start, end

    await try_again(work, attempt_id, by, RefusalCode.TOO_LONG, change)


async def cover(work: Work, attempt_id: UUID, *, by: Launch, boxes: list[Box]) -> None:
    """Have rectangles blacked out; what was read of the clip as it was is forgotten."""
    clip = (await clip_of_draft(work, attempt_id, by))[1]
    if clip.state not in {ClipState.READY, ClipState.FLAGGED}:
        raise AttemptRefused(_("The clip is not ready yet."))
    if not 0 < len(boxes) <= MOST_COVERS:
        raise AttemptRefused(_("Choose what to cover first."))
    await rows.forget_reading(work.session, clip.id)
    await tracing_rows.forget_tracing(work.session, clip.id)
    clip.outline_due = False
    start_covering(work, clip, boxes)


def start_covering(work: Work, clip: Clip, boxes: list[Box]) -> None:
    """Have these rectangles blacked out, and text looked for again."""
    clip.covers = [box.to_primitives() for box in boxes]
    clip.state = ClipState.COVERING
    # What was said of the view was said of another picture.
    clip.hold = clip.triage = clip.teacher_asked_at = clip.call = None
    work.nudge("prepare", clip.id)


def found_boxes(clip: Clip) -> list[Box]:
    """Where text seems to lie over the picture."""
    return list(PreparedClip.from_primitives(clip.prepared).text_boxes) if clip.prepared else []


def cleared_boxes(clip: Clip) -> list[Box]:
    """What the learner has looked at enlarged, and says is no writing."""
    return [Box.from_primitives(box) for box in clip.cleared or []]


def left_to_resolve(clip: Clip, found: Iterable[Box]) -> tuple[Box, ...]:
    """What stops the clip: all that was found, now or before, less what has been covered since and
    what its learner has cleared.

    Found once is found: marks that were blanked leave black letters, which no search sees again.
    What can be read beyond doubt is never cleared.
    """
    covers = [Box.from_primitives(box) for box in clip.covers or []]
    cleared, now = cleared_boxes(clip), list(found)
    before = [box for box in found_boxes(clip) if not any(map(box.shares_most_with, now))]
    uncovered = [box for box in before if not any(map(box.lies_in, covers))]
    return tuple(
        box
        for box in [*now, *uncovered]
        if box.legible or not any(map(box.shares_most_with, cleared))
    )


async def resolve(
    work: Work, attempt_id: UUID, *, by: Launch, picture: str, no_writing: set[int], now: datetime
) -> None:
    """Cover every place that was found, but those that the learner says are no writing.

    picture: the SHA-256 of what the learner has looked at: a page from before does not count.
    """
    clip = (await clip_of_draft(work, attempt_id, by))[1]
    if clip.state is not ClipState.FLAGGED or clip.prepared is None:
        raise AttemptRefused(_("Nothing waits to be covered in this clip."))
    if picture != clip.masked_sha256:
        raise AttemptRefused(_("The picture has changed meanwhile. Please look at it again."))
    found = found_boxes(clip)
    cleared = [box for number, box in enumerate(found) if number in no_writing]
    if len(cleared) != len(no_writing) or any(box.legible for box in cleared):
        raise AttemptRefused(_("Words can be read there. Please cover them."))
    covers = [box for number, box in enumerate(found) if number not in no_writing]
    if cleared:
        clip.cleared = [box.to_primitives() for box in [*cleared_boxes(clip), *cleared]]
        clip.cleared_at = now
    if covers:
        start_covering(work, clip, covers)
    else:
        prepared = PreparedClip.from_primitives(clip.prepared)
        clip.prepared = replace(prepared, text_boxes=()).to_primitives()
        clip.state, clip.ready_at = ClipState.READY, now
        work.nudge("read", clip.id)


def box_of_percents(clip: Clip, typed: dict[str, str]) -> Box | None:
    """A rectangle typed or drawn in percent of the picture, as pixels; None if it is none."""
    if clip.prepared is None:
        return None
    prepared = PreparedClip.from_primitives(clip.prepared)
    parts = [number(typed.get(name, "")) for name in ("left", "top", "width", "height")]
    if any(part is None or part > 100 for part in parts):
        return None
    left, top, width, height = (part or 0.0 for part in parts)
    box = Box(
        x=round(left / 100 * prepared.width),
        y=round(top / 100 * prepared.height),
        width=round(width / 100 * prepared.width),
        height=round(height / 100 * prepared.height),
    )
    return box if box.width and box.height else None


async def delete(
    work: Work,
    attempt_id: UUID,
    *,
    by: Launch,
    now: datetime,
    remove: Callable[[str], Awaitable[None]],
) -> None:
    """Delete the learner's clip at once; estimate, reading and score stay."""
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    if attempt.case_id is not None or attempt.clip_id is None:
        raise AttemptRefused(_("This clip is not yours to delete."))
    if attempt.state is AttemptState.LOCKED:
        raise AttemptRefused(_("The clip is being read just now. You can delete it afterwards."))
    clip = await rows.by_id(work.session, attempt.clip_id, lock=True)
    if clip.masked_key is not None:
        await remove(clip.masked_key)
    replacing.drop(work, clip, now)
    if attempt.state is AttemptState.DRAFT:
        attempt.clip_id = None
