"""What runs in the background. A job is a nudge: the row says which work is due."""

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx2
from procrastinate import App
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from procrastinate.signals import on_stop

from inference.client import LocalPreparer, Preparer, Reader, draw_anchor
from inference.outlines import Outliner
from lti.grades import GradesClient
from lti.keys import ToolKey as LtiKey
from lti.notices import NoticesClient
from lti.roster import RosterClient
from lti.tokens import TokenClient
from service import (
    anchors,
    attempts,
    closing,
    column_changes,
    columns,
    delivery,
    events,
    lifeline,
    notices,
    passback,
    rosters,
)
from service.access import DatabaseShelf
from service.anchors import Anchors, Draws
from service.clips import ClipStore, ClipStoreUnavailable
from service.clock import utc_now
from service.ingest import Ingest, nudge_outline
from service.keys import signing_key
from service.limits import FORGET_AFTER
from service.own_clips import RAW_KEPT_FOR
from service.packing import Terms
from service.reading import make_outliner, make_phantom_outliner, make_reader
from service.rulings import TEACHER_ANSWERS_WITHIN
from service.settings import Settings, SettingsRefused
from service.signing import Signer
from service.store import access_tokens as token_rows
from service.store import allowances
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import invites as invite_rows
from service.store import launches as launch_rows
from service.store import line_items as line_item_rows
from service.store import notices as notice_rows
from service.store import operators as operator_rows
from service.store import passbacks as passback_rows
from service.store import sittings as sitting_rows
from service.store import tracings as tracing_rows
from service.store.database import Database, Work
from service.store.queue import ON_CLIPS, QUICK, make_app
from service.store.reach import why_unusable
from service.storing import make_clips
from service.viewing import Viewing

