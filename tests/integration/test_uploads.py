"""A clip of one's own: sent, masked, refused in words, replaced, read when the reader is back."""

import json
import logging
import os
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import literal_column, select, table, text

from inference.client import LocalPreparer
from inference.reading import MAX_UPLOAD_BYTES, ClipRefused, RefusalCode
from service import words
from service.clips import new_raw_key
from service.models import Attempt, Clip, ClipState, Score
from tests.support.fakes import MASKED, NOON
from tests.support.walks import (
    RAW,
    a_ready_clip,
    asks_for_grant,
    attempt_of,
    carried,
    granted,
    locks,
    reloads,
    says_done,
    uploads,
)
from tests.support.world import TOOL, Browser, World, form_to
from tests.unit.inference import clips, dicoms

COSTS_NOTHING = "Your grade isn't affected and no attempt was used."


def stored(world: World, kind: str) -> list[Path]:
    """The files under one prefix of the clip store."""
    return [path for path in (world.settings.clips_folder / kind).glob("*") if path.is_file()]


@pytest.fixture
async def ada(world: World) -> Browser:
    """Ada, who is about to send a clip."""
    return await world.learner("own-clip")


async def test_a_clip_is_masked_and_its_raw_file_is_gone_at_once(
    world: World, ada: Browser
) -> None:
    await uploads(ada)
    assert "Hiding everything around the picture" in ada.text
    assert [path.read_bytes() for path in stored(world, "raw")] == [RAW]
    await world.works()
    assert stored(world, "raw") == []
    assert [path.read_bytes() for path in stored(world, "masked")] == [MASKED]
    assert list((world.settings.home / "work").iterdir()) == []
    [clip] = await world.stored(Clip)
    assert (clip.state, clip.raw_deleted_at) == (ClipState.READY, world.clock())
    assert "Watch, then estimate" in await reloads(ada)


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (ClipRefused(RefusalCode.UNREADABLE), "We couldn't open this file."),
        (
            ClipRefused(RefusalCode.UNSUPPORTED_TYPE, {"kind": "PDF"}),
            "This is a PDF. Please choose a video (MP4, AVI, MOV) or an animated GIF.",
        ),
        (
            ClipRefused(RefusalCode.UNSUPPORTED_TYPE, {"kind": "<b>HTML</b> page"}),
            "Please choose a video",
        ),
        (
            ClipRefused(RefusalCode.TOO_SHORT),
            "This clip is too short to show a full heartbeat. Use at least 1 second",
        ),
        (ClipRefused(RefusalCode.STILL_IMAGE), "it is a still image"),
        (
            ClipRefused(RefusalCode.TOO_LONG, {"seconds": 48.0, "limit": 20.0}),
            "This clip is 48 seconds; the limit is 20.",
        ),
        (
            ClipRefused(RefusalCode.TOO_LARGE, {"megabytes": 83}),
            "This file is 83 MB; the limit is 50 MB. Shorten it or export at lower quality.",
        ),
        (ClipRefused(RefusalCode.NO_SECTOR), "We couldn't find the ultrasound picture"),
        (ClipRefused(RefusalCode.FRAME_RATE_UNKNOWN), "how many frames were recorded each second"),
    ],
    ids=lambda value: value.code if isinstance(value, ClipRefused) else "",
)
async def test_a_refused_clip_is_explained_and_costs_nothing(
    world: World, ada: Browser, refused: ClipRefused, words: str
) -> None:
    world.preparer.fails = refused
    await uploads(ada)
    await world.works()
    page = await reloads(ada)
    assert words in page
    assert COSTS_NOTHING in page
    assert "<b>" not in page
    assert "/clip/grant" in page, "another clip can be chosen right here"
    world.preparer.fails = None
    world.clock.passes(minutes=10)
    await uploads(ada)
    await world.works()
    await reloads(ada)
    await locks(ada, "42", attest="true")
    assert "You said 42 %. The software read 51 %." in ada.text
    assert len(await world.stored(Attempt)) == 1
    assert [score.value for score in await world.stored(Score)] == [1.0]
    await world.works()
    assert stored(world, "raw") == []


def test_every_reason_to_refuse_has_its_sentence() -> None:
    for code in RefusalCode:
        sentence = words.refusal({"code": code.value, "detail": {}})
        assert sentence.endswith(COSTS_NOTHING)
        assert "{" not in sentence


async def test_a_missing_frame_rate_is_asked_for_and_told_to_the_preparer(
    world: World, ada: Browser
) -> None:
    world.preparer.fails = ClipRefused(RefusalCode.FRAME_RATE_UNKNOWN)
    await uploads(ada)
    await world.works()
    assert 'name="frames_per_second"' in await reloads(ada)
    world.preparer.fails = None
    for wrong in ("", "many", "5", "151", "1e9", "9" * 400):
        fields = {"csrf": carried(ada.text)["X-Eyeball-CSRF"], "frames_per_second": wrong}
        url = f"{TOOL}{attempt_of(ada)}/frame-rate"
        answer = await ada.http.post(url, data=fields)
        assert (answer.status_code, "from 10 to 150" in answer.text) == (409, True)
    await ada.sends(form_to(ada.text, "/frame-rate"), frames_per_second="32,5")
    await world.works()
    assert world.preparer.told == [None, 32.5]
    assert "Watch, then estimate" in await reloads(ada)
    assert stored(world, "raw") == []


