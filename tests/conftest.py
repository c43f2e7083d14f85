"""Fixtures that every folder of tests shares."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.support import kept
from tests.support.databases import Databases, running_databases
from tests.support.supabase_server import SupabaseServer, running_supabase
from tests.support.world import World, running_world

ON_ONE_DEMO = "those who share a running demo"
WITHOUT_DEMO = {
    "tests/e2e/test_player_truth.py",
    "tests/e2e/test_serverless.py",  # it has a demo of its own
    "tests/e2e/test_states.py",
}


def pytest_configure() -> None:
    """Threads that wait let others work, as in the program's children: torch reads this when it is
    loaded, and two workers of the tests share the processors."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


class OneDemo(LoadFileScheduling):
    """A file stays on one worker, and all that walk through the running demo on the same one.

    The demo takes half a minute of processor time to start; once is enough. (xdist's own groups
    come to nothing with this pytest.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        walks = file.startswith("tests/e2e/") and file not in WITHOUT_DEMO
        return ON_ONE_DEMO if walks else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneDemo | None:
    """Ours for whole files; what else was asked for stays xdist's."""
    return OneDemo(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What meets processes, sockets or a browser gets a second try, since a shared machine may
    stall for seconds. What is computed here gets none."""
    if not config.pluginmanager.hasplugin("rerunfailures"):
        return
    for item in items:
        if item.nodeid.startswith(("tests/e2e/", "tests/integration/")):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage takes a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Whoever needed a second try shows a fault that is to be found: say where."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"second try: {report.nodeid}", "-")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """A Postgres for this run."""
    with running_databases() as found:
        yield found


@pytest.fixture(scope="session")
async def connections(databases: Databases) -> AsyncIterator[None]:
    """Closes in the end what tests kept open."""
    yield
    await kept.end_all()


@pytest.fixture
def database_url(databases: Databases, connections: None) -> Iterator[str]:
    """An empty, migrated database."""
    with databases.lent() as url:
        yield url


@pytest.fixture
def server() -> Iterator[SupabaseServer]:
    """A scripted Supabase."""
    with running_supabase() as found:
        yield found


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The tool, a worker and the demo LMS in this process."""
    async with running_world(database_url, tmp_path) as found:
        yield found
