"""Real processes: started, killed, waited for, and never left behind."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
import psycopg

from inference.client import PhantomCase
from service.clips import LocalClips
from service.clock import utc_now
from service.demo.platform import DEPLOYMENT_ID
from service.models import Reading
from service.postgres import connection_string, leftovers
from service.running import demo_registration, free_port
from service.seeding import case_row, seed_registration, store_case
from service.signing import Signer
from service.store.database import Database
from tests.support.fakes import MASKED, a_prepared_clip

SOON = 60.0  # a patience for busy machines; on a quiet one all that is awaited takes a few seconds
LOOK_EVERY = 0.1
FIRST_PORT = 18100


@dataclass
class Program:
    """One process that a test has started, in a session of its own, and what it said."""

    process: subprocess.Popen[bytes]
    output: Path

    @classmethod
    def start(
        cls, arguments: Sequence[str], environment: dict[str, str], output: Path
    ) -> "Program":
        """Start a module of ours with nothing in its environment that belongs to the tests."""
        with output.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=clean_environment() | environment,
                start_new_session=True,
            )
        return cls(process, output)

    @property
    def said(self) -> str:
        """Everything that it has said so far."""
        return self.output.read_text()

    @property
    def offspring(self) -> list[psutil.Process]:
        """Its children, their children, and so on."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process | None:
        """The living descendant whose command line has all these words."""
        found = (one for one in self.offspring if lives(one) and has_words(one, words))
        return next(found, None)

    def kill(self) -> None:
        """kill -9, as a crash or the kernel would."""
        self.process.kill()
        self.process.wait()

    def is_sent(self, number: int, *, whole_group: bool = False) -> None:
        """Send a signal; a terminal's Ctrl-C goes to the whole group."""
        if whole_group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    async def ends(self) -> int:
        """Wait for its end; its exit status."""
        await until(lambda: self.process.poll() is not None, self)
        return self.process.wait()

    async def says(self, words: str) -> None:
        """Wait until it has said this."""
        await until(lambda: words in self.said or self.process.poll() is not None, self)
        assert words in self.said, self.said

    def end(self) -> None:
        """End it whatever it does, with everything that it has started."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGSTOP)  # or it would replace what is killed
        for process in self.offspring:
            if lives(process):
                process.kill()
        self.kill()


def clean_environment() -> dict[str, str]:
    """What every program gets: no setting of ours that happens to be set here."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("EYEBALL_", "SUPABASE_")) and "DATABASE_URL" not in name
    }
    return kept | {"PYTHONUNBUFFERED": "1"}


def lives(process: "psutil.Process | subprocess.Popen[bytes]") -> bool:
    """Whether it runs; a zombie, which only waits to be counted, does not."""
    try:
        return psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE and (
            not isinstance(process, psutil.Process) or process.is_running()
        )
    except psutil.NoSuchProcess:
        return False


def has_words(process: psutil.Process, words: Sequence[str]) -> bool:
    """Whether its command line has all these words."""
    try:
        command = process.cmdline()
    except psutil.NoSuchProcess:
        return False
    return set(words) <= set(command)


async def until(
    true: Callable[[], object | Awaitable[object]], what: "str | Program", within: float = SOON
) -> None:
    """Wait until something is so, by looking often; a program has told why if it never is."""
    deadline = time.monotonic() + within
    while True:
        found = true()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain for {within:g} s: {told_by(what)}")
        await asyncio.sleep(LOOK_EVERY)


def told_by(what: "str | Program") -> str:
    """What was waited for, or what the program has said."""
    return what if isinstance(what, str) else f"\n{what.said}"


async def all_end(processes: Sequence[psutil.Process], within: float = SOON) -> None:
    """Wait until none of these is left."""
    await until(
        lambda: not any(lives(one) for one in processes),
        f"the end of {[one.pid for one in processes]}",
        within,
    )


