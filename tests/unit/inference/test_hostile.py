"""Whatever a clip is made of, it ends in a masked clip or a refusal, at little cost."""

import asyncio
import json
import os
import resource
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inference.client import LocalPreparer
from inference.pipe import ROOT
from inference.reading import ClipRefused, PreparedClip
from tests.unit.inference import clips, hostile

MUTATIONS = 300
REFUSED_WITHIN = 3.0  # seconds of processor time
ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # a fork takes no thread along
LARGEST_CHILD = 1024 * 1024  # kilobytes resident
PLAYED = {"ZIP behind an MP4", "MOV that refers to another file"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a clip, and what it cost.

    grown_to: kilobytes of the child, where it is the largest so far (others load torch), else 0.
    """

    ended: PreparedClip | ClipRefused
    seconds: float
    grown_to: int


async def outcome_of(content: bytes, folder: Path) -> Outcome:
    """Prepare it in a child, as the product does; any other error is a failure."""
    folder.mkdir(exist_ok=True)
    raw = clips.stored(folder, content)
    before, largest = _spent(), _largest()
    ended: PreparedClip | ClipRefused
    try:
        ended = await LocalPreparer().prepare(raw, folder / "masked.mp4")
    except ClipRefused as refused:
        ended = refused
    left = {path.name for path in folder.iterdir()}
    assert left == ({"raw"} if isinstance(ended, ClipRefused) else {"raw", "masked.mp4"})
    return Outcome(ended, _spent() - before, 0 if _largest() == largest else _largest())


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _largest() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(hostile.hostile()))
async def test_a_hostile_clip_is_refused_in_words_within_three_seconds(
    name: str, tmp_path: Path
) -> None:
    outcome = await outcome_of(hostile.hostile()[name], tmp_path / "job")
    if name in PLAYED and isinstance(outcome.ended, PreparedClip):
        return
    assert isinstance(outcome.ended, ClipRefused)
    assert outcome.seconds <= REFUSED_WITHIN
    assert outcome.grown_to <= LARGEST_CHILD


async def test_a_clip_that_changes_its_size_is_brought_to_its_first(tmp_path: Path) -> None:
    outcome = await outcome_of(hostile.size_changes(), tmp_path / "job")
    assert isinstance(outcome.ended, PreparedClip)
    assert (outcome.ended.width, outcome.ended.height) == (320, 240)


@pytest.mark.parametrize("name", ["clip.pdf", "photo.jpg", "clip%03d.avi", "no-extension"])
async def test_a_clips_name_is_never_believed(name: str, tmp_path: Path) -> None:
    raw = tmp_path / name
    raw.write_bytes(hostile.good()[2])
    prepared = await LocalPreparer().prepare(raw, tmp_path / "masked.mp4")
    assert len(prepared.frame_times) == 34


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
