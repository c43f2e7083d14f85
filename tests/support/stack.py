"""The whole thing as a person starts it, `eyeball demo`, and further courses that launch it."""

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, LiteralString

import psutil
import psycopg

from service.clock import utc_now
from service.demo.platform import DEPLOYMENT_ID
from service.postgres import connection_string
from service.running import demo_registration, free_port, is_free
from service.seeding import seed_registration
from service.store.database import Database
from tests.support.processes import clean_environment

READY = "Ctrl-C stops everything"
READY_WITHIN = 240.0  # seconds; twelve cases are drawn first, on a machine that does other things
STOPS_WITHIN = 30.0
LOOK_EVERY = 0.05
STANDS_STILL = 8  # looks in a row
IDLE_IN_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE state LIKE 'idle in transaction%' OR (state = 'active' AND wait_event_type = 'Lock')"
)
FIRST_PORT = 9100
FIRST_LMS_PORT = 9300
# An address once used is a course that the tool knows; each process of the tests has its own.
NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = count(20_000 + 1_000 * NUMBER)


@dataclass(frozen=True)
class Stack:
    """A running demo: where its parts answer, and the process that keeps them."""

    tool_url: str
    lms_url: str
    home: Path
    process: "subprocess.Popen[bytes]"

    @property
    def database_url(self) -> str:
        """The embedded Postgres, reached through its socket as the processes reach it."""
        folder = (self.home / "postgres" / "postmaster.pid").read_text().splitlines()[4]
        return f"postgresql+psycopg://postgres:@/eyeball?host={folder}"

    def newest_clip(self) -> str:
        """The state of the clip that came in last."""
        found = self.rows("SELECT state FROM clip ORDER BY created_at DESC LIMIT 1")
        return found[0][0] if found else ""

    def rows(self, query: LiteralString) -> list[tuple[Any, ...]]:
        """What its database says."""
        with psycopg.connect(connection_string(self.database_url)) as connection:
            return connection.execute(query).fetchall()

    @contextmanager
    def worker_pauses(self) -> Iterator[None]:
        """The worker does nothing for a while, as on a machine that is very busy.

        It is not stopped within a transaction: it would hold locks that no machine holds so long.
        """
        children = psutil.Process(self.process.pid).children()
        worker = next(child for child in children if child.cmdline()[-1] == "worker")
        worker.suspend()
        while self._holds_a_transaction():
            worker.resume()
            time.sleep(LOOK_EVERY)
            worker.suspend()
        try:
            yield
        finally:
            worker.resume()

    def _holds_a_transaction(self) -> bool:
        """Whether some transaction stands open without a query, for longer than any should."""
        with psycopg.connect(connection_string(self.database_url), autocommit=True) as connection:
            for _ in range(STANDS_STILL):
                found = connection.execute(IDLE_IN_TRANSACTION).fetchone()
                if not (found and found[0]):
                    return False
                time.sleep(LOOK_EVERY)
        return True


@contextmanager
def running_stack(*, models: Path | None = None, **environment: str) -> Iterator[Stack]:
    """Start the demo on free ports in a folder of its own; Ctrl-C must end it cleanly.

    models: a folder with an operator's model, to be read by instead of the demo's.
    """
    home = Path(tempfile.mkdtemp(prefix="eyeball-e2e-"))
    if models is not None:
        shutil.copytree(models, home / "models")
    log = home / "demo.log"
    with one_starts_at_a_time():
        port = free_port(FIRST_PORT)
        lms_port = str(free_port(FIRST_LMS_PORT + 100 * NUMBER))
        ports = {"EYEBALL_PORT": str(port), "EYEBALL_DEMO_LMS_PORT": lms_port}
        given = {"EYEBALL_HOME": str(home)} | ports | environment
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "demo"],
                env=clean_environment() | given,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        lms_url = address_printed(process, log)
    try:
        yield Stack(f"http://127.0.0.1:{port}", lms_url, home, process)
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(STOPS_WITHIN) == 0, log.read_text()
        assert "Postgres has stopped." in log.read_text()
        assert not listens(port), "the tool outlived its demo"
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(STOPS_WITHIN)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def one_starts_at_a_time() -> Iterator[None]:
    """A demo looks for free ports when it starts, and opens them when its cases are drawn: two
    that start at once, in two processes of the tests, would choose the same."""
    with (Path(tempfile.gettempdir()) / "eyeball-e2e.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def address_printed(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until the demo says that it is ready; the one address that it prints."""
    deadline = time.monotonic() + READY_WITHIN
    while READY not in (said := log.read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            process.wait(STOPS_WITHIN)
            raise AssertionError(said)
        time.sleep(LOOK_EVERY)
    return said.partition("Open  ")[2].split()[0]


class Courses:
    """Further demo LMSs; the next one is always on its way up, so that nobody waits for it."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []
        self.next_one = self._start()

    def _start(self, flavour: str = "plain") -> "tuple[int, subprocess.Popen[bytes]]":
        port = next(filter(is_free, PORTS))
        options = ["--port", str(port), "--tool-url", self.stack.tool_url, "--stop-with-stdin"]
        options += ["--flavour", flavour]
        folder = ["--folder", str(self.folder / str(port))]
        module = [sys.executable, "-m", "service.demo"]
        process = subprocess.Popen([*module, *options, *folder], stdin=subprocess.PIPE)
        self.started.append(process)
        return port, process

    @asynccontextmanager
    async def fresh(self, flavour: str = "plain") -> AsyncIterator[str]:
        """The address of a course that the tool knows and in which nobody has done anything."""
        if flavour == "plain":
            (port, process), self.next_one = self.next_one, self._start()
        else:
            port, process = self._start(flavour)
        url = f"http://localhost:{port}"
        await introduce(self.stack, url)
        deadline = time.monotonic() + READY_WITHIN
        while not listens(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            await asyncio.sleep(LOOK_EVERY)
        yield url
        let_go(process)

    def end(self) -> None:
        """Stop those that still run, and wait for all."""
        for process in self.started:
            let_go(process)
        for process in self.started:
            process.wait(STOPS_WITHIN)


def let_go(process: "subprocess.Popen[bytes]") -> None:
    """Close the pipe that keeps a demo LMS running."""
    assert process.stdin is not None
    process.stdin.close()


async def introduce(stack: Stack, lms_url: str) -> None:
    """Register an LMS with the tool, as its operator would."""
    database = Database(stack.database_url)
    await database.open()
    try:
        await seed_registration(database, demo_registration(lms_url), DEPLOYMENT_ID, utc_now())
    finally:
        await database.close()


def listens(port: int) -> bool:
    """Whether anybody answers at this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
