"""Whose turn it is: what takes seconds never stands behind what takes minutes."""

import asyncio
import os
import signal
from pathlib import Path
from uuid import uuid4

import pytest
from procrastinate.jobs import Status

from service.jobs import run
from service.settings import Settings
from service.store.database import Database
from service.store.queue import TAKE_LONG, make_app

CLIPS = 40  # far more than one worker takes at a time


async def test_a_grade_is_sent_while_many_clips_wait_to_be_read(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.from_environment(
        {"EYEBALL_HOME": str(tmp_path), "DATABASE_URL": database_url}
    )
    app = make_app(settings.database, pool_size=8)
    reading, sent = asyncio.Semaphore(0), asyncio.Event()
    begun: list[str] = []

    @app.task(name="read")
    async def read(subject: str) -> None:
        begun.append(subject)
        await reading.acquire()

    @app.task(name="passback")
    async def passback(subject: str) -> None:
        sent.set()

    assert "read" in TAKE_LONG
    database = Database(settings.database)
    await database.open()
    async with app.open_async(), database.begin() as work:
        for _ in range(CLIPS):
            work.nudge("read", uuid4())
    async with app.open_async(), asyncio.TaskGroup() as group:
        working = group.create_task(run(app, settings))
        while not begun:
            await asyncio.sleep(0.05)
        async with database.begin() as work:
            work.nudge("passback", uuid4())
        await asyncio.wait_for(sent.wait(), 30)
        assert 0 < len(begun) <= 2 * settings.jobs_at_once
        working.cancel()
        for _ in range(CLIPS):
            reading.release()
    await database.close()


async def test_a_clip_is_masked_before_those_that_wait_to_be_read(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.from_environment(
        {"EYEBALL_HOME": str(tmp_path), "DATABASE_URL": database_url}
    )
    app = make_app(settings.database)
    done: list[str] = []

    @app.task(name="read")
    async def read(subject: str) -> None:
        done.append("read")

    @app.task(name="prepare")
    async def prepare(subject: str) -> None:
        done.append("prepare")

    database = Database(settings.database)
    await database.open()
    async with database.begin() as work:
        for task in ("read", "read", "read", "prepare"):
            work.nudge(task, uuid4())
    await database.close()
    async with app.open_async():
        await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)
    assert done == ["prepare", "read", "read", "read"]


@pytest.mark.breadth
async def test_a_worker_that_is_stopped_breaks_off_its_jobs_before_it_goes(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.from_environment(
        {"EYEBALL_HOME": str(tmp_path), "DATABASE_URL": database_url}
    )
    app = make_app(settings.database, pool_size=8)
    begun, broken_off = asyncio.Event(), asyncio.Event()

    @app.task(name="read")
    async def read(subject: str) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            broken_off.set()

    database = Database(settings.database)
    await database.open()
    async with app.open_async():
        async with database.begin() as work:
            work.nudge("read", uuid4())
        working = asyncio.create_task(run(app, settings))
        await asyncio.wait_for(begun.wait(), 30)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(working, 30)
        assert broken_off.is_set(), "it is not left running while the queue is closed"
        [row] = await app.job_manager.list_jobs_async(task="read")
        assert row.status == Status.ABORTED.value
    await database.close()
