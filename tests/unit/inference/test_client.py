"""Children that prepare and read, and what becomes of them."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inference.client import LocalPreparer, LocalReader, draw_anchor, draw_practice_cases
from inference.pipe import ROOT
from inference.reading import (
    MAX_UPLOAD_BYTES,
    MAX_UPLOAD_MEGABYTES,
    ClipRefused,
    ReaderUnavailable,
    RefusalCode,
)
from tests.unit.inference import clips

READY = """echo '{"kind": "ready", "answer": {}, "bytes": 0}'"""
PATIENT = pytest.mark.timeout(240)  # other programs may keep both cores busy


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return clips.stored(tmp_path, clips.video(clips.page(clips.heart())))


def python_that(does: str, folder: Path) -> str:
    """A child of another mind, in place of the interpreter."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return str(path)


@PATIENT
async def test_an_upload_becomes_a_masked_clip_and_a_reading(raw: Path, tmp_path: Path) -> None:
    masked = tmp_path / "masked.mp4"
    prepared = await LocalPreparer().prepare(raw, masked)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["masked.mp4", "raw"]
    assert set(prepared.stages) == {"decode", "mask", "encode", "text"}
    reading = await LocalReader().read(masked, prepared.frame_times)
    assert 0 <= reading.lvef <= 100
    assert "demo_model_on_real_heart" in reading.warnings


async def test_a_refusal_comes_through_the_pipe_and_leaves_no_file(tmp_path: Path) -> None:
    raw = clips.stored(tmp_path, b"%PDF-1.7")
    with pytest.raises(ClipRefused) as refused:
        await LocalPreparer().prepare(raw, tmp_path / "masked.mp4")
    assert refused.value.detail == {"kind": "PDF"}
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


async def test_a_file_beyond_the_limit_is_too_large_in_the_words_of_the_page(
    tmp_path: Path,
) -> None:
    raw = tmp_path / "raw"
    with raw.open("wb") as file:
        file.truncate(MAX_UPLOAD_BYTES + 1)
    with pytest.raises(ClipRefused) as refused:
        await LocalPreparer().prepare(raw, tmp_path / "masked.mp4")
    assert refused.value.code is RefusalCode.TOO_LARGE
    assert refused.value.detail == {"megabytes": MAX_UPLOAD_MEGABYTES + 1}


@pytest.mark.breadth
@PATIENT
async def test_a_small_file_with_huge_frames_stops_at_a_limit(tmp_path: Path) -> None:
    raw = clips.stored(tmp_path, clips.bomb(side=3000, frames=3000))
    with pytest.raises(ClipRefused) as refused:
        await LocalPreparer(wall_seconds=200).prepare(raw, tmp_path / "masked.mp4")
    assert refused.value.code in {RefusalCode.TOO_LARGE, RefusalCode.UNREADABLE}


@pytest.mark.parametrize("end", ["kill -XCPU $$", "kill -SEGV $$", "kill -ABRT $$", "exit 1"])
async def test_a_clip_that_drives_the_child_over_a_limit_or_into_an_exception_is_unreadable(
    end: str, raw: Path, tmp_path: Path
) -> None:
    preparer = LocalPreparer(python=python_that(f"{READY}; {end}", tmp_path))
    with pytest.raises(ClipRefused) as refused:
        await preparer.prepare(raw, tmp_path / "masked.mp4")
    assert refused.value.code is RefusalCode.UNREADABLE


@pytest.mark.breadth
@pytest.mark.parametrize(
    "does",
    [
        f"{READY}; kill -KILL $$",
        "kill -SEGV $$",
        "exit 0",
        "exit 1",
        f"{READY}; exit 3",
        "echo nonsense",
        f"{READY}; echo '[]'",
        f"{READY}; exec 1>&-; exec sleep 60",
        f"""{READY}; echo '{{"kind": "prepared", "answer": {{}}, "bytes": 0}}'""",
        f"""{READY}; echo '{{"kind": "prepared", "answer": {{}}, "bytes": 99}}'""",
        f"""{READY}; echo '{{"kind": "prepared", "answer": {{}}, "bytes": 99999999999}}'""",
    ],
)
async def test_a_child_that_fails_by_itself_is_tried_again_later(
    does: str, raw: Path, tmp_path: Path
) -> None:
    preparer = LocalPreparer(python=python_that(does, tmp_path))
    with pytest.raises(ReaderUnavailable):
        await preparer.prepare(raw, tmp_path / "masked.mp4")
    assert not (tmp_path / "masked.mp4").exists()


