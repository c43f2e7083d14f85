"""`eyeball doctor`: tries every part that is set up, and says in plain words what to do."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from service.clips import ClipStoreRefused, ClipStoreUnavailable
from service.clock import utc_now
from service.doctor_reading import (
    Finding,
    check_outliner,
    check_phantom_outliner,
    check_reader,
    check_view,
    drawn_heart,
)
from service.environment import LOOPBACK
from service.keys import published_keys
from service.migrations import revision_gap
from service.postgres import EmbeddedPostgres
from service.settings import KeyRefused, Settings, SettingsRefused
from service.signing import Signer
from service.store import health, registrations
from service.store.database import Database
from service.store.reach import why_unusable
from service.storing import try_clips


def examine(settings: Settings, say: Callable[[str], None]) -> bool:
    """Make every check; whether all are fine."""
    if settings.database_url is None:
        running = EmbeddedPostgres(settings.home / "postgres").running_url()
        settings = replace(settings, database_url=running)
    return asyncio.run(examine_all(settings, say))


async def examine_all(settings: Settings, say: Callable[[str], None]) -> bool:
    """The checks in the order in which one builds on another."""
    findings = [
        await tell(say, check(settings))
        for check in (check_home, check_address, check_database, check_clips)
    ]
    if findings[2].fine:
        checks = (check_keys, check_registrations, check_worker)
        findings += [await tell(say, check(settings)) for check in checks]
    else:
        say("LOOK  Keys, connections and the worker: not tried without the database.")
    with tempfile.TemporaryDirectory() as folder:
        say("      Drawing a heart to read; what follows takes some seconds …")
        heart = await drawn_heart(Path(folder))
        findings += [
            await tell(say, check)
            for check in (
                check_reader(settings, heart),
                check_outliner(settings, heart),
                check_phantom_outliner(heart),
                check_view(settings, heart),
            )
        ]
    return all(finding.fine for finding in findings)


async def tell(say: Callable[[str], None], check: Awaitable[Finding]) -> Finding:
    """Say what a check found as soon as it is known."""
    finding = await check
    say(f"{'fine ' if finding.fine else 'LOOK '} {finding.sentence}")
    return finding


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncGenerator[Database]:
    """The database for one check."""
    database = Database(settings.database)
    try:
        yield database
    finally:
        await database.engine.dispose()


async def check_home(settings: Settings) -> Finding:
    """Whether the data folder takes files."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.home) as file:
            file.write(b"eyeball")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Finding(False, f"Data folder {settings.home}: {error.strerror}. Set EYEBALL_HOME.")
    return Finding(True, f"Data folder {settings.home} takes files.")


async def check_address(settings: Settings) -> Finding:
    """Whether the tool answers where learners and platforms look for it."""
    url = settings.public_url
    if urlsplit(url).hostname in LOOPBACK:
        sentence = f"Address: {url}, for this machine only. EYEBALL_PUBLIC_URL names another one."
        return Finding(True, sentence)
    try:
        async with httpx2.AsyncClient(timeout=5) as http:
            answer = await http.get(f"{url}/alive")
    except httpx2.HTTPError as error:
        problem = f"no answer ({type(error).__name__})"
    else:
        if answer.status_code == 200:
            return Finding(True, f"Address: the tool answers at {url}.")
        problem = f"somebody answers {answer.status_code}"
    sentence = (
        f"Address: {problem} at {url}/alive. Is the tool running, and does the proxy there pass "
        f"everything to {settings.host}:{settings.port}?"
    )
    return Finding(False, sentence)


async def check_database(settings: Settings) -> Finding:
    """Whether the database answers, and has the schema of this version."""
    if settings.database_url is None:
        folder = settings.home / "postgres"
        state = "is there" if EmbeddedPostgres(folder).exists() else "is made at the first start"
        return Finding(True, f"Database: embedded Postgres, which {state} ({folder}).")
    try:
        gap = await asyncio.to_thread(revision_gap, settings.database_url)
    except (SQLAlchemyError, psycopg.Error) as error:
        return Finding(
            False, f"Database: no answer ({type(error).__name__}). Is DATABASE_URL right?"
        )
    if gap is not None:
        return Finding(False, gap)
    direct = settings.migration_database_url
    if direct is not None and (problem := await asyncio.to_thread(why_unusable, direct)):
        return Finding(False, f"MIGRATION_DATABASE_URL: {problem}")
    return Finding(True, "Database answers, and its schema is up to date.")


async def check_keys(settings: Settings) -> Finding:
    """Whether the secret opens the keys that platforms know us by."""
    if settings.database_url is None:
        return Finding(True, "Signing keys: looked at while the tool runs.")
    async with database_of(settings) as database:
        try:
            found = await published_keys(database, Signer(settings.secret), utc_now())
        except KeyRefused as error:
            return Finding(False, f"Signing keys: {error}")
    if not found:
        return Finding(True, "Signing keys: the first is made when the tool starts.")
    return Finding(True, f"Signing keys: {len(found)}, and the secret opens each.")


async def check_clips(settings: Settings) -> Finding:
    """Whether the clip store does its duty."""
    where = settings.supabase.url if settings.supabase else settings.clips_folder
    try:
        problem = await try_clips(settings)
    except (SettingsRefused, ClipStoreUnavailable, ClipStoreRefused) as error:
        problem = str(error)
    except (OSError, httpx2.HTTPError) as error:
        problem = f"no answer ({type(error).__name__})."
    if problem is not None:
        return Finding(False, f"Clips in {where}: {problem}")
    return Finding(True, f"Clips: {where} takes them, gives them back and deletes them.")


async def check_registrations(settings: Settings) -> Finding:
    """Whether an LMS knows us, and whether its keys can be fetched."""
    if settings.database_url is None:
        return Finding(True, "Connections: looked at while the tool runs.")
    async with database_of(settings) as database, database.begin() as work:
        known = await registrations.everyone(work.session)
    if not known:
        return Finding(
            False,
            "Connections: no LMS knows this tool yet. `eyeball invite` prints an address for its "
            "administrator.",
        )
    async with httpx2.AsyncClient(timeout=5) as http:
        silent = [row.name for row in known if not await answers(http, row.jwks_url)]
    if silent:
        return Finding(False, f"Connections: no keys from {', '.join(silent)}; is it reachable?")
    return Finding(True, f"Connections: {len(known)}, and the keys of each can be fetched.")


async def answers(http: httpx2.AsyncClient, url: str) -> bool:
    """Whether an address gives a key set."""
    try:
        answer = await http.get(url)
        return answer.status_code == 200 and "keys" in answer.json()
    except (httpx2.HTTPError, ValueError):
        return False


async def check_worker(settings: Settings) -> Finding:
    """Whether a worker has shown a heartbeat of late."""
    if settings.database_url is None:
        return Finding(True, "Worker: `eyeball serve` starts one beside the tool.")
    async with database_of(settings) as database, database.begin() as work:
        alive = await health.a_worker_is_alive(work.session, utc_now())
    if not alive:
        return Finding(False, "Worker: none is running. Start `eyeball worker`.")
    return Finding(True, "Worker: one is running.")