async def test_a_clip_whose_frame_rate_nobody_tells_is_deleted_within_the_hour(
    world: World, ada: Browser
) -> None:
    world.preparer.fails = ClipRefused(RefusalCode.FRAME_RATE_UNKNOWN)
    await uploads(ada)
    await world.works()
    assert len(stored(world, "raw")) == 1
    world.clock.passes(minutes=59)
    await world.worker.sweep()
    assert len(stored(world, "raw")) == 1
    world.clock.passes(minutes=2)
    await world.worker.sweep()
    assert stored(world, "raw") == []
    assert 'name="frames_per_second"' not in await reloads(ada)


async def test_a_clip_that_was_sent_and_never_reported_is_deleted_within_the_hour(
    world: World, ada: Browser
) -> None:
    await ada.http.put((await granted(ada))["url"], content=RAW)
    world.clock.passes(minutes=61)
    await world.worker.sweep()
    assert stored(world, "raw") == []


async def test_a_raw_clip_sent_again_after_masking_does_not_stay(
    world: World, ada: Browser
) -> None:
    url = (await granted(ada))["url"]
    await ada.http.put(url, content=RAW)
    await says_done(ada)
    await world.works()
    assert (await ada.http.put(url, content=RAW)).status_code == 410
    for path in stored(world, "raw"):
        os.utime(path, (time.time() - 3700,) * 2)
    world.clock.passes(minutes=61)
    await world.worker.sweep()
    assert stored(world, "raw") == []


async def test_replacing_a_clip_deletes_its_masked_file_and_costs_nothing(world: World) -> None:
    ada = await a_ready_clip(world)
    await ada.sends(form_to(ada.text, "/replace"))
    assert "/clip/grant" in ada.text
    await world.works()
    assert stored(world, "masked") == stored(world, "raw") == []
    await uploads(ada)
    await world.works()
    assert len(stored(world, "masked")) == 1
    await reloads(ada)
    await locks(ada, "42", attest="true")
    assert len(await world.stored(Attempt)) == 1


async def test_a_clip_replaced_while_it_is_being_masked_leaves_nothing(
    world: World, ada: Browser
) -> None:
    await uploads(ada)
    await uploads(ada, b"another clip")
    await world.works()
    assert stored(world, "raw") == []
    assert len(stored(world, "masked")) == 1
    assert sorted(clip.state for clip in await world.stored(Clip)) == ["deleted", "ready"]


async def test_an_upload_in_whose_place_another_came_is_told_so(world: World, ada: Browser) -> None:
    url = (await granted(ada))["url"]
    await uploads(ada, b"from another window")
    await world.works()
    asked = await ada.http.put(url, headers={"Content-Range": f"bytes */{len(RAW)}"})
    sent = await ada.http.put(url, content=RAW)
    assert (asked.status_code, sent.status_code) == (410, 410)


async def test_a_locked_clip_cannot_be_exchanged(world: World) -> None:
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    answer = await asks_for_grant(ada, 10)
    assert (answer.status_code, "takes no other clip" in answer.text) == (409, True)
    fields = {"csrf": carried(ada.text)["X-Eyeball-CSRF"]}
    await ada.http.post(f"{TOOL}{attempt_of(ada)}/replace", data=fields)
    assert [clip.state for clip in await world.stored(Clip)] == [ClipState.READY]


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    world: World, ada: Browser
) -> None:
    assert f"up to {MAX_UPLOAD_BYTES / 1e6:g} MB" in ada.text
    for size, said in ((83_000_000, 83), (MAX_UPLOAD_BYTES + 1, 51)):
        answer = await asks_for_grant(ada, size)
        assert answer.status_code == 409
        assert f"This file is {said} MB; the limit is 50 MB." in answer.text
    for size in (0, -1, MAX_UPLOAD_BYTES + 1):
        refused = await asks_for_grant(ada, size)
        assert refused.status_code == 409
        assert ("This file is empty." in refused.text) == (size <= 0)
    assert not await world.stored(Clip)
    assert (await asks_for_grant(ada, MAX_UPLOAD_BYTES)).status_code == 200


async def test_done_without_bytes_asks_to_send_again(world: World, ada: Browser) -> None:
    await granted(ada)
    answer = await says_done(ada)
    assert (answer.status_code, "Please send it again" in answer.text) == (409, True)
    assert [clip.state for clip in await world.stored(Clip)] == [ClipState.AWAITED]


