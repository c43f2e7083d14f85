"""A raw clip does not outlive its hour, whoever dies and whatever else fails."""

import asyncio
import os
import shutil
import time
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import pytest

from inference.reading import PreparedClip
from service.jobs import Worker
from service.models import Clip
from service.store.database import Work
from tests.integration.test_uploads import stored
from tests.support.fakes import MASKED, FakePreparer
from tests.support.walks import RAW, granted, uploads
from tests.support.world import World


class Dying(FakePreparer):
    """A preparer whose worker is killed in the middle of the mask: nothing of ours is run then."""

    deaths = 1

    async def prepare(
        self,
        raw: Path,
        masked: Path,
        *,
        told_frame_rate: float | None = None,
        trim: tuple[float, float] | None = None,
    ) -> PreparedClip:
        if self.deaths:
            self.deaths -= 1
            kept = raw.parent.with_name("left-by-the-dead")
            shutil.copytree(raw.parent, kept)
            raise asyncio.CancelledError
        return await super().prepare(raw, masked, told_frame_rate=told_frame_rate, trim=trim)


@pytest.mark.parametrize("deaths", [1, 1000])
async def test_a_worker_that_dies_in_the_mask_leaves_no_raw_clip(world: World, deaths: int) -> None:
    """Another worker masks it; where each of them dies, the hour ends it."""
    await uploads(await world.learner("own-clip"))
    dying = Dying()
    dying.deaths = deaths
    ingest = replace(world.worker.ingest, preparer=dying)
    [clip] = await world.stored(Clip)
    with pytest.raises(asyncio.CancelledError):
        await ingest.prepare(clip.id)
    assert len(stored(world, "raw")) == 1
    left = world.settings.home / "work" / "left-by-the-dead"
    assert (left / "source").read_bytes() == RAW
    if deaths == 1:
        await ingest.prepare(clip.id)
        assert [path.read_bytes() for path in stored(world, "masked")] == [MASKED]
    else:
        world.clock.passes(minutes=61)
    then = time.time() - 3660
    os.utime(left, (then, then))
    await replace(world.worker, ingest=ingest).sweep()
    assert stored(world, "raw") == []
    assert not left.exists()


class Troubled(Worker):
    """A worker whose grades drive every sweep into an exception."""

    async def _nudge_grades(self, work: Work, now: datetime) -> None:
        raise RuntimeError


async def test_no_trouble_with_grades_keeps_a_raw_clip(world: World) -> None:
    ada = await world.learner("own-clip")
    await ada.http.put((await granted(ada))["url"], content=RAW)
    world.clock.passes(minutes=61)
    parts = {part.name: getattr(world.worker, part.name) for part in fields(world.worker)}
    with pytest.raises(RuntimeError):
        await Troubled(**parts).sweep()
    assert stored(world, "raw") == []