async def test_a_child_that_hangs_is_killed_with_its_children(raw: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    hang = python_that(f"sleep 60 & echo $$ $! > {pids}; {READY}; wait", tmp_path)
    with pytest.raises(ReaderUnavailable, match="longer than"):
        await LocalPreparer(python=hang, wall_seconds=1).prepare(raw, tmp_path / "masked.mp4")
    await gone(pids)


async def test_a_cancelled_reading_kills_its_child(raw: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    hang = python_that(f"sleep 60 & echo $$ $! > {pids}; {READY}; wait", tmp_path)
    reading = asyncio.create_task(LocalReader(python=hang).read(raw, [0.0, 0.1]))
    while not (pids.exists() and pids.read_text().endswith("\n")):
        await asyncio.sleep(0.02)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await gone(pids)


async def test_a_missing_interpreter_or_clip_is_no_fault_of_the_clip(
    raw: Path, tmp_path: Path
) -> None:
    with pytest.raises(ReaderUnavailable, match="could not be started"):
        await LocalReader(python="/nowhere/python").read(raw, [0.0])
    with pytest.raises(ReaderUnavailable, match="not in its place"):
        await LocalPreparer().prepare(tmp_path / "absent", tmp_path / "masked.mp4")


@pytest.mark.breadth
@PATIENT
async def test_without_verified_weights_the_reader_says_so(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable, match="card"):
        await LocalReader(models=tmp_path).read(raw, [0.0, 0.1])


async def test_no_secret_reaches_a_child(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    seen = tmp_path / "environment"
    with pytest.raises(ReaderUnavailable):
        await LocalReader(python=python_that(f"env > {seen}", tmp_path)).read(raw, [0.0])
    assert "secret" not in seen.read_text()
    assert "HOME=" not in seen.read_text()


async def test_the_child_gets_the_clip_without_its_name(raw: Path, tmp_path: Path) -> None:
    seen = tmp_path / "arguments"
    request = tmp_path / "request"
    child = python_that(f"echo $@ > {seen}; head -n 1 > {request}", tmp_path)
    with pytest.raises(ReaderUnavailable):
        await LocalPreparer(python=child).prepare(raw, tmp_path / "masked.mp4")
    assert str(raw) not in seen.read_text() + request.read_text()
    assert json.loads(request.read_text())["told_frame_rate"] is None


PARENT = """
import asyncio, pathlib, sys
from inference.client import draw_practice_cases
folder = pathlib.Path(sys.argv[1])
asyncio.run(draw_practice_cases(folder, on_progress=lambda done, total: print(done, flush=True)))
"""


@PATIENT
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"1\n"
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        parent.send_signal(signal.SIGKILL)
    assert len(children) == 1
    (tmp_path / "pids").write_text(children[0])
    asyncio.run(gone(tmp_path / "pids"))


class EnoughSeen(Exception):
    """Raised by a listener that need not see all twelve."""


@pytest.mark.breadth
async def test_practice_cases_arrive_one_by_one_named_by_their_content(tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []

    def listen(done: int, total: int) -> None:
        progress.append((done, total))
        if done == 2:
            raise EnoughSeen

    with pytest.raises(EnoughSeen):
        await draw_practice_cases(tmp_path, on_progress=listen)
    assert progress == [(1, 12), (2, 12)]
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    assert [file.name for file in files] == [f"{digest(file)}.mp4" for file in files]


async def test_a_heart_of_an_exact_lvef_is_drawn_with_its_beats(tmp_path: Path) -> None:
    case = await draw_anchor(tmp_path, 40)
    assert (case.lvef, case.path.name) == (40.0, f"{digest(case.path)}.mp4")
    assert case.tracing is not None
    begins, lasts = case.tracing.first_beat(case.prepared.frame_times) or (0.0, 0.0)
    assert lasts == pytest.approx(60 / 66, abs=0.05)
    assert begins + lasts < case.prepared.seconds
    with pytest.raises(ReaderUnavailable):
        await draw_anchor(tmp_path, 41)  # no such heart was chosen


def digest(file: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


async def gone(pids: Path) -> None:
    """Wait until none of the processes lives."""
    async with asyncio.timeout(10):
        for pid in pids.read_text().split():
            while _lives(int(pid)):
                await asyncio.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_what_a_child_says_as_it_ends_is_in_the_log_and_moves_no_cursor(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flood = "head -c 20000 /dev/zero | tr '\\0' x >&2"
    says = f"{flood}; printf '\\nTrace\\033[2Jback: at line 7\\n' >&2; {READY}; exit 1"
    with pytest.raises(ReaderUnavailable):
        await LocalReader(python=python_that(says, tmp_path)).read(tmp_path / "python", [0.0])
    [told] = [record.getMessage() for record in caplog.records if record.name == "inference.pipe"]
    assert told.startswith("inference.reader ended with 1 and said:")
    assert told.endswith("Trace[2Jback: at line 7")
    assert len(told) < 9000