async def test_the_files_name_has_nowhere_to_go(world: World, ada: Browser) -> None:
    grant = await granted(ada)
    assert "NAME" not in json.dumps(grant)
    name = {"name": "NAME-1970.mp4"}
    headers = {**carried(ada.text), "HX-Request": "true"}
    url = f"{TOOL}{attempt_of(ada)}/clip/grant"
    asked = await ada.http.post(url, json={"bytes": len(RAW), **name}, headers=headers)
    disposition = {"Content-Disposition": 'attachment; filename="NAME-1970.mp4"'}
    await ada.http.put(asked.json()["url"], content=RAW, headers=disposition)
    await says_done(ada)
    await world.works()
    kept = [str(vars(row)) for row in await world.stored(Clip)]
    kept += [str(path) for path in world.settings.clips_folder.rglob("*")]
    assert not [text for text in kept if "NAME" in text]
    assert "type=" not in " ".join(form_to(await reloads(ada), "/review").fields)
    assert 'type="file" id="clip-file" name' not in ada.text


async def others_send(
    world: World,
    gigabytes: int,
    *,
    state: ClipState = ClipState.AWAITED,
    created_at: datetime | None = None,
) -> None:
    """Clips of other learners that are on their way."""
    async with world.worker.database.begin() as work:
        for _ in range(gigabytes):
            work.session.add(
                Clip(
                    state=state,
                    phantom=False,
                    raw_key=new_raw_key(),
                    raw_bytes=1024**3,
                    created_at=created_at or world.clock(),
                )
            )


async def test_in_a_flood_a_clip_waits_for_its_turn_and_loses_nothing(
    world: World, ada: Browser
) -> None:
    await others_send(world, 2)
    for _ in range(2):
        answer = await asks_for_grant(ada, len(RAW))
        assert answer.status_code == 429
        assert "Yours waits for its turn, and goes on by itself." in answer.text
    assert len(await world.stored(Clip)) == 2
    world.clock.passes(minutes=16)
    await uploads(ada)
    assert "Hiding everything around the picture" in ada.text


async def test_whoever_waits_is_told_how_many_come_before(world: World, ada: Browser) -> None:
    bea = await world.learner("own-clip", "learner-2")
    for person in (ada, bea):
        await uploads(person)
        world.clock.passes(seconds=1)
    async with world.worker.database.begin() as work:
        await work.session.execute(
            text("insert into procrastinate_workers (last_heartbeat) values (:now)"),
            {"now": world.clock()},
        )
    assert "before yours" not in await reloads(ada)
    assert "One clip is before yours." in await reloads(bea)
    await others_send(world, 1, state=ClipState.UPLOADED, created_at=NOON)
    assert "2 clips are before yours." in await reloads(bea)


MARKERS = ("OKAFORMARKER", "mrn-7719934", "19610312")


async def test_nothing_that_identifies_is_kept_in_any_row_file_or_log(
    world: World, ada: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """Names in the file's name, its metadata, its sound track and its DICOM tags."""
    caplog.set_level(logging.DEBUG)
    name, number, born = MARKERS
    page = clips.page(clips.heart(36))
    tags = {"PatientName": name, "PatientID": number, "PatientBirthDate": born}
    private = {"InstitutionName": name, "OperatorsName": name, "ImageComments": number}
    movie = clips.video(page, title=f"{name} {number} {born}", sound=True)
    worker = replace(world.worker, ingest=replace(world.worker.ingest, preparer=LocalPreparer()))
    world.worker = worker
    for raw in (movie, dicoms.with_overlay(dicoms.gray(page, **tags, **private), name.encode())):
        assert name.encode() in raw
        grant = await granted(ada, len(raw))
        disposition = {"Content-Disposition": f'attachment; filename="{name}-{number}.mp4"'}
        sent = await ada.http.put(grant["url"], content=raw, headers=disposition)
        assert sent.status_code == 204
        await says_done(ada)
        await world.works()
        assert "Watch, then estimate" in await reloads(ada)
        assert stored(world, "raw") == []
        await everything_is_free_of(world, MARKERS)
        assert not [marker for marker in MARKERS if marker in caplog.text]


async def everything_is_free_of(world: World, markers: tuple[str, ...]) -> None:
    """Every row of every table, and every file that the tool holds."""
    async with world.worker.database.begin() as work:
        names = await work.session.scalars(
            text("select tablename from pg_tables where schemaname = current_schema()")
        )
        rows = [
            str(row)
            for name in names.all()
            for row in await work.session.scalars(
                select(literal_column("x::text")).select_from(table(name).alias("x"))
            )
        ]
    assert len(rows) > 10
    files = [path for path in world.settings.home.rglob("*") if path.is_file()]
    assert files
    for marker in markers:
        assert not [row for row in rows if marker in row], marker
        assert not [path for path in files if marker in str(path)], marker
        assert not [path for path in files if marker.encode() in path.read_bytes()], marker
