"""What becomes of a clip: masked, read, or refused in words. Each step may be run again."""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from inference.client import Preparer, Reader
from inference.outlines import Outliner
from inference.reading import (
    Box,
    ClipRefused,
    Outcome,
    PreparedClip,
    ReaderUnavailable,
    RefusalCode,
)
from inference.reading import Reading as SoftwareReading
from inference.reading import Tracing as SoftwareTracing
from inference.triaged import ClipNotAccepted, TriageUnavailable
from service import attempts
from service.clips import ClipStore, ClipStoreUnavailable, new_masked_key
from service.models import Clip, ClipState, Hold, Reading, Tracing
from service.own_clips import MENDABLE, left_to_resolve
from service.rulings import TEACHER_ANSWERS_WITHIN
from service.store import attempts as attempt_rows
from service.store import clips as rows
from service.store import tracings as tracing_rows
from service.store.database import Database, Work
from service.viewing import AwaitsTeacher, Viewing

log = logging.getLogger(__name__)

# A clip that has killed its worker so often is not given another chance to.
MOST_PREPARE_TRIES = 5
MOST_READ_TRIES = 50
NO_READING_AFTER = timedelta(hours=24)
TO_PREPARE = {ClipState.UPLOADED, ClipState.COVERING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """The parts that work on clips in one worker."""

    database: Database
    clips: ClipStore
    preparer: Preparer
    reader: Reader
    outliner: Outliner | None
    phantom_outliner: Outliner  # of the clips that this tool has drawn: of no others
    viewing: Viewing
    workspace: Path
    clock: Callable[[], datetime]
    read_delays: tuple[float, ...]

    async def prepare(self, clip_id: UUID) -> None:
        """Mask an uploaded clip and delete the raw file, or black out what its learner covered."""
        clip = await self._begin_prepare(clip_id)
        if clip is None:
            return
        covering = clip.state is ClipState.COVERING
        source, key = (clip.masked_key if covering else clip.raw_key), new_masked_key()
        with self._folder() as folder:
            try:
                await self.clips.fetch(str(source), folder / "source")
                work_on = self._cover if covering else self._mask
                prepared = await work_on(clip, folder / "source", folder / "masked.mp4")
                await self.clips.put_file(key, folder / "masked.mp4")
            except (ClipRefused, FileNotFoundError) as error:
                await self._refuse(clip_id, error)
                return
            except (ReaderUnavailable, ClipStoreUnavailable) as error:
                await self._delay(clip_id, error)
                return
        await self._ready(clip_id, key, prepared)
        await self.delete_raw(clip_id)
        await self.discard(clip_id)

    async def _mask(self, clip: Clip, raw: Path, masked: Path) -> PreparedClip:
        await self._refuse_case(raw)
        trim = None
        if clip.trim_from is not None and clip.trim_to is not None:
            trim = (clip.trim_from, clip.trim_to)
        return await self.preparer.prepare(
            raw, masked, told_frame_rate=clip.told_frame_rate, trim=trim
        )

    async def _refuse_case(self, raw: Path) -> None:
        """A case that a learner has saved and sends as their own would be read for them, sealed
        answer and all."""
        checksum = await asyncio.to_thread(sha256_of, raw)
        async with self.database.begin() as work:
            if await rows.is_a_case(work.session, checksum):
                raise ClipRefused(RefusalCode.LIBRARY_CASE)

    async def _cover(self, clip: Clip, masked: Path, covered: Path) -> PreparedClip:
        if clip.prepared is None or clip.covers is None:
            raise RuntimeError(f"clip {clip.id} is to be covered, and nothing says where")
        before = PreparedClip.from_primitives(clip.prepared)
        boxes = [Box.from_primitives(box) for box in clip.covers]
        after = await self.preparer.cover(masked, covered, before.frame_times, boxes)
        return replace(after, frame_rate_told=before.frame_rate_told)

    async def _begin_prepare(self, clip_id: UUID) -> Clip | None:
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state not in TO_PREPARE:
                return None
            clip.prepare_tries += 1
            if clip.prepare_tries - clip.outages <= MOST_PREPARE_TRIES:
                return clip
        await self._refuse(clip_id, ClipRefused(RefusalCode.UNREADABLE))
        return None

    @contextmanager
    def _folder(self) -> Generator[Path]:
        """A private folder for one job; what a killed job leaves is swept within the hour."""
        self.workspace.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.workspace) as folder:
            yield Path(folder)

    async def _ready(self, clip_id: UUID, key: str, prepared: PreparedClip) -> None:
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            clip.stale_key, clip.masked_key = clip.masked_key, key
            if clip.state not in TO_PREPARE:
                work.nudge("discard", clip_id)  # the learner has dropped it meanwhile
                return
            prepared = replace(prepared, text_boxes=left_to_resolve(clip, prepared.text_boxes))
            clip.state = ClipState.FLAGGED if prepared.text_boxes else ClipState.READY
            clip.prepare_tries = 0
            clip.masked_sha256 = prepared.sha256
            clip.prepared = prepared.to_primitives()
            clip.ready_at = self.clock()
            clip.outages = 0
            clip.next_try_at = None
            if clip.state is ClipState.READY:
                work.nudge("read", clip_id)

    async def _refuse(self, clip_id: UUID, error: Exception) -> None:
        refused = error if isinstance(error, ClipRefused) else ClipRefused(RefusalCode.UNREADABLE)
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state in TO_PREPARE:
                clip.state = ClipState.REFUSED
                clip.refusal = {"code": refused.code.value, "detail": refused.detail}
        # What was missing can still be said; until then, or for an hour, the file stays.
        if refused.code.value not in MENDABLE:
            await self.delete_raw(clip_id)

    async def _delay(self, clip_id: UUID, error: Exception) -> None:
        log.warning("clip %s waits: %s", clip_id, error)
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            clip.outages += 1
            hopeless = isinstance(error, TriageUnavailable) and not error.again
            nth = len(self.read_delays) if hopeless else clip.outages
            pause = self.read_delays[min(nth, len(self.read_delays)) - 1]
            clip.next_try_at = self.clock() + timedelta(seconds=pause)

    async def delete_raw(self, clip_id: UUID) -> None:
        """Delete the raw file of a clip, and write down when."""
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.raw_key is not None and clip.raw_deleted_at is None:
                await self.clips.delete(clip.raw_key)
                clip.raw_deleted_at = self.clock()

    async def discard(self, clip_id: UUID) -> None:
        """Delete what a clip has left behind: all of it once its learner has dropped it, else the
        file from before a covering."""
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.stale_key is not None:
                await self.clips.delete(clip.stale_key)
                clip.stale_key = None
            if clip.state is ClipState.DELETED and clip.masked_key is not None:
                await tracing_rows.forget_stills(work.session, clip_id, keep=set())
                await self.clips.delete(clip.masked_key)
                clip.masked_key = None
        if clip.state is ClipState.DELETED:
            await self.delete_raw(clip_id)

    async def read(self, clip_id: UUID) -> None:
        """Read a masked clip, and settle the attempts that wait for it."""
        clip = await self._begin_read(clip_id)
        if clip is not None:
            try:
                await self._keep(clip, await self._read(clip))
            except ClipRefused as error:
                await self.viewing.came_to(clip, error)
                await self._keep_none(clip, error.code.value)
            except (ClipNotAccepted, AwaitsTeacher) as error:
                await self.viewing.came_to(clip, error)
            except (ReaderUnavailable, ClipStoreUnavailable) as error:
                await self.viewing.came_to(clip, error)
                await self._delay(clip_id, error)
        await self.settle_all(clip_id)
        async with self.database.begin() as work:
            if await tracing_rows.is_due_for_drawing(work.session, clip_id, self.clock()):
                work.nudge("draw", clip_id)

    async def draw(self, clip_id: UUID) -> None:
        """Draw the frames that explain a clip that has been read, once, and drop all others."""
        async with self.database.begin() as work:
            if not await tracing_rows.is_due_for_drawing(work.session, clip_id, self.clock()):
                return
            clip = await rows.by_id(work.session, clip_id)
            wanted = await tracing_rows.frames_to_draw(work.session, clip_id)
            missing = sorted(wanted - await tracing_rows.frames_drawn(work.session, clip_id))
        try:
            pictures = await self._stills(clip, missing)
        except (ReaderUnavailable, ClipStoreUnavailable) as error:
            await self._delay(clip_id, error)
            return
        except (ClipRefused, FileNotFoundError) as error:
            log.warning("clip %s shows no stills: %s", clip_id, error)
            pictures = {}
        async with self.database.begin() as work:
            seen = clip.masked_key
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state is ClipState.READY and clip.masked_key == seen:
                await tracing_rows.keep_stills(work.session, clip_id, pictures, self.clock())
                now_wanted = await tracing_rows.frames_to_draw(work.session, clip_id)
                await tracing_rows.forget_stills(work.session, clip_id, keep=now_wanted)
                clip.stills_due = now_wanted != wanted

    async def outline(self, clip_id: UUID) -> None:
        """Outline the ventricle in a clip that has been read; who finds none says nothing."""
        async with self.database.begin() as work:
            seen = await tracing_rows.to_outline(work.session, clip_id, self.clock())
            reading = await rows.reading(work.session, clip_id)
        if seen is None or reading is None:
            return
        overdue = self.clock() - reading.created_at > NO_READING_AFTER
        outliner = None if overdue else self._outliner_of(seen)  # or it was taken away meanwhile
        try:
            found = await self._outlined(seen, outliner) if outliner else None
        except (ReaderUnavailable, ClipStoreUnavailable) as error:
            await self._delay(clip_id, error)
            return
        except (ClipRefused, FileNotFoundError) as error:
            log.warning("clip %s has no outline: %s", clip_id, error)
            found = None
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.masked_key != seen.masked_key or clip.state is not ClipState.READY:
                return
            clip.outline_due = False
            if found is not None:
                body, now = found.to_primitives(), self.clock()
                traced = Tracing(clip_id=clip_id, body=body, created_at=now)
                await tracing_rows.add_tracing(work.session, traced)
                clip.stills_due = True
                work.nudge("draw", clip_id)

    def _outliner_of(self, clip: Clip) -> Outliner | None:
        return self.phantom_outliner if clip.phantom else self.outliner

    async def _outlined(self, clip: Clip, outliner: Outliner) -> SoftwareTracing | None:
        prepared = PreparedClip.from_primitives(clip.prepared or {})
        with self._folder() as folder:
            await self.clips.fetch(str(clip.masked_key), folder / "masked.mp4")
            return await outliner.outline(folder / "masked.mp4", prepared.frame_times)

    async def _stills(self, clip: Clip, frames: list[int]) -> dict[int, bytes]:
        if not frames:
            return {}
        with self._folder() as folder:
            await self.clips.fetch(str(clip.masked_key), folder / "masked.mp4")
            drawn = await self.preparer.stills(folder / "masked.mp4", frames)
        return dict(zip(frames, drawn, strict=True))

    async def _begin_read(self, clip_id: UUID) -> Clip | None:
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state is not ClipState.READY or await rows.is_read(work.session, clip_id):
                return None
            if clip.hold in {Hold.WRONG_VIEW, Hold.TEACHER}:
                asked = clip.teacher_asked_at
                if asked is None or self.clock() - asked <= TEACHER_ANSWERS_WITHIN:
                    return None
                reason = "unanswered"
            else:
                clip.read_tries += 1
                overdue = self.clock() - (clip.ready_at or clip.created_at) > NO_READING_AFTER
                if not overdue and clip.read_tries <= MOST_READ_TRIES:
                    return clip
                reason = "unchecked" if clip.hold is Hold.UNAVAILABLE else "unavailable"
        await self._keep_none(clip, reason)
        return None

    async def _read(self, clip: Clip) -> SoftwareReading:
        if clip.masked_key is None or clip.prepared is None:
            raise RuntimeError(f"clip {clip.id} is ready without a masked file")
        prepared = PreparedClip.from_primitives(clip.prepared)
        ticket = await self.viewing.ticket(clip)
        with self._folder() as folder:
            masked = folder / "masked.mp4"
            try:
                await self.clips.fetch(clip.masked_key, masked)
            except FileNotFoundError as error:
                raise ReaderUnavailable("its masked file is not in the store") from error
            return await self.reader.read(
                masked,
                prepared.frame_times,
                phantom=clip.phantom,
                frame_rate_told=prepared.frame_rate_told,
                ticket=ticket,
            )

    async def _keep(self, clip: Clip, reading: SoftwareReading) -> None:
        if reading.verdict.outcome is Outcome.REJECTED:
            await self._keep_none(clip, "rejected")
            return
        await self._add(
            clip,
            Reading(
                clip_id=clip.id,
                lvef=reading.lvef,
                body=reading.to_primitives(),
                none_because=None,
                created_at=self.clock(),
            ),
        )
        await self.viewing.came_to(clip, None)

    async def _keep_none(self, clip: Clip, reason: str) -> None:
        await self._add(
            clip,
            Reading(
                clip_id=clip.id,
                lvef=None,
                body=None,
                none_because=reason,
                created_at=self.clock(),
            ),
        )

    async def _add(self, read: Clip, reading: Reading) -> None:
        """Keep a reading, unless the picture has been covered since: then it is read anew."""
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, read.id, lock=True)
            if clip.masked_key != read.masked_key:
                return
            await rows.add_reading(work.session, reading)
            outlined = clip.phantom and await tracing_rows.tracing(work.session, clip.id)
            if reading.lvef is not None and self._outliner_of(clip) and not outlined:
                clip.outline_due = True
                nudge_outline(work, clip.id)

    async def settle_all(self, clip_id: UUID) -> None:
        """Settle every attempt that was waiting for this clip."""
        async with self.database.begin() as work:
            waiting = await attempt_rows.locked_on(work.session, clip_id)
        for attempt_id in waiting:
            async with self.database.begin() as work:
                await attempts.settle(work, attempt_id, self.clock())


def nudge_outline(work: Work, clip_id: UUID) -> None:
    """Outlines are drawn one at a time in the whole deployment: nobody waits for one, and many
    that waited for each other would keep grades waiting."""
    work.nudge("outline", clip_id, lock="outline")


def sha256_of(path: Path) -> str:
    """The checksum of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
