"""One Postgres for a run of the tests, one fresh database for whoever asks."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from service.migrations import migrate
from service.postgres import EmbeddedPostgres, connection_string
from service.settings import database_url
from tests.support.kept import LENT

TEMPLATE = f"eyeball_template_{os.getpid()}"

# Triggers and foreign keys rest meanwhile, so that the order of the tables does not matter.
EMPTY = """
DO $$
DECLARE kept regclass;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR kept IN
    SELECT oid FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    EXECUTE 'DELETE FROM ' || kept;
  END LOOP;
  PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S';
END $$
"""
# Who is kept connected rests; whoever does not is somebody that a test has left behind.
AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
AND state <> 'idle'
"""
SHAPE = """
SELECT version_num,
       (SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_constraint),
       (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_trigger)
FROM alembic_version
"""


@dataclass(frozen=True)
class Databases:
    """Hands out databases that are copies of a migrated one."""

    admin_url: str
    numbers: Iterator[int]
    idle: list[str] = field(default_factory=list[str])
    shape: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])

    def url(self, name: str) -> str:
        """The URL of a database of this server."""
        head, _, query = self.admin_url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}{'?' + query if query else ''}"

    def create(self, template: str = TEMPLATE) -> str:
        """A new database with everything that the template holds; its URL."""
        name = f"eyeball_{os.getpid()}_{next(self.numbers)}"
        self.run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return self.url(name)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a migrated, empty database: one that another test has done with, if there is
        one. Emptying one takes a quarter of the time of making one, and it is warm."""
        url = self.idle.pop() if self.idle else self.create()
        LENT.add(url)
        yield url
        if self.empty(url):
            self.idle.append(url)
        else:
            LENT.remove(url)
            self.drop(url)

    def empty(self, url: str) -> bool:
        """Whether the database is again as a new one would be, which it is not once something has
        changed its tables, somebody is still at work in it, or we may not let its triggers rest."""
        with psycopg.connect(connection_string(url), autocommit=True) as connection:
            if connection.execute(AT_WORK).fetchall() != [(0,)]:
                return False
            try:
                connection.execute(EMPTY)
            except psycopg.errors.InsufficientPrivilege:  # a server of whoever runs the tests
                return False
            return connection.execute(SHAPE).fetchall() == self.shape

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name_of(url))

    def run(self, statement: str, *names: str) -> None:
        """Run a statement about databases."""
        with psycopg.connect(connection_string(self.admin_url), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def name_of(url: str) -> str:
    """The database's name in a URL."""
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def running_databases() -> Iterator[Databases]:
    """TEST_DATABASE_URL's server if it is set, else an embedded one in a temporary folder."""
    if given := database_url(os.environ.get("TEST_DATABASE_URL")):
        with templated(given) as databases:
            yield databases
        return
    folder = Path(tempfile.mkdtemp(prefix="eyeball-postgres-"))
    server = EmbeddedPostgres(folder / "data")
    try:
        yield from with_server(server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def with_server(server: EmbeddedPostgres) -> Iterator[Databases]:
    """Databases of an embedded server."""
    server.start()
    with templated(server.url("postgres")) as databases:
        never_wait_for_the_disk(databases.admin_url)
        yield databases


def never_wait_for_the_disk(admin_url: str) -> None:
    """What these databases hold is thrown away, so no crash of the machine need be survived.
    Making and dropping them takes a tenth of the time."""
    with psycopg.connect(connection_string(admin_url), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def templated(admin_url: str) -> Iterator[Databases]:
    """Databases, once the one that all are copied from is migrated."""
    databases = Databases(admin_url, count(1))
    databases.run("CREATE DATABASE {}", TEMPLATE)
    try:
        migrate(databases.url(TEMPLATE))
        with psycopg.connect(connection_string(databases.url(TEMPLATE))) as connection:
            databases.shape.extend(connection.execute(SHAPE).fetchall())
        yield databases
    finally:
        for url in databases.idle:
            databases.drop(url)
        databases.drop(databases.url(TEMPLATE))
