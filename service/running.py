"""`eyeball demo` and `eyeball serve`: a database, the processes, one address, and a clean end."""

import asyncio
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import click
import httpx2

from inference.reading import ReaderUnavailable
from service import anchors
from service.clips import ClipStoreUnavailable
from service.clock import utc_now
from service.demo import platform
from service.migrations import migrate
from service.models import Registration
from service.postgres import EmbeddedPostgres, PostgresFailed
from service.seeding import seed_cases, seed_registration
from service.settings import Settings, SettingsRefused
from service.signing import Signer
from service.store.database import Database
from service.store.reach import why_unusable
from service.storing import make_clips
from service.supervisor import PAUSES, Stopped, Supervisor

READY_WITHIN = 60.0


def say(sentence: str) -> None:
    """One line of progress."""
    click.echo(f"  {sentence}")


# One LMS keeps its manners: another is at another address, so the tool takes it for another.
LMS_PORTS_APART = {"plain": 0, "moodle": 10, "canvas": 20}


def run_demo(settings: Settings, flavour: str) -> None:
    """The tool, a worker and the demo LMS; prints one address to open."""
    click.echo("Eyeball demo")
    with stoppable() as supervisor, database_of(settings, supervisor) as settings:
        asyncio.run(seed(settings, supervisor))
        # Only now, so that a demo which starts meanwhile does not choose the same.
        lms_port = free_port(settings.demo_lms_port + LMS_PORTS_APART[flavour])
        port = free_port(settings.port, not_this=lms_port)
        settings = replace(
            settings,
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            dev_platforms=settings.dev_platforms | {f"localhost:{lms_port}"},
        )
        lms_url = f"http://localhost:{lms_port}"
        asyncio.run(let_in(settings, lms_url))
        add_processes(supervisor, settings)
        supervisor.add(
            "demo LMS",
            "service.demo",
            "--port",
            str(lms_port),
            "--tool-url",
            settings.public_url,
            "--folder",
            str(settings.home / ("demo-lms" if flavour == "plain" else f"demo-lms-{flavour}")),
            "--flavour",
            flavour,
            "--stop-with-stdin",
        )
        ready = (
            f"\n  Open  {lms_url}\n\n  Ctrl-C stops everything. Your data stays in {settings.home}"
        )
        run(supervisor, [f"{settings.public_url}/alive", lms_url], ready)


def run_serve(settings: Settings) -> None:
    """The tool and a worker, for a real LMS."""
    if not is_free(settings.port):
        raise SettingsRefused(f"Port {settings.port} is taken: set EYEBALL_PORT to another one.")
    click.echo("Eyeball")
    with stoppable() as supervisor, database_of(settings, supervisor) as settings:
        asyncio.run(seed(settings, supervisor))
        add_processes(supervisor, settings)
        run(
            supervisor,
            [f"http://{settings.host}:{settings.port}/alive"],
            f"\n  Serving {settings.public_url}",
        )


@contextmanager
def stoppable() -> Generator[Supervisor]:
    """A supervisor that hears SIGINT and SIGTERM from now on: they raise nothing in the midst of
    a step, so that a start that is broken off leaves nothing running."""
    supervisor = Supervisor(say)
    supervisor.hear_signals()
    with suppress(Stopped):
        yield supervisor


@contextmanager
def database_of(settings: Settings, supervisor: Supervisor) -> Generator[Settings]:
    """The settings with a database that is up and migrated; an embedded one stops at the end."""
    if settings.database_url is not None:
        bring_up_to_date(
            settings.migration_database_url or settings.database_url, settings.database_schema
        )
        yield settings
        return
    say("Starting the embedded Postgres …")
    server = EmbeddedPostgres(settings.home / "postgres")
    url = start_postgres(server, supervisor)
    try:
        supervisor.go_on()
        bring_up_to_date(url)
        supervisor.go_on()
        supervisor.also.append(Upkeep(server, supervisor).look)
        yield replace(settings, database_url=url)
    finally:
        server.stop()
        say("Postgres has stopped.")


@dataclass(slots=True)
class Upkeep:
    """Starts a database again that has ended by itself: without it nothing else here works."""

    server: EmbeddedPostgres
    supervisor: Supervisor
    failures: int = 0
    look_at: float = 0.0

    def look(self) -> None:
        """See that it runs; what cannot be started now is tried again later."""
        if time.monotonic() < self.look_at:
            return
        try:
            if self.server.start_again():
                say("Postgres had ended; it was started again.")
            self.failures = 0
        except PostgresFailed as error:
            if not self.supervisor.stopping:
                pause = PAUSES[min(self.failures, len(PAUSES) - 1)]
                say(f"Postgres has ended. {error} Trying again in {pause:g} s.")
                self.failures += 1
                self.look_at = time.monotonic() + pause


