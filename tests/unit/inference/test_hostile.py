"""Whatever a clip is made of, it ends in a masked clip or a refusal, at little cost."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inference.client import LocalPreparer
from inference.pipe import ROOT
from inference.reading import RefusalCode
from tests.unit.inference import clips, hostile

MUTATIONS = 300
REFUSED_WITHIN = 3.0  # seconds of processor time
ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # a fork takes no thread along
LARGEST_CHILD = 1024 * 1024  # kilobytes resident
OF_EACH_KIND = {
    "GIF of 65535 x 65535",
    "m3u8",
    "ZIP",
    "noise",
    "MP4 cut in its index",
    "DICOM of a million frames",
}
PLAYED = {"ZIP behind an MP4", "MOV that refers to another file"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a clip, and what it cost: its refusal or its size, seconds of processor time,
    kilobytes of the largest child so far."""

    refused: str | None
    size: list[int] | None
    seconds: float
    kilobytes: int


class Preparing:
    """Prepares clips as the product does, from a small process: a child counts its parent's memory
    as its own, and the tests' has torch in it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.unit.inference.preparing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
            cwd="/",
        )

    def outcome_of(self, content: bytes, folder: Path) -> Outcome:
        """Prepare it; any error but a refusal is a failure."""
        folder.mkdir()
        clips.stored(folder, content)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        outcome = Outcome(**json.loads(self._process.stdout.readline()))
        left = {path.name for path in folder.iterdir()}
        assert left == ({"raw"} if outcome.refused else {"raw", "masked.mp4"})
        return outcome

    def ends(self) -> None:
        """There are no more clips."""
        self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def preparing() -> Iterator[Preparing]:
    """One process for all clips."""
    process = Preparing()
    yield process
    process.ends()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in OF_EACH_KIND else pytest.mark.breadth)
        for name in sorted(hostile.HOSTILE)
    ],
)
def test_a_hostile_clip_is_refused_in_words_within_three_seconds(
    name: str, preparing: Preparing, tmp_path: Path
) -> None:
    outcome = preparing.outcome_of(hostile.HOSTILE[name](), tmp_path / "job")
    assert outcome.kilobytes <= LARGEST_CHILD
    if name in PLAYED and outcome.size:
        return
    assert outcome.refused in set(RefusalCode)
    assert outcome.seconds <= REFUSED_WITHIN, outcome


@pytest.mark.breadth
def test_a_clip_that_changes_its_size_is_brought_to_its_first(
    preparing: Preparing, tmp_path: Path
) -> None:
    assert preparing.outcome_of(hostile.size_changes(), tmp_path / "job").size == [320, 240]


@pytest.mark.breadth
@pytest.mark.parametrize("name", ["clip.pdf", "photo.jpg", "clip%03d.avi", "no-extension"])
async def test_a_clips_name_is_never_believed(name: str, tmp_path: Path) -> None:
    raw = tmp_path / name
    raw.write_bytes(hostile.good()[2])
    prepared = await LocalPreparer().prepare(raw, tmp_path / "masked.mp4")
    assert len(prepared.frame_times) == 34


@pytest.mark.breadth
@pytest.mark.timeout(900)  # three hundred clips, on a machine that may be busy
async def test_damaged_clips_end_in_a_clip_or_a_refusal(tmp_path: Path) -> None:
    """Each in a process of its own, two at a time."""
    for number, content in enumerate(hostile.good()):
        (tmp_path / f"{number:02}").write_bytes(content)
    halves = await asyncio.gather(*(mutations(tmp_path, half, MUTATIONS, 2) for half in (0, 1)))
    ended = sum((Counter(half["ended"]) for half in halves), Counter[str]())
    assert [half["failed"] for half in halves] == [[], []]
    assert ended.total() == MUTATIONS
    assert ended["prepared"] > MUTATIONS / 10
    assert ended["unreadable"] > MUTATIONS / 10
    assert max(half["seconds"] for half in halves) <= REFUSED_WITHIN
    assert max(half["kilobytes"] for half in halves) <= LARGEST_CHILD


async def mutations(originals: Path, first: int, end: int, step: int) -> dict[str, Any]:
    """How these mutations ended, and what the dearest refusal cost."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tests.unit.inference.mutations"),
        *map(str, (originals, first, end, step)),
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), **ALONE},
        cwd="/",
    )
    told, _ = await process.communicate()
    return json.loads(told)
