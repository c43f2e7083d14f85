"""`eyeball demo` and `eyeball serve`: a database, the processes, one address, and a clean end."""

import asyncio
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import click
import httpx2

from service.clips import LocalClips
from service.clock import utc_now
from service.demo import platform
from service.migrations import migrate
from service.models import Registration
from service.postgres import EmbeddedPostgres
from service.seeding import seed_cases, seed_registration
from service.settings import Settings, SettingsRefused
from service.signing import Signer
from service.store.database import Database
from service.supervisor import Supervisor

DEMO_LMS_PORT = 8000
READY_WITHIN = 60.0


def say(sentence: str) -> None:
    """One line of progress."""
    click.echo(f"  {sentence}")


def run_demo(settings: Settings) -> None:
    """The tool, a worker and the demo LMS; prints one address to open."""
    lms_port = free_port(DEMO_LMS_PORT)
    port = free_port(settings.port, not_this=lms_port)
    settings = replace(settings, port=port, public_url=f"http://127.0.0.1:{port}")
    lms_url = f"http://localhost:{lms_port}"
    click.echo("Eyeball demo")
    with database_of(settings) as settings:
        asyncio.run(seed(settings, lms_url))
        supervisor = supervisor_of(settings)
        supervisor.add(
            "demo LMS",
            "service.demo",
            "--port",
            str(lms_port),
            "--tool-url",
            settings.public_url,
            "--folder",
            str(settings.home / "demo-lms"),
            "--stop-with-stdin",
        )
        ready = (
            f"\n  Open  {lms_url}\n\n  Ctrl-C stops everything. Your data stays in {settings.home}"
        )
        run(supervisor, [f"{settings.public_url}/alive", lms_url], ready)


def run_serve(settings: Settings) -> None:
    """The tool and a worker, for a real LMS."""
    click.echo("Eyeball")
    with database_of(settings) as settings:
        asyncio.run(seed(settings, None))
        supervisor = supervisor_of(settings)
        run(
            supervisor,
            [f"http://{settings.host}:{settings.port}/alive"],
            f"\n  Serving {settings.public_url}",
        )


@contextmanager
def database_of(settings: Settings) -> Generator[Settings]:
    """The settings with a database that is up and migrated; an embedded one stops at the end."""
    if settings.database_url is not None:
        say("Bringing the database's schema up to date …")
        migrate(settings.migration_database_url or settings.database_url)
        yield settings
        return
    say("Starting the embedded Postgres …")
    server = EmbeddedPostgres(settings.home / "postgres")
    try:
        url = server.start()
        say("Bringing the database's schema up to date …")
        migrate(url)
        yield replace(settings, database_url=url)
    finally:
        server.stop()
        say("Postgres has stopped.")


def supervisor_of(settings: Settings) -> Supervisor:
    """The two processes of the tool; they learn of the database and the addresses from us."""
    environment = {
        "DATABASE_URL": settings.database,
        "EYEBALL_HOME": str(settings.home),
        "EYEBALL_HOST": settings.host,
        "EYEBALL_PORT": str(settings.port),
        "EYEBALL_PUBLIC_URL": settings.public_url,
    }
    supervisor = Supervisor(environment, say)
    supervisor.add("web", "service.cli", "web")
    supervisor.add("worker", "service.cli", "worker")
    return supervisor


def run(supervisor: Supervisor, addresses: list[str], ready: str) -> None:
    """Start, wait until everything answers, and watch until told to stop."""
    supervisor.install_signal_handlers()
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


async def seed(settings: Settings, lms_url: str | None) -> None:
    """The practice cases, drawn once; and for the demo its LMS."""
    database = Database(settings.database)
    await database.open()
    clips = LocalClips(
        settings.clips_folder, public_url=settings.public_url, signer=Signer(settings.secret)
    )
    try:
        await seed_cases(
            database,
            clips,
            workspace=settings.home / "work" / "practice",
            clock=utc_now,
            on_progress=lambda done, of: say(f"Drawing practice case {done} of {of} …"),
        )
        if lms_url is not None:
            await seed_registration(
                database, demo_registration(lms_url), platform.DEPLOYMENT_ID, utc_now()
            )
    finally:
        await database.close()


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
    """Whether nobody listens on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