log = logging.getLogger(__name__)
QUICK_JOBS_AT_ONCE = 4
RESCUE_SECONDS = 3  # a killed worker's jobs should not wait for long


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The parts of one worker process."""

    settings: Settings
    database: Database
    clips: ClipStore
    ingest: Ingest
    anchors: Anchors
    grades: GradesClient
    rosters: RosterClient
    notices: NoticesClient
    clock: Callable[[], datetime]

    async def passback(self, passback_id: UUID) -> None:
        """Send one score."""
        await delivery.deliver(
            self.database, self.grades, passback_id, clock=self.clock, terms=self.terms
        )

    async def column(self, line_item_id: UUID) -> None:
        """Find the column of a gradebook, or have it made."""
        await columns.find(
            self.database,
            self.grades,
            line_item_id,
            clock=self.clock,
            delays=self.settings.passback_delays,
            origin=self.settings.public_url,
        )

    async def column_changes(self, line_item_id: UUID) -> None:
        """Bring the column of a gradebook up to date."""
        await column_changes.bring(
            self.database, self.grades, line_item_id, clock=self.clock, terms=self.terms
        )

    async def roster(self, roster_id: UUID) -> None:
        """Read who is in a course."""
        await rosters.read(self.database, self.rosters, roster_id, clock=self.clock)

    async def ask_for_notices(self, service_id: UUID) -> None:
        """Ask a platform to tell us of copied courses."""
        await notices.subscribe(
            self.database,
            self.notices,
            service_id,
            clock=self.clock,
            delays=self.settings.passback_delays,
            origin=self.settings.public_url,
        )

    @property
    def terms(self) -> Terms:
        """How patient we are with platforms."""
        return Terms(
            delays=self.settings.passback_delays,
            patience=self.settings.passback_patience,
            apart=self.settings.passback_apart,
            origin=self.settings.public_url,
        )

    async def sweep(self) -> None:
        """Find by its state all work that is due, whatever became of its job."""
        now = self.clock()
        await self._sweep_clips(now)  # first: no trouble with a grade may keep a raw clip here
        async with self.database.begin() as work:
            await self._nudge_clips(work, now)
            await anchors.nudge(work, now)
            await self._nudge_grades(work, now)
            await launch_rows.forget_expired(work.session, now)
            await notice_rows.forget_heard(work.session, now)
            await events.sweep(work, now)
            await allowances.forget_before(work.session, now - FORGET_AFTER)
            await invite_rows.forget_expired(work.session, now)
            await token_rows.forget_ended(work.session, utc_now())
            await operator_rows.forget_expired(work.session, now)
            locked = await attempt_rows.all_locked(work.session)
            closed = await sitting_rows.to_close(work.session, now)
        for attempt_id in locked:
            async with self.database.begin() as work:
                await attempts.settle(work, attempt_id, now)
        for activity_id in closed:
            async with self.database.begin() as work:
                await closing.close(work, activity_id, now)

    async def _nudge_clips(self, work: Work, now: datetime) -> None:
        for clip_id in await clip_rows.due_for_masking(work.session, now):
            work.nudge("prepare", clip_id)
        asked_before = now - TEACHER_ANSWERS_WITHIN
        for clip_id in await clip_rows.due_for_reading(
            work.session, now, asked_before=asked_before
        ):
            work.nudge("read", clip_id)
        for clip_id in await tracing_rows.due_for_drawing(work.session, now):
            work.nudge("draw", clip_id)
        for clip_id in await tracing_rows.due_for_outlining(work.session, now):
            nudge_outline(work, clip_id)
        for clip_id in await clip_rows.due_for_discarding(work.session):
            work.nudge("discard", clip_id)

    async def _nudge_grades(self, work: Work, now: datetime) -> None:
        for line_item_id in await line_item_rows.due(work.session, now):
            work.nudge("column", line_item_id)
        for line_item_id in await line_item_rows.due_for_change(work.session, now):
            work.nudge("column_changes", line_item_id)
        for service_id in await notice_rows.due(work.session, now):
            work.nudge("notices", service_id)
        for row in await passback_rows.due(work.session, now):
            passback.nudge(work, row)

    async def _sweep_clips(self, now: datetime) -> None:
        await asyncio.to_thread(sweep_workspace, self.settings.home / "work")
        async with self.database.begin() as work:
            raw = await clip_rows.with_raw_to_delete(work.session, now - RAW_KEPT_FOR)
        try:
            for clip in raw:
                await self.ingest.delete_raw(clip.id)
            await self.clips.sweep(older_than=RAW_KEPT_FOR.total_seconds())
        except ClipStoreUnavailable as error:
            log.warning("clips are swept later: %s", error)


def sweep_workspace(folder: Path) -> None:
    """Remove the folders of jobs that were killed: they may hold a raw clip."""
    if not folder.exists():
        return
    oldest = time.time() - RAW_KEPT_FOR.total_seconds() / 2
    for entry in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # a job that has ended meanwhile
            if entry.stat().st_mtime < oldest:
                shutil.rmtree(entry, ignore_errors=True)


def register(app: App, worker: Worker) -> None:
    """Tell procrastinate our tasks; each takes the id of the row to look at."""

    def task(name: str, act: Callable[[UUID], Awaitable[None]]) -> None:
        async def run(subject: str) -> None:
            try:
                await act(UUID(subject))
            except ClipStoreUnavailable as error:  # its row is still due: the sweep comes back
                log.warning("%s of %s waits: %s", name, subject, error)

        app.task(name=name)(run)

    task("prepare", worker.ingest.prepare)
    task("read", worker.ingest.read)
    task("draw", worker.ingest.draw)
    task("outline", worker.ingest.outline)
    task("discard", worker.ingest.discard)
    task("anchor", worker.anchors.draw)
    task("passback", worker.passback)
    task("column", worker.column)
    task("column_changes", worker.column_changes)
    task("roster", worker.roster)
    task("notices", worker.ask_for_notices)

    async def sweep(timestamp: int) -> None:
        await worker.sweep()

    async def rescue(timestamp: int) -> None:
        await retry_stalled(app, worker.settings.stalled_seconds)

    app.periodic(cron=every(worker.settings.sweep_seconds))(
        app.task(name="sweep", queueing_lock="sweep")(sweep)
    )
    app.periodic(cron=every(RESCUE_SECONDS))(
        app.task(name="rescue", queueing_lock="rescue")(rescue)
    )


def every(seconds: int) -> str:
    """As cron spells it here, where the seconds come last: put first, they would be minutes."""
    return f"* * * * * */{seconds}"


async def retry_stalled(app: App, seconds: float) -> None:
    """Give the jobs of a worker that has gone silent to another."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
        log.warning("job %s (%s) was left by a dead worker; it runs again", job.id, job.task_name)
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # the sweep has queued its work anew: that one waits for its lock
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


