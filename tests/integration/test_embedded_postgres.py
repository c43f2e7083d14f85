"""The embedded Postgres starts and stops, whatever the one before it has left behind."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from service.postgres import (
    DATABASE,
    EmbeddedPostgres,
    PostgresFailed,
    connection_string,
    leftovers,
    postmaster_pid,
)
from service.store.reach import why_unusable
from tests.support.processes import SOON, lives

KILLED_SUPERVISOR = """
import os, signal, sys
from pathlib import Path
from service.postgres import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder that has been used, and whose server has stopped."""
    # Not pytest's own folder: as root, Postgres opens every folder above its data to all.
    with tempfile.TemporaryDirectory(prefix="eyeball-embedded-") as above:
        folder = Path(above) / "postgres"
        with running(folder) as url:
            run(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        yield folder
        for process in leftovers(folder):
            process.kill()


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A server between start and stop."""
    server = EmbeddedPostgres(folder)
    url = server.start()
    try:
        yield url
    finally:
        server.stop()


def run(url: str, query: str) -> list[tuple[object, ...]]:
    """Run one statement."""
    with psycopg.connect(connection_string(url), autocommit=True) as connection:
        cursor = connection.execute(query)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def answer_of(folder: Path) -> object:
    """Start the server, ask for what was stored once, and stop it."""
    with running(folder) as url:
        ((answer,),) = run(url, "SELECT answer FROM kept")
    assert leftovers(folder) == []
    assert not (folder / "postmaster.pid").exists()
    return answer


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with Postgres."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_it_keeps_what_was_stored_and_leaves_nothing_running(folder: Path) -> None:
    assert answer_of(folder) == 42
    assert answer_of(folder) == 42


def test_stopping_twice_is_harmless(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    server.stop()
    assert leftovers(folder) == []


def test_a_client_that_stays_connected_does_not_keep_it_from_stopping(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    with psycopg.connect(connection_string(server.start())) as connection:
        connection.execute("SELECT answer FROM kept")
        server.stop()
        assert leftovers(folder) == []
        connection.close()


def test_the_handle_of_a_killed_process_is_forgotten(
    folder: Path, stranger: subprocess.Popen[bytes]
) -> None:
    (folder / ".handle_pids.json").write_text(f"[{stranger.pid}]")
    assert answer_of(folder) == 42


def test_a_pid_that_now_is_someone_elses_is_not_taken_for_postgres(
    folder: Path, stranger: subprocess.Popen[bytes]
) -> None:
    lines = (str(stranger.pid), str(folder), "1700000000", "5432", str(folder), "", "1 1", "ready")
    (folder / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert answer_of(folder) == 42
    assert stranger.poll() is None


def test_half_a_pid_file_is_forgotten(folder: Path) -> None:
    (folder / "postmaster.pid").write_text("12345\n")
    assert answer_of(folder) == 42


@pytest.mark.breadth
def test_a_server_that_was_killed_recovers_at_the_next_start(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    killed = postmaster_pid(folder)
    assert killed is not None
    psutil.Process(killed).kill()
    server.stop()
    assert leftovers(folder) == []
    assert answer_of(folder) == 42


def test_a_server_that_was_killed_is_replaced_before_anybody_has_stopped_it(folder: Path) -> None:
    first = EmbeddedPostgres(folder)
    with psycopg.connect(connection_string(first.start())) as connection:
        connection.execute("SELECT 1")
        killed = postmaster_pid(folder)
        assert killed is not None
        for process in leftovers(folder):
            process.kill()
        first.stop()
        connection.close()
    assert answer_of(folder) == 42


def test_a_server_that_outlived_its_supervisor_is_taken_over_and_stopped(folder: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KILLED_SUPERVISOR, str(folder)]
    assert subprocess.run(command, check=False, timeout=SOON).returncode == -9
    orphan = postmaster_pid(folder)
    assert orphan is not None
    with running(folder):
        assert postmaster_pid(folder) == orphan
    assert not psutil.pid_exists(orphan) or not lives(psutil.Process(orphan))
    assert answer_of(folder) == 42


def test_two_supervisors_do_not_share_a_folder(folder: Path) -> None:
    second = EmbeddedPostgres(folder)
    with running(folder) as url:
        with pytest.raises(PostgresFailed, match="runs already"):
            second.start()
        second.stop()
        assert run(url, "SELECT answer FROM kept") == [(42,)]


def test_a_database_that_cannot_be_used_is_told_in_a_sentence_without_the_password(
    folder: Path,
) -> None:
    with running(folder) as url:
        assert why_unusable(url) is None
        assert "missing" in str(why_unusable(url.replace(f"/{DATABASE}?", "/missing?")))
    refused = why_unusable("postgresql+psycopg://ada:s3cret@127.0.0.1:1/eyeball")
    assert refused is not None
    assert "Connection refused" in refused
    assert "s3cret" not in refused
    assert "\n" not in refused
