"""Outlines become areas, beats, a rate and a rhythm; and never a volume."""

import dataclasses
import io

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.reading import DRAWN_BORDER, ClipRefused, Tracing
from inference.stills import stills
from inference.tracing import polygon_area, trace
from tests.unit.inference import clips

BEAT = 0.8
SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def pulsing(times: NDArray[np.float64], *, noise: float = 0.0) -> list[NDArray[np.float64]]:
    """Squares that are largest at 0, 0.8 ... s and smallest at 0.4, 1.2 ... s."""
    rng = np.random.default_rng(4)
    sides = 0.2 + 0.05 * np.cos(2 * np.pi * times / BEAT) + noise * rng.standard_normal(len(times))
    return [0.5 + side * SQUARE for side in sides]


@pytest.mark.parametrize("rate", [25, 30, 50, 90])
@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_every_beat_is_found_at_any_frame_rate(rate: int, noise: float) -> None:
    times = np.arange(int(2.5 * rate)) / rate
    found = trace(pulsing(times, noise=noise), list(times), source=DRAWN_BORDER)
    assert found is not None
    systoles = [times[beat.end_systole] for beat in found.beats]
    assert systoles == pytest.approx([0.4, 1.2, 2.0], abs=0.1)
    assert [times[beat.end_diastole] for beat in found.beats][1:] == pytest.approx(
        [0.8, 1.6], abs=0.1
    )
    assert found.heart_rate == pytest.approx(75, abs=2)
    assert found.irregular is False
    assert max(found.areas) == 100
    assert found.end_systole.frame == found.beats[0].end_systole


def test_beats_of_different_length_are_called_irregular() -> None:
    starts = np.cumsum([0.0, 0.6, 1.0, 0.6])
    times = np.arange(110) / 50
    phase = [float((t - starts[starts <= t][-1]) / 0.6) for t in times]
    outlines = [0.5 + (0.2 - 0.05 * np.sin(np.pi * min(1.0, p))) * SQUARE for p in phase]
    found = trace(outlines, list(times), source=DRAWN_BORDER)
    assert found is not None
    assert found.irregular


def test_too_few_beats_have_no_rate_and_no_rhythm() -> None:
    times = np.arange(40) / 50
    found = trace(pulsing(times), list(times), source=DRAWN_BORDER)
    assert found is not None
    assert found.heart_rate is None
    assert found.irregular is None


def test_a_still_outline_has_no_beat() -> None:
    assert trace([SQUARE] * 40, [n / 30 for n in range(40)], source=DRAWN_BORDER) is None


def test_the_area_of_a_polygon_does_not_depend_on_its_direction() -> None:
    assert polygon_area(SQUARE) == polygon_area(SQUARE[::-1]) == 4


def test_a_tracing_says_nothing_of_volumes_and_survives_json() -> None:
    times = np.arange(90) / 30
    found = trace(pulsing(times), list(times), source=DRAWN_BORDER)
    assert found is not None
    assert Tracing.from_primitives(found.to_primitives()) == found
    names = " ".join(field.name for field in dataclasses.fields(Tracing))
    assert "volume" not in names
    assert "lvef" not in names


def test_stills_are_the_frames_that_were_asked_for() -> None:
    frames = clips.heart(12)
    content = clips.timed(frames, [n / 30 for n in range(12)])
    first, last = stills(io.BytesIO(content), [11, 2])
    assert first[:3] == last[:3] == b"\xff\xd8\xff"
    assert first != last
    assert stills(io.BytesIO(content), [2]) == [last]
    with pytest.raises(ClipRefused):
        stills(io.BytesIO(content), [12])
