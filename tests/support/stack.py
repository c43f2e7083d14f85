"""The whole thing as a person starts it, `eyeball demo`, and further courses that launch it."""

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

import psutil

from service.clock import utc_now
from service.demo.platform import DEPLOYMENT_ID
from service.running import demo_registration, free_port, is_free
from service.seeding import seed_registration
from service.store.database import Database

READY = "Ctrl-C stops everything"
READY_WITHIN = 100.0
STOPS_WITHIN = 30.0
LOOK_EVERY = 0.05
PORTS = count(9500 + os.getpid() % 400)  # an address once used is a course that the tool knows


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

    @contextmanager
    def worker_pauses(self) -> Iterator[None]:
        """The worker does nothing for a while, as on a machine that is very busy."""
        children = psutil.Process(self.process.pid).children()
        worker = next(child for child in children if child.cmdline()[-1] == "worker")
        worker.suspend()
        try:
            yield
        finally:
            worker.resume()


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start the demo on free ports in a folder of its own; Ctrl-C must end it cleanly."""
    home = Path(tempfile.mkdtemp(prefix="eyeball-e2e-"))
    log = home / "demo.log"
    port = free_port(9100 + os.getpid() % 400)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "demo"],
            env={**without_settings(), "EYEBALL_HOME": str(home), "EYEBALL_PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        lms_url = address_printed(process, log)
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


def without_settings() -> dict[str, str]:
    """The environment of a person who has set nothing."""
    ours = ("EYEBALL_", "DATABASE_URL", "MIGRATION_DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def address_printed(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until the demo says that it is ready; the one address that it prints."""
    deadline = time.monotonic() + READY_WITHIN
    while READY not in (said := log.read_text()):
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(LOOK_EVERY)
    return said.partition("Open  ")[2].split()[0]


@asynccontextmanager
async def running_course(stack: Stack, folder: Path) -> AsyncIterator[str]:
    """One more demo LMS, with an empty gradebook, which the tool knows; its address."""
    port = next(filter(is_free, PORTS))
    url = f"http://localhost:{port}"
    options = ["--port", str(port), "--tool-url", stack.tool_url, "--folder", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-m", "service.demo", *options, "--stop-with-stdin"],
        stdin=subprocess.PIPE,
    )
    try:
        await introduce(stack, url)
        deadline = time.monotonic() + READY_WITHIN
        while not listens(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(LOOK_EVERY)
        yield url
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(STOPS_WITHIN)


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
