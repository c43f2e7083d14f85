"""What becomes of a clip: masked, read, or refused in words. Each step may be run again."""

import logging
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from inference.client import Preparer, Reader
from inference.reading import ClipRefused, Outcome, PreparedClip, ReaderUnavailable, RefusalCode
from inference.reading import Reading as SoftwareReading
from service import attempts
from service.clips import ClipStore, masked_key
from service.models import Clip, ClipState, Reading
from service.store import attempts as attempt_rows
from service.store import clips as rows
from service.store.database import Database

log = logging.getLogger(__name__)

# A clip that has killed its worker so often is not given another chance to.
MOST_PREPARE_TRIES = 5
MOST_READ_TRIES = 50
NO_READING_AFTER = timedelta(hours=24)
RAW_KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """The parts that work on clips in one worker."""

    database: Database
    clips: ClipStore
    preparer: Preparer
    reader: Reader
    workspace: Path
    clock: Callable[[], datetime]
    read_delays: tuple[float, ...]

    async def prepare(self, clip_id: UUID) -> None:
        """Mask an uploaded clip, and delete the raw file."""
        clip = await self._begin_prepare(clip_id)
        if clip is None or clip.raw_key is None:
            return
        key = masked_key(clip_id)
        with self._folder() as folder:
            raw, masked = folder / "raw", folder / "masked.mp4"
            try:
                await self.clips.fetch(clip.raw_key, raw)
                prepared = await self.preparer.prepare(
                    raw, masked, told_frame_rate=clip.told_frame_rate
                )
            except (ClipRefused, FileNotFoundError) as error:
                await self._refuse(clip_id, error)
                return
            except ReaderUnavailable as error:
                await self._delay(clip_id, error)
                return
            await self.clips.put_file(key, masked)
        await self._ready(clip_id, key, prepared)
        await self.delete_raw(clip_id)

    async def _begin_prepare(self, clip_id: UUID) -> Clip | None:
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state is not ClipState.UPLOADED:
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
            clip.masked_key = key
            if clip.state is not ClipState.UPLOADED:
                work.nudge("discard", clip_id)  # the learner has dropped it meanwhile
                return
            clip.state = ClipState.READY
            clip.masked_sha256 = prepared.sha256
            clip.prepared = prepared.to_primitives()
            clip.ready_at = self.clock()
            clip.outages = 0
            clip.next_try_at = None
            work.nudge("read", clip_id)

    async def _refuse(self, clip_id: UUID, error: Exception) -> None:
        refused = error if isinstance(error, ClipRefused) else ClipRefused(RefusalCode.UNREADABLE)
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state is ClipState.UPLOADED:
                clip.state = ClipState.REFUSED
                clip.refusal = {"code": refused.code.value, "detail": refused.detail}
        # The frame rate can still be told; until then, or for an hour, the file stays.
        if refused.code is not RefusalCode.FRAME_RATE_UNKNOWN:
            await self.delete_raw(clip_id)

    async def _delay(self, clip_id: UUID, error: ReaderUnavailable) -> None:
        log.warning("clip %s waits: %s", clip_id, error)
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            clip.outages += 1
            pause = self.read_delays[min(clip.outages, len(self.read_delays)) - 1]
            clip.next_try_at = self.clock() + timedelta(seconds=pause)

    async def delete_raw(self, clip_id: UUID) -> None:
        """Delete the raw file of a clip, and write down when."""
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.raw_key is not None and clip.raw_deleted_at is None:
                await self.clips.delete(clip.raw_key)
                clip.raw_deleted_at = self.clock()

    async def discard(self, clip_id: UUID) -> None:
        """Delete both files of a clip that its learner has dropped."""
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state is ClipState.DELETED and clip.masked_key is not None:
                await self.clips.delete(clip.masked_key)
        await self.delete_raw(clip_id)

    async def read(self, clip_id: UUID) -> None:
        """Read a masked clip, and settle the attempts that wait for it."""
        clip = await self._begin_read(clip_id)
        if clip is not None:
            try:
                await self._keep(clip_id, await self._read(clip))
            except ClipRefused as error:
                await self._keep_none(clip_id, error.code.value)
            except ReaderUnavailable as error:
                await self._delay(clip_id, error)
        await self.settle_all(clip_id)

    async def _begin_read(self, clip_id: UUID) -> Clip | None:
        async with self.database.begin() as work:
            clip = await rows.by_id(work.session, clip_id, lock=True)
            if clip.state is not ClipState.READY or await rows.is_read(work.session, clip_id):
                return None
            clip.read_tries += 1
            overdue = self.clock() - (clip.ready_at or clip.created_at) > NO_READING_AFTER
            if not overdue and clip.read_tries <= MOST_READ_TRIES:
                return clip
        await self._keep_none(clip_id, "unavailable")
        return None

    async def _read(self, clip: Clip) -> SoftwareReading:
        if clip.masked_key is None or clip.prepared is None:
            raise RuntimeError(f"clip {clip.id} is ready without a masked file")
        prepared = PreparedClip.from_primitives(clip.prepared)
        with self._folder() as folder:
            masked = folder / "masked.mp4"
            await self.clips.fetch(clip.masked_key, masked)
            return await self.reader.read(
                masked,
                prepared.frame_times,
                phantom=clip.phantom,
                frame_rate_told=prepared.frame_rate_told,
            )

    async def _keep(self, clip_id: UUID, reading: SoftwareReading) -> None:
        if reading.verdict.outcome is Outcome.REJECTED:
            await self._keep_none(clip_id, "rejected")
            return
        await self._add(
            Reading(
                clip_id=clip_id,
                lvef=reading.lvef,
                body=reading.to_primitives(),
                none_because=None,
                created_at=self.clock(),
            )
        )

    async def _keep_none(self, clip_id: UUID, reason: str) -> None:
        await self._add(
            Reading(
                clip_id=clip_id,
                lvef=None,
                body=None,
                none_because=reason,
                created_at=self.clock(),
            )
        )

    async def _add(self, reading: Reading) -> None:
        async with self.database.begin() as work:
            await rows.add_reading(work.session, reading)

    async def settle_all(self, clip_id: UUID) -> None:
        """Settle every attempt that was waiting for this clip."""
        async with self.database.begin() as work:
            waiting = await attempt_rows.locked_on(work.session, clip_id)
        for attempt_id in waiting:
            async with self.database.begin() as work:
                await attempts.settle(work, attempt_id, self.clock())
