"""Pooled connections that died meanwhile are replaced before anybody is given one."""

from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text

from service.postgres import connection_string
from service.store.database import Database

MOMENT_MS = 5000


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with one connection at rest."""
    found = Database(database_url)
    await backend(found)
    yield found
    await found.engine.dispose()


async def backend(database: Database) -> int:
    """Which server process answers."""
    async with database.begin() as work:
        return int(await work.session.scalar(text("SELECT pg_backend_pid()")) or 0)


async def test_a_connection_is_used_again_while_it_lives(database: Database) -> None:
    assert await backend(database) == await backend(database)


async def test_one_that_the_server_has_closed_is_replaced(
    database: Database, database_url: str
) -> None:
    before = await backend(database)
    with psycopg.connect(connection_string(database_url), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, %s)", [before, MOMENT_MS])
    assert await backend(database) != before


async def test_one_on_which_there_is_only_a_notice_is_kept(
    database: Database, database_url: str
) -> None:
    async with database.begin() as work:
        await work.session.execute(text("LISTEN of_this_test"))
    before = await backend(database)
    with psycopg.connect(connection_string(database_url), autocommit=True) as other:
        other.execute("NOTIFY of_this_test")
    assert await backend(database) == before


async def test_a_statement_alone_is_its_own_transaction(database: Database) -> None:
    async with database.alone() as session:
        first = await session.scalar(text("SELECT pg_current_xact_id()::text"))
        assert await session.scalar(text("SELECT pg_current_xact_id()::text")) != first
    async with database.begin() as work:
        first = await work.session.scalar(text("SELECT pg_current_xact_id()::text"))
        assert await work.session.scalar(text("SELECT pg_current_xact_id()::text")) == first
