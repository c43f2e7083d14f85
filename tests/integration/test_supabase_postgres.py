"""The database as Supabase has it: a role of our own, a private schema, and nobody else's eyes."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from service.migrations import migrate, revision_gap
from service.models import Learner
from service.postgres import connection_string
from tests.support.databases import Databases
from tests.support.walks import a_ready_clip, locks
from tests.support.world import running_world

SCHEMA = "eyeball"
PASSWORD = "of-the-tests"
NUMBERS = count(1)
PUBLIC_ROLES = ("anon", "authenticated")


def as_role(url: str, role: str) -> str:
    """The same database, by another login."""
    changed = make_url(url).set(username=role, password=PASSWORD)
    return changed.render_as_string(hide_password=False)


def run(url: str, statement: str, *names: str) -> list[tuple[object, ...]]:
    """Run one statement; its rows."""
    with psycopg.connect(connection_string(url), autocommit=True) as connection:
        cursor = connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def owner(databases: Databases) -> Iterator[str]:
    """A role without any privilege but to log in, in an empty database: the URL of both."""
    role = f"eyeball_app_{os.getpid()}_{next(NUMBERS)}"
    url = databases.create(template="template0")
    run(url, f"CREATE ROLE {{}} LOGIN PASSWORD '{PASSWORD}'", role)
    run(url, "GRANT CREATE ON DATABASE {} TO {}", url_name(url), role)
    yield as_role(url, role)
    databases.drop(url)
    databases.run("DROP ROLE {}", role)


@pytest.fixture
def public_roles(databases: Databases) -> Iterator[None]:
    """The roles of Supabase's Data API, where this server has none."""
    known = {row[0] for row in run(databases.admin_url, "SELECT rolname FROM pg_roles")}
    made = [role for role in PUBLIC_ROLES if role not in known]
    for role in made:
        databases.run(f"CREATE ROLE {{}} LOGIN PASSWORD '{PASSWORD}'", role)
    yield
    for role in made:
        databases.run("DROP ROLE {}", role)


@pytest.fixture
def stranger(public_roles: None, owner: str) -> Iterator[str]:
    """Somebody who was granted everything by mistake, after the migration."""
    migrate(owner, schema=SCHEMA)
    yield as_role(owner, "anon")
    run(owner, "REVOKE ALL ON ALL TABLES IN SCHEMA eyeball FROM anon")
    run(owner, "REVOKE ALL ON SCHEMA eyeball FROM anon")


def url_name(url: str) -> str:
    """The database's name."""
    return str(make_url(url).database)


def tables(url: str, schema: str) -> dict[str, bool]:
    """The tables of a schema, and whether each has row security."""
    rows = run(
        url,
        "SELECT relnamespace::regnamespace::text, relname, relrowsecurity FROM pg_class"
        " WHERE relkind IN ('r', 'p')",
    )
    return {str(name): bool(secured) for lies_in, name, secured in rows if lies_in == schema}


def test_everything_is_made_in_the_private_schema_and_nothing_in_public(owner: str) -> None:
    migrate(owner, schema=SCHEMA)
    made = tables(owner, SCHEMA)
    assert {"attempt", "clip", "procrastinate_jobs", "alembic_version"} <= made.keys()
    assert tables(owner, "public") == {}
    assert revision_gap(owner) is None
    migrate(owner, schema=SCHEMA)
    assert tables(owner, SCHEMA) == made


def test_every_table_has_row_security_and_no_policy(owner: str) -> None:
    migrate(owner, schema=SCHEMA)
    open_ones = [name for name, secured in tables(owner, SCHEMA).items() if not secured]
    assert open_ones == []
    assert run(owner, "SELECT policyname FROM pg_policies WHERE schemaname = 'eyeball'") == []


def test_row_security_is_there_without_a_private_schema_too(database_url: str) -> None:
    assert all(tables(database_url, "public").values())


def test_a_table_of_somebody_else_in_the_same_schema_is_left_alone(databases: Databases) -> None:
    url = databases.create(template="template0")
    run(url, "CREATE TABLE somebody_elses (id int)")
    migrate(url)
    assert [name for name, secured in tables(url, "public").items() if not secured] == [
        "somebody_elses"
    ]
    databases.drop(url)


async def test_the_whole_tool_works_in_a_private_schema_queue_included(
    owner: str, tmp_path: Path
) -> None:
    migrate(owner, schema=SCHEMA)
    async with running_world(owner, tmp_path) as world:
        ada = await a_ready_clip(world)
        await locks(ada, "42", attest="true")
        assert "You said 42 %. The software read 51 %." in ada.text
        await world.works()
        await world.worker.sweep()
        [grade] = (await world.gradebook())["grades"]
        assert grade
    assert tables(owner, "public") == {}


async def test_a_stranger_with_every_grant_sees_no_row(
    stranger: str, owner: str, tmp_path: Path
) -> None:
    async with running_world(owner, tmp_path) as world:
        await a_ready_clip(world)
        assert len(await world.stored(Learner)) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(stranger, "SELECT * FROM eyeball.learner")
    run(owner, "GRANT USAGE ON SCHEMA eyeball TO anon")
    run(owner, "GRANT ALL ON ALL TABLES IN SCHEMA eyeball TO anon")
    for table in tables(owner, SCHEMA):
        assert run(stranger, "SELECT * FROM {}.{}", SCHEMA, table) == [], table
    assert run(owner, "SELECT count(*) FROM learner") == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        run(stranger, "INSERT INTO eyeball.alembic_version VALUES ('x')")


def test_supabases_own_grants_are_taken_back(public_roles: None, owner: str) -> None:
    run(owner, "CREATE SCHEMA eyeball")
    run(owner, "GRANT USAGE ON SCHEMA eyeball TO anon")
    run(owner, "ALTER DEFAULT PRIVILEGES IN SCHEMA eyeball GRANT ALL ON TABLES TO anon")
    migrate(owner, schema=SCHEMA)
    for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        asked = f"SELECT has_table_privilege('anon', 'eyeball.learner', '{right}')"
        assert run(owner, asked) == [(False,)]
    assert run(owner, "SELECT has_schema_privilege('anon', 'eyeball', 'USAGE')") == [(False,)]
    run(owner, "ALTER DEFAULT PRIVILEGES IN SCHEMA eyeball REVOKE ALL ON TABLES FROM anon")


def test_a_role_that_sees_nothing_is_told_so(stranger: str, owner: str) -> None:
    run(owner, "GRANT USAGE ON SCHEMA eyeball TO anon")
    run(owner, "GRANT SELECT ON ALL TABLES IN SCHEMA eyeball TO anon")
    misled = make_url(stranger).update_query_dict({"options": "-csearch_path=eyeball"})
    told = revision_gap(misled.render_as_string(hide_password=False))
    assert told is not None
    assert "does not own the tables" in told