def start_postgres(server: EmbeddedPostgres, supervisor: Supervisor) -> str:
    """Start it; a Ctrl-C in a terminal reaches Postgres' own tools too, and is no failure."""
    try:
        return server.start()
    except PostgresFailed as error:
        supervisor.go_on()
        raise SettingsRefused(str(error)) from error


def bring_up_to_date(url: str, schema: str | None = None) -> None:
    """Migrate, or say in a sentence why this database cannot be used."""
    say("Bringing the database's schema up to date …")
    if problem := why_unusable(url):
        raise SettingsRefused(problem)
    migrate(url, schema=schema)


def add_processes(supervisor: Supervisor, settings: Settings) -> None:
    """The two processes of the tool; they learn of the database and the addresses from us."""
    supervisor.environment = {
        "DATABASE_URL": settings.database,
        "EYEBALL_HOME": str(settings.home),
        "EYEBALL_HOST": settings.host,
        "EYEBALL_PORT": str(settings.port),
        "EYEBALL_PUBLIC_URL": settings.public_url,
        "EYEBALL_DEV_PLATFORMS": ",".join(sorted(settings.dev_platforms)),
    }
    supervisor.add("web", "service.cli", "web")
    supervisor.add("worker", "service.cli", "worker")


def run(supervisor: Supervisor, addresses: list[str], ready: str) -> None:
    """Start, wait until everything answers, and watch until told to stop."""
    say("Starting the tool and its worker …")
    try:
        supervisor.start()
        for address in addresses:
            wait_for(address, supervisor)
        if not supervisor.stopping:
            click.echo(ready)
        supervisor.watch()
    finally:
        click.echo("\n  Stopping …")
        supervisor.stop()


def wait_for(address: str, supervisor: Supervisor) -> None:
    """Wait until this address answers."""
    deadline = time.monotonic() + READY_WITHIN
    while not supervisor.stopping and not answers(address):
        if time.monotonic() > deadline:
            raise click.ClickException(f"{address} does not answer; see the lines above.")
        supervisor.look_once()
        time.sleep(0.2)


def answers(address: str) -> bool:
    """Whether a local address of ours answers at all."""
    try:
        return httpx2.get(address, timeout=2).status_code < 500
    except httpx2.HTTPError:
        return False


async def seed(settings: Settings, supervisor: Supervisor) -> None:
    """The practice cases, drawn once."""

    def drawn(done: int, of: int) -> None:
        supervisor.go_on()
        say(f"Drawing practice case {done} of {of} …")

    database = Database(settings.database)
    await database.open()
    clips = make_clips(settings, Signer(settings.secret), patient=True)
    try:
        await seed_cases(
            database,
            clips,
            wanted=settings.practice_cases,
            workspace=settings.home / "work" / "practice",
            clock=utc_now,
            on_progress=drawn,
        )
        await anchors.plan(database, utc_now())
    except (ReaderUnavailable, ClipStoreUnavailable) as error:
        raise click.ClickException(f"{error}; see the lines above.") from error
    finally:
        await database.close()
        await clips.close()


async def let_in(settings: Settings, lms_url: str) -> None:
    """Let the demo LMS launch."""
    database = Database(settings.database)
    try:
        await seed_registration(
            database, demo_registration(lms_url), platform.DEPLOYMENT_ID, utc_now()
        )
    finally:
        await database.engine.dispose()


def demo_registration(lms_url: str) -> Registration:
    """The demo LMS as any other platform."""
    return Registration(
        name="Demo LMS",
        issuer=lms_url,
        client_id=platform.CLIENT_ID,
        auth_login_url=f"{lms_url}/lti/auth",
        auth_token_url=f"{lms_url}/lti/token",
        jwks_url=f"{lms_url}/lti/jwks",
        token_audience=None,
        created_at=utc_now(),
    )


def free_port(wanted: int, *, not_this: int | None = None) -> int:
    """The wanted port, or the next one that is free, on both names of this machine."""
    for port in range(wanted, wanted + 50):
        if port != not_this and is_free(port):
            return port
    raise SettingsRefused(f"No port from {wanted} to {wanted + 49} is free; set EYEBALL_PORT.")


def is_free(port: int) -> bool:
    """Whether nobody listens on this port; a browser that is told localhost tries ::1 as well."""
    return can_listen(socket.AF_INET, "127.0.0.1", port) and (
        not has_ipv6() or can_listen(socket.AF_INET6, "::1", port)
    )


def has_ipv6() -> bool:
    """Whether this machine has a ::1."""
    return socket.has_ipv6 and can_listen(socket.AF_INET6, "::1", 0)


def can_listen(family: socket.AddressFamily, address: str, port: int) -> bool:
    """Whether a server could be opened there."""
    try:
        socket.create_server((address, port), family=family).close()
    except OSError:
        return False
    return True