@dataclass
class Machine:
    """A database that is there, and the tool's processes, each started by hand."""

    home: Path
    database_url: str
    programs: dict[str, Program] = field(default_factory=dict[str, Program])
    ports: dict[str, int] = field(default_factory=dict[str, int])
    set_otherwise: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        start = FIRST_PORT + os.getpid() % 1000 * 10
        self.ports["web"] = free_port(start)
        self.ports["lms"] = free_port(start, not_this=self.ports["web"])

    @property
    def tool(self) -> str:
        """Where the tool is."""
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def lms(self) -> str:
        """Where the demo LMS is."""
        return f"http://localhost:{self.ports['lms']}"

    def starts(self, name: str, *arguments: str, **settings: str) -> Program:
        """Start a process by this name; what it says goes on in the same file."""
        environment = {
            "DATABASE_URL": self.database_url,
            "EYEBALL_HOME": str(self.home),
            "EYEBALL_PORT": str(self.ports["web"]),
            "EYEBALL_PASSBACK_DELAYS": "1,2",
            "EYEBALL_PASSBACK_PATIENCE": "3",
            "EYEBALL_READ_DELAYS": "1",
            **settings,
        }
        given = environment | self.set_otherwise
        program = Program.start(arguments, given, self.home / f"{name}.log")
        self.programs[name] = program
        return program

    def starts_worker(self, name: str = "worker") -> Program:
        """One worker process."""
        return self.starts(name, "service.cli", "worker")

    async def starts_web_and_lms(self) -> None:
        """The tool and the LMS, up to their first answers."""
        web = self.starts("web", "service.cli", "web")
        lms = ("--port", str(self.ports["lms"]), "--tool-url", self.tool)
        folder = ("--folder", str(self.home / "lms"))
        self.starts("lms", "service.demo", *lms, *folder, "--allow-faults")
        for address in (f"{self.tool}/alive", self.lms):
            await until(lambda address=address: answers(address), web)

    async def registers_lms(self) -> None:
        """Let the tool know the LMS."""
        database = Database(self.database_url)
        registration = demo_registration(self.lms)
        try:
            await seed_registration(database, registration, DEPLOYMENT_ID, utc_now())
        finally:
            await database.engine.dispose()

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the database says."""
        return await rows(self.database_url, query)

    async def gradebook(self) -> dict[str, list[dict[str, object]]]:
        """What the LMS holds: grades, and every score POST that it received."""
        return await gradebook(self.lms)

    async def breaks(self, scores: str, hold_seconds: float = 0.0) -> None:
        """Have the LMS's score service misbehave."""
        fault = {"scores": scores, "hold_seconds": hold_seconds}
        async with httpx2.AsyncClient() as http:
            answer = await http.post(f"{self.lms}/test/outage", json=fault)
        assert answer.status_code == 204


async def add_case(database_url: str, home: Path, lvef: float) -> None:
    """A practice case that needs no drawing, and that the software has given up reading."""
    clips = LocalClips(home / "clips", public_url="", signer=Signer("unused"))
    path = home / "case.mp4"
    path.write_bytes(MASKED)
    case = PhantomCase(lvef=lvef, heart_rate=60, prepared=a_prepared_clip(), path=path, seed=1)
    database = Database(database_url)
    try:
        async with database.begin() as work:
            clip = await store_case(clips, case, utc_now())
            work.session.add(clip)
            await work.session.flush()
            work.session.add(case_row(clip, case, 1))
            work.session.add(
                Reading(
                    clip_id=clip.id,
                    lvef=None,
                    body=None,
                    none_because="unavailable",
                    created_at=utc_now(),
                )
            )
    finally:
        await database.engine.dispose()


async def rows(database_url: str, query: str) -> list[tuple[object, ...]]:
    """What a database says."""
    url = connection_string(database_url)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return await (await connection.execute(query)).fetchall()  # type: ignore[arg-type]


async def gradebook(lms: str) -> dict[str, list[dict[str, object]]]:
    """What an LMS holds."""
    async with httpx2.AsyncClient() as http:
        return (await http.get(f"{lms}/gradebook.json")).json()


async def answers(address: str) -> bool:
    """Whether somebody answers there."""
    try:
        async with httpx2.AsyncClient(timeout=5) as http:
            return (await http.get(address)).status_code == 200
    except httpx2.HTTPError:
        return False


@contextmanager
def machine(database_url: str, home: Path) -> Iterator[Machine]:
    """A machine whose every process has ended at the end."""
    found = Machine(home, database_url)
    try:
        yield found
    finally:
        for program in found.programs.values():
            program.end()


@dataclass
class Demos:
    """Starts `eyeball demo` with one data folder, as often as a test likes."""

    home: Path
    programs: list[Program] = field(default_factory=list[Program])

    def starts(self, *options: str, **environment: str) -> Program:
        """Start it."""
        output = self.home / f"demo-{len(self.programs)}.log"
        port = free_port(FIRST_PORT + os.getpid() % 1000 * 10)
        ports = {"EYEBALL_PORT": str(port), "EYEBALL_DEMO_LMS_PORT": str(port + 10_000)}
        given = {"EYEBALL_HOME": str(self.home)} | ports | environment
        program = Program.start(["service.cli", "demo", *options], given, output)
        self.programs.append(program)
        return program

    async def is_up(self, *options: str, **environment: str) -> "Program":
        """Start it, and wait until it says which address to open."""
        demo = self.starts(*options, **environment)
        await demo.says("Open  http")
        return demo

    @property
    def postgres(self) -> list[psutil.Process]:
        """Every process of the embedded Postgres."""
        return leftovers(self.home / "postgres")

    def end(self) -> None:
        """End everything that was started."""
        for program in self.programs:
            program.end()
        for process in self.postgres:
            if lives(process):
                process.kill()


def lms_of(demo: Program) -> str:
    """The address that a demo told to open."""
    found = re.search(r"Open  (http://localhost:\d+)", demo.said)
    assert found, demo.said
    return found[1]


def tool_of(demo: Program) -> str:
    """Where the demo's web process listens."""
    web = demo.child("service.cli", "web")
    assert web is not None, demo.said
    return web.environ()["EYEBALL_PUBLIC_URL"]


@contextmanager
def demos() -> Iterator[Demos]:
    """Demos in a fresh folder, which is gone at the end with everything that ran in it."""
    # Not pytest's own folder: as root, Postgres opens every folder above its data to all.
    with tempfile.TemporaryDirectory(prefix="eyeball-demo-") as folder:
        found = Demos(Path(folder))
        try:
            yield found
        finally:
            found.end()
