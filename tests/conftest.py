"""Fixtures that every folder of tests shares."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.databases import Databases, running_databases
from tests.support.supabase_server import SupabaseServer, running_supabase
from tests.support.world import World, running_world

ON_ONE_DEMO = "those who share a running demo"


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays on one worker, and all that walk through a running demo on the same one.

    The demo takes half a minute of processor time to start; once is enough.
    """
    for item in items:
        shared = "stack" in getattr(item, "fixturenames", ())
        group = ON_ONE_DEMO if shared else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """A Postgres for this run."""
    with running_databases() as found:
        yield found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A fresh, migrated database."""
    url = databases.create()
    yield url
    databases.drop(url)


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
