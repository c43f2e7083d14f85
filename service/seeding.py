"""Rows that a deployment starts with: the practice cases, and for the demo its LMS."""

import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from inference.client import PRACTICE_BATCH, PhantomCase, draw_practice_cases
from inference.reading import Tracing as SoftwareTracing
from service.clips import ClipStore, new_masked_key
from service.models import Case, Clip, ClipState, Registration, Tracing
from service.store import clips as clip_rows
from service.store import registrations as registration_rows
from service.store.database import Database

PHANTOM_TRUTH = "phantom"
Draws = Callable[..., Awaitable[list[PhantomCase]]]


async def seed_registration(
    database: Database, registration: Registration, deployment_id: str, now: datetime
) -> UUID:
    """Let one LMS in, or bring its addresses up to date."""
    async with database.begin() as work:
        known = await registration_rows.put(work.session, registration)
        await registration_rows.approve(work.session, known.id, deployment_id, now)
        return known.id


async def seed_cases(
    database: Database,
    clips: ClipStore,
    *,
    wanted: int,
    workspace: Path,
    clock: Callable[[], datetime],
    on_progress: Callable[[int, int], None],
    draw: Draws = draw_practice_cases,
) -> int:
    """Draw so many practice cases, in whole batches, but for those that are there; return how many
    were drawn."""
    async with database.begin() as work:
        known = len(await clip_rows.cases(work.session))
    added = 0
    for batch in range(batches(known), batches(wanted)):
        before = known + added

        def drawn(done: int, _of: int, before: int = before) -> None:
            on_progress(before + done, wanted)

        workspace.mkdir(parents=True, exist_ok=True)
        try:
            cases = await draw(workspace, on_progress=drawn, batch=batch)
            await add_cases(database, clips, cases, after=before, now=clock())
        finally:
            shutil.rmtree(workspace, ignore_errors=True)
        added += len(cases)
    return added


def batches(cases: int) -> int:
    """How many batches so many cases take; one that was begun is never drawn a second time."""
    return -(-cases // PRACTICE_BATCH)


async def add_cases(
    database: Database, clips: ClipStore, drawn: list[PhantomCase], *, after: int, now: datetime
) -> None:
    """Put cases behind those that the library has."""
    async with database.begin() as work:
        for position, case in enumerate(drawn, start=after + 1):
            clip = await store_case(clips, case, now)
            work.session.add(clip)
            await work.session.flush()
            work.session.add(case_row(clip, case, position))
            if case.tracing is not None:
                work.session.add(tracing_row(clip, case.tracing))
            work.nudge("read", clip.id)


async def store_case(clips: ClipStore, case: PhantomCase, now: datetime) -> Clip:
    """Put a drawn clip where masked clips lie; its key tells nothing of its number."""
    key = new_masked_key()
    await clips.put_file(key, case.path)
    return Clip(
        id=uuid4(),
        state=ClipState.READY,
        phantom=True,
        masked_key=key,
        masked_sha256=case.prepared.sha256,
        prepared=case.prepared.to_primitives(),
        stills_due=case.tracing is not None,
        prepare_tries=0,
        read_tries=0,
        outages=0,
        created_at=now,
        ready_at=now,
    )


def case_row(clip: Clip, case: PhantomCase, position: int) -> Case:
    """The case, with the LVEF that it was drawn with."""
    return Case(
        position=position,
        clip_id=clip.id,
        reference_lvef=case.lvef,
        reference_source=PHANTOM_TRUTH,
        created_at=clip.created_at,
    )


def tracing_row(clip: Clip, tracing: SoftwareTracing) -> Tracing:
    """The outline that the case was drawn with."""
    return Tracing(clip_id=clip.id, body=tracing.to_primitives(), created_at=clip.created_at)
