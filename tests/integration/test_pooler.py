"""The whole tool behind a transaction pooler, as Supabase has: a real PgBouncer, where it is."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from service.store.database import Database
from tests.support.walks import locks, sends_a_clip
from tests.support.world import running_world

SERVER_CONNECTIONS = 3
CONFIGURATION = """
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listens}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {connections}
"""
POOLER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.fixture
def pooled(database_url: str) -> Iterator[str]:
    """The database's URL through a pooler that has fewer connections than we have sessions."""
    direct = make_url(database_url)
    if POOLER is None:
        pytest.skip("there is no pgbouncer here")
    if "host" not in direct.query:
        pytest.skip("the server is not our own: the pooler does not know its password")
    folder = Path(tempfile.mkdtemp(prefix="eyeball-pooler-"))
    folder.chmod(0o755)  # as root it must be somebody else: who owns the server's socket
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "users").write_text(f'"{direct.username}" ""\n')
    (folder / "pooler.ini").write_text(
        CONFIGURATION.format(
            host=direct.query["host"],
            port=direct.port or 5432,
            listens=port,
            folder=folder,
            connections=SERVER_CONNECTIONS,
        )
    )
    owner = pwd.getpwuid(Path(str(direct.query["host"])).stat().st_uid).pw_name
    as_somebody = ["-u", owner] if os.geteuid() == 0 else []
    command = [POOLER, "-q", *as_somebody, str(folder / "pooler.ini")]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    url = direct.set(host="127.0.0.1", port=port, query={})
    try:
        wait_for(url.render_as_string(hide_password=False))
        yield url.render_as_string(hide_password=False)
    finally:
        running.terminate()
        running.wait(10)
        shutil.rmtree(folder)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the pooler does not answer"
            time.sleep(0.05)
        else:
            return


async def test_a_grade_comes_through_a_transaction_pooler(pooled: str, tmp_path: Path) -> None:
    async with running_world(pooled, tmp_path) as world:
        for learner in ("learner-1", "learner-2"):
            ada = await sends_a_clip(world, learner)
            await locks(ada, "42", attest="true")
            assert "The software read 51 %." in ada.text
        await world.works()
        await world.worker.sweep()
        assert len((await world.gradebook())["grades"]) == 2


async def test_statements_asked_often_break_nothing_behind_it(pooled: str) -> None:
    database = Database(pooled, pool_size=8)
    try:

        async def asks(number: int) -> None:
            for _ in range(12):
                async with database.sessions() as session, session.begin():
                    assert await session.scalar(text("SELECT :n + 1"), {"n": number}) == number + 1

        await asyncio.gather(*(asks(number) for number in range(8)))
    finally:
        await database.engine.dispose()


async def test_no_statement_is_prepared_on_the_server(database_url: str) -> None:
    database = Database(database_url)
    try:
        async with database.sessions() as session, session.begin():
            for number in range(12):
                await session.scalar(text("SELECT :n + 1"), {"n": number})
            kept = await session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
        assert kept == 0
    finally:
        await database.engine.dispose()
