"""Where a clip opens: within a beat, whatever the heart, the noise, the marks and the cuts."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.cover import cover
from inference.painting import contours, paint
from inference.phantom import Phantom
from inference.poster import ENDS, Poster
from inference.practice import SEEDS, practice_phantoms
from inference.prepare import prepare
from inference.tracing import polygon_area
from inference.video import encode, frames_of, on_ticks
from tests.unit.inference import clips

FOLDER = Path(os.environ.get("EYEBALL_REAL_CLIPS", Path(__file__).parents[4] / "shared" / "clips"))
TIMES = np.arange(60) / 25
BEAT = 0.55  # seconds to either side: there an end of diastole and one of systole lie


def opened(frames: clips.Gray, times: NDArray[np.float64] = TIMES) -> int:
    poster = Poster(list(times))
    assert sum(1 for _ in poster.of(frames)) == len(frames)
    return poster.frame()


def filled(areas: NDArray[np.float64], frame: int, times: NDArray[np.float64] = TIMES) -> float:
    """How far the cavity is from the smallest (0) to the largest (1) of its beat."""
    near = areas[np.abs(times - times[frame]) < BEAT]
    return float((areas[frame] - near.min()) / (near.max() - near.min()))


def drawn(phantom: Phantom) -> tuple[clips.Gray, NDArray[np.float64]]:
    moments = TIMES.astype(np.float32)
    areas = np.array([polygon_area(outline) for outline in contours(phantom, moments)])
    return paint(phantom, moments, 112), areas


@pytest.mark.breadth
def test_practice_cases_open_between_end_diastole_and_end_systole() -> None:
    phantoms = [phantom for seed in SEEDS[:3] for phantom in practice_phantoms(seed)]
    found = sorted(filled(areas, opened(frames)) for frames, areas in map(drawn, phantoms))
    assert len(found) == 36
    assert np.mean([0.1 < one < 0.9 for one in found]) >= 0.97, found
    assert np.mean([0.2 < one < 0.8 for one in found]) >= 0.9, found


def test_noise_a_still_mark_and_a_short_cut_change_little() -> None:
    frames, areas = drawn(practice_phantoms()[0])
    rng = np.random.default_rng(7)
    noisy = np.clip(frames + rng.normal(0, 12, frames.shape), 0, 255).astype(np.uint8)
    noisy[:, 30:40, 30:60] = 255
    noisy[20:24] = 255 - noisy[20:24]
    frame = opened(noisy)
    assert not 20 <= frame < 24
    assert 0.15 < filled(areas, frame) < 0.85


def test_a_clip_opens_at_neither_of_its_ends_even_if_nothing_moves() -> None:
    still = np.full((60, 20, 30), 90, np.uint8)
    assert ENDS * TIMES[-1] < TIMES[opened(still)] < (1 - ENDS) * TIMES[-1]
    assert opened(still[:2], TIMES[:2]) in {0, 1}


@pytest.mark.breadth
def test_the_frame_is_chosen_when_a_clip_is_masked_and_again_when_it_is_covered() -> None:
    frames = clips.heart(48)
    prepared, masked = prepare(io.BytesIO(clips.timed(clips.page(frames), np.arange(48) / 30)))
    assert prepared.poster is not None
    assert 5 < prepared.poster < 42
    after, _ = cover(io.BytesIO(masked), prepared.frame_times, [])
    assert after.poster == pytest.approx(prepared.poster, abs=2)
    start, end = prepared.frame_times[prepared.poster : prepared.poster + 2]
    assert start < prepared.opens_at < end


@pytest.mark.breadth
@pytest.mark.skipif(not (FOLDER / "Example1.mp4").exists(), reason=f"no real clips in {FOLDER}")
def test_real_clips_open_within_a_beat_and_away_from_their_ends() -> None:
    for path in sorted(FOLDER.glob("0X*.mp4")):
        shown = np.stack([frame.gray for frame in frames_of(io.BytesIO(path.read_bytes()))])
        times = np.arange(len(shown)) / 50
        left = np.ascontiguousarray(shown[:, :, :112])
        content = encode(iter(left), on_ticks(times))
        prepared, _ = prepare(io.BytesIO(content))
        assert prepared.poster is not None
        assert ENDS / 2 < prepared.poster / len(shown) < 1 - ENDS / 2
