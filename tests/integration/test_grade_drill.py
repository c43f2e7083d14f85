"""The grade drill: scores to a gradebook that fails in every way, by workers that are killed.

Seeded and in one process, where a killed worker is a task that is cancelled wherever it is; its
big sister with real processes and kill -9 is `python -m tests.bench.bench_grades`.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import override

import httpx2
import pytest

from tests.support.drill import COLUMN, Class, enrol, unsettled
from tests.support.fakes import FakeClock
from tests.support.moods import MoodyGradebook, Said, faults
from tests.support.world import World, running_world

SEED = 5  # with it, a yes that was none is followed by five failures: once that lost a grade
PLATFORM = "https://bad-days.test"
LEARNERS, GRADES_EACH, AT_ONCE = 24, 4, 24
MOST_ROUNDS = 400


class Door(httpx2.AsyncBaseTransport):
    """The platform's servers, without sockets."""

    def __init__(self, book: MoodyGradebook) -> None:
        self.book = book

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer, reset the connection, or be silent."""
        if request.url.path == "/token":
            token = {"access_token": "a-token", "expires_in": 3600}
            return httpx2.Response(200, json=token)
        if request.url.path == f"{COLUMN}/scores":
            said = self.book.takes(await request.aread())
        else:
            said = self.book.shows(request.url.params["user_id"])
        await asyncio.sleep(0)  # where a worker may be killed, with the score kept
        return await goes_out(said, request)


async def goes_out(said: Said, request: httpx2.Request) -> httpx2.Response:
    """What the tool gets of it."""
    if said.mood == "hangs":
        await asyncio.sleep(3600)
    if said.mood in {"reset before", "reset after"}:
        raise httpx2.ReadError("connection reset", request=request)
    return httpx2.Response(said.status, content=said.body, headers=said.headers)


@dataclass
class Drill:
    """A class, its gradebook, and workers that do not live long."""

    world: World
    class_: Class
    book: MoodyGradebook
    random: Random
    killed: int = 0

    async def goes_on(self, *, kills: bool) -> None:
        """Time passes; a worker takes up what is due, and may be killed in the midst of it."""
        self.world.clock.passes(seconds=self.random.uniform(1, 60))
        due = (await self.class_.due(self.world.clock()))[:AT_ONCE]
        worker = [asyncio.create_task(self.world.worker.passback(each)) for each in due]
        if worker and kills and self.random.random() < 0.5:
            await asyncio.wait(worker, timeout=self.random.uniform(0, 0.15))
            self.killed += sum(task.cancel() for task in worker)
        for ended in await asyncio.gather(*worker, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


@pytest.fixture
async def drill(database_url: str, tmp_path: Path) -> AsyncIterator[Drill]:
    """A deployment that is patient for a quarter of a second."""
    async with running_world(
        database_url, tmp_path, FakeClock(), passback_patience=0.25, passback_delays=(2.0, 5.0)
    ) as world:
        book = MoodyGradebook(SEED)
        world.joined.apps["bad-days.test"] = Door(book)
        class_ = await enrol(world.worker.database, PLATFORM, LEARNERS, world.clock())
        yield Drill(world, class_, book, Random(SEED))


async def test_every_grade_arrives_once_whatever_the_gradebook_does_and_whoever_dies(
    drill: Drill,
) -> None:
    for _ in range(GRADES_EACH):
        for subject in drill.class_.learners:
            await drill.class_.decides(subject, drill.random, drill.world.clock())
        for _ in range(8):
            await drill.goes_on(kills=True)
    drill.book.is_calm = True
    for _ in range(MOST_ROUNDS):
        if not unsettled(await drill.class_.states()):
            break
        await drill.goes_on(kills=False)
    assert unsettled(await drill.class_.states()) == 0, await drill.class_.states()
    assert faults(drill.book, drill.class_.shares, drill.class_.decided) == []
    assert drill.killed > 20, "workers were killed in the midst of it"
    assert len({came.mood for came in drill.book.log}) == 8, "every mood was met"
