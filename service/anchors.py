"""Hearts of an exact LVEF to lay beside answers, drawn once a deployment, when nobody waits.

They are no cases: showing one uses nothing up and gives no answer away.
"""

import logging
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from inference.client import PhantomCase
from inference.reading import ReaderUnavailable
from service.clips import ClipStore, ClipStoreUnavailable
from service.models import Anchor
from service.store import anchors as rows
from service.store import clips as clip_rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)
# Percent. Every practice case (15 to 70) has one five to fifteen points off on both of its sides.
LVEFS: Final = tuple(range(10, 80, 5))
ONE_AT_A_TIME: Final = "anchors"

type Draws = Callable[[Path, int], Awaitable[PhantomCase]]


async def plan(database: Database, now: datetime) -> None:
    """Have them drawn in the background, once."""
    async with database.begin() as work:
        await rows.plan(work.session, LVEFS, now)
        await nudge(work, now)


async def plan_at(url: str, now: datetime) -> None:
    """The same for whoever has nothing else to do with the database."""
    database = Database(url)
    await database.open()
    try:
        await plan(database, now)
    finally:
        await database.close()


async def nudge(work: Work, now: datetime) -> None:
    """Have the next one drawn, unless a learner waits for a clip to be masked or read."""
    if await clip_rows.learners_wait(work.session, now):
        return
    due = await rows.next_due(work.session, now)
    if due is not None:
        work.nudge("anchor", due, lock=ONE_AT_A_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What draws them in one worker."""

    database: Database
    clips: ClipStore
    draws: Draws
    workspace: Path
    clock: Callable[[], datetime]
    delays: tuple[float, ...]  # seconds, before what failed is tried again

    async def draw(self, anchor_id: UUID) -> None:
        """Draw one and put it where masked clips lie; then see to the next."""
        async with self.database.begin() as work:
            anchor = await rows.by_id(work.session, anchor_id)
        if anchor.prepared is None:
            try:
                case = await self._stored(anchor)
            except (ReaderUnavailable, ClipStoreUnavailable) as error:
                await self._delay(anchor_id, error)
                return
            await self._keep(anchor_id, case)
        async with self.database.begin() as work:
            await nudge(work, self.clock())

    async def _stored(self, anchor: Anchor) -> PhantomCase:
        self.workspace.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.workspace) as folder:
            case = await self.draws(Path(folder), anchor.lvef)
            await self.clips.put_file(anchor.key, case.path)
        return case

    async def _keep(self, anchor_id: UUID, case: PhantomCase) -> None:
        beat = case.tracing and case.tracing.first_beat(case.prepared.frame_times)
        async with self.database.begin() as work:
            anchor = await rows.by_id(work.session, anchor_id, lock=True)
            anchor.prepared = case.prepared.to_primitives()
            anchor.first_beat = beat and list(beat)

    async def _delay(self, anchor_id: UUID, error: Exception) -> None:
        log.warning("anchor %s waits: %s", anchor_id, error)
        async with self.database.begin() as work:
            anchor = await rows.by_id(work.session, anchor_id, lock=True)
            pause = self.delays[min(anchor.tries, len(self.delays) - 1)]
            anchor.tries += 1
            anchor.next_try_at = self.clock() + timedelta(seconds=pause)
