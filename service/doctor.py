"""`eyeball doctor`: tries every part that is set up, and says in plain words what to do."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from inference.checking import look
from inference.client import draw_practice_cases
from inference.reading import InferenceError
from inference.triaged import TriageSettings
from service.clips import ClipStoreRefused, ClipStoreUnavailable
from service.clock import utc_now
from service.cloud_settings import ViewCheck
from service.migrations import revision_gap
from service.postgres import EmbeddedPostgres
from service.reading import make_reader
from service.settings import Settings, SettingsRefused
from service.store import health, registrations
from service.store.database import Database
from service.storing import try_clips


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    fine: bool
    sentence: str


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
        for check in (
            check_home,
            check_database,
            check_clips,
            check_registrations,
            check_worker,
            check_reader,
            check_view,
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
    return Finding(True, "Database answers, and its schema is up to date.")


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
            False, "Connections: no LMS knows this tool yet. See `eyeball registrations add`."
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


async def check_reader(settings: Settings) -> Finding:
    """Draw a phantom and read it: decoder, weights and network, as the service would."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            case = (await draw_practice_cases(Path(folder), on_progress=lambda done, of: None))[0]
            reading = await make_reader(settings).read(
                case.path, case.prepared.frame_times, phantom=True
            )
        except InferenceError as error:
            return Finding(False, f"Reader: {error}")
    gap = abs(reading.lvef - case.lvef)
    where = "on Modal " if settings.cloud.modal else ""
    return Finding(
        gap < 15,
        f"Reader: {where}{reading.versions.model} read a phantom of {case.lvef:g} % "
        f"as {reading.lvef:.1f} %.",
    )


async def check_view(settings: Settings) -> Finding:
    """Ask Gemini about a drawn heart, which costs a fraction of a cent; or say who checks."""
    cloud = settings.cloud
    if cloud.view_check is not ViewCheck.GEMINI:
        return Finding(True, f"View check: {cloud.view_check}. EYEBALL_TRIAGE changes it.")
    if cloud.modal is not None:
        return Finding(True, "View check: Gemini, asked by the reader on Modal; not tried here.")
    with tempfile.TemporaryDirectory() as folder:
        try:
            case = (await draw_practice_cases(Path(folder), on_progress=lambda done, of: None))[0]
        except InferenceError as error:
            return Finding(False, f"View check: no heart was drawn to ask about: {error}")
        return await ask_about(case.path, cloud.triage)


async def ask_about(clip: Path, triage: TriageSettings) -> Finding:
    """Whether Gemini answers about a clip."""
    try:
        triaged = await look(clip, triage)
    except InferenceError as error:
        return Finding(False, f"View check: {error}. Are the key and the model's name right?")
    return Finding(True, f"View check: {triaged.version} answered.")
