"""One pass over a masked clip: the same as looking at all of it at once, in far less memory."""

import asyncio
import io
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from inference import reader
from inference.looking import look
from inference.reader import Request, network_video
from inference.reading import ClipRefused, Outcome
from inference.sampling import network_video as all_at_once
from inference.triage import Motion
from inference.triaged import TriageSettings
from inference.watching import watched_frames
from tests.unit.inference import clips

SIDE, FRAMES, RATE = 640, 240, 120
WHOLE = SIDE * SIDE * FRAMES  # bytes of the decoded clip


@pytest.mark.parametrize("rate", [10, 25, 47, 120])
def test_the_network_sees_what_it_would_see_of_the_whole_clip(rate: int) -> None:
    frames = np.random.default_rng(rate).integers(0, 256, (90, 70, 80), dtype=np.uint8)
    frames[:, :9] = 0
    frames[41, 4, 20:60] = 250  # lit in one frame only, which may be left out
    times = np.arange(90) / rate
    seen = watched_frames(frames, list(times))
    assert (network_video(seen) == all_at_once(frames, times)).all()
    assert len(seen.frames) <= np.ceil(90 / rate * 25) + 1


@pytest.mark.parametrize(
    ("frames", "reasons"),
    [
        (np.zeros((0, 8, 8), np.uint8), ("black",)),
        (np.full((5, 10, 10), 0, np.uint8), ("black",)),
        (np.full((1, 10, 10), 9, np.uint8), ("no_motion",)),
        (np.full((5, 10, 10), 9, np.uint8), ("no_motion",)),
        (np.arange(500, dtype=np.uint8).reshape(5, 10, 10), ("view_not_confirmed",)),
    ],
)
def test_what_is_black_or_still_is_seen_frame_by_frame(
    frames: np.ndarray, reasons: tuple[str, ...]
) -> None:
    motion = Motion()
    for frame in frames:
        motion.see(frame)
    assert motion.verdict().reasons == reasons
    assert motion.verdict().outcome is not Outcome.ACCEPTED


@pytest.mark.parametrize("told", [0, 4, 6])
def test_a_clip_with_other_frames_than_its_row_says_is_refused(told: int) -> None:
    with pytest.raises(ClipRefused):
        watched_frames(np.full((5, 8, 8), 90, np.uint8), [number / 25 for number in range(told)])


@pytest.fixture(scope="module")
def long_clip() -> bytes:
    small = clips.heart(48, side=SIDE // 8)
    frames = np.kron(small[np.arange(FRAMES) % 48], np.ones((1, 8, 8), np.uint8))
    return clips.timed(frames, [number / RATE for number in range(FRAMES)])


def peak(act: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_clip_is_checked_without_being_held(long_clip: bytes) -> None:
    settings = TriageSettings()
    assert peak(lambda: asyncio.run(look(io.BytesIO(long_clip), settings))) < WHOLE / 4


def test_of_a_long_clip_no_more_is_held_than_is_read(long_clip: bytes) -> None:
    times = [number / RATE for number in range(FRAMES)]
    request = Request(frame_times=times, phantom=True, frame_rate_told=False)
    assert peak(lambda: reader.read(io.BytesIO(long_clip), request)) < WHOLE