async def run(app: App, settings: Settings) -> None:
    """Do jobs until told to stop: grades, the sweep and the rescue never wait for clips, which wait
    for their turn in the preparer and the reader."""
    places = {ON_CLIPS: 2 * settings.jobs_at_once, QUICK: QUICK_JOBS_AT_ONCE}
    async with asyncio.TaskGroup() as both:
        workers = [
            both.create_task(
                app.run_worker_async(
                    name=queue,
                    queues=[queue],
                    concurrency=concurrency,
                    install_signal_handlers=False,  # each would take the other's away
                    listen_notify=settings.listen_notify,
                    fetch_job_polling_interval=2.0,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=5.0,
                    update_heartbeat_interval=settings.heartbeat_seconds,
                    stalled_worker_timeout=settings.stalled_seconds,
                )
            )
            for queue, concurrency in places.items()
        ]

        def stop() -> None:
            for one in workers:
                if not one.cancelling():  # asked twice, it would leave its jobs where they are
                    one.cancel()

        with on_stop(stop):
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        stop()  # one that ends by itself takes the other with it: whoever started us starts anew


async def work(settings: Settings) -> None:
    """One worker process, until it is told to stop."""
    if problem := await asyncio.to_thread(why_unusable, settings.database):
        raise SettingsRefused(problem)
    lifeline.end_with_stdin()
    http = httpx2.AsyncClient(follow_redirects=False)
    worker = make_worker(settings, http)
    app = make_app(settings.database, pool_size=settings.jobs_at_once + QUICK_JOBS_AT_ONCE + 2)
    register(app, worker)
    await worker.database.open()
    try:
        async with app.open_async():
            await run(app, settings)
    finally:
        await worker.database.close()
        await worker.clips.close()
        await http.aclose()


def make_worker(
    settings: Settings,
    http: httpx2.AsyncClient,
    *,
    preparer: Preparer | None = None,
    reader: Reader | None = None,
    outliner: Outliner | None = None,
    phantom_outliner: Outliner | None = None,
    draws_anchors: Draws = draw_anchor,
    clock: Callable[[], datetime] | None = None,
    database: Database | None = None,
) -> Worker:
    """The parts of a worker, wired."""
    clock = clock or utc_now
    signer = Signer(settings.secret)
    database = database or Database(settings.database)
    clips = make_clips(settings, signer, patient=True)

    async def key() -> LtiKey:
        return await signing_key(database, signer, clock())

    tokens = TokenClient(http, key, shelf=DatabaseShelf(database, signer))
    return Worker(
        settings=settings,
        database=database,
        clips=clips,
        ingest=Ingest(
            database=database,
            clips=clips,
            preparer=preparer or LocalPreparer(at_once=settings.jobs_at_once),
            reader=reader or make_reader(settings),
            outliner=outliner or make_outliner(settings),
            phantom_outliner=phantom_outliner or make_phantom_outliner(),
            viewing=Viewing(database=database, cloud=settings.cloud, clock=clock),
            workspace=settings.home / "work",
            clock=clock,
            read_delays=settings.read_delays,
        ),
        anchors=Anchors(
            database=database,
            clips=clips,
            draws=draws_anchors,
            workspace=settings.home / "work",
            clock=clock,
            delays=settings.read_delays,
        ),
        grades=GradesClient(http, tokens),
        rosters=RosterClient(http, tokens),
        notices=NoticesClient(http, tokens),
        clock=clock,
    )
