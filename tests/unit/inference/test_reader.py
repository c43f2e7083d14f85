"""From a masked clip to a reading."""

import io
from collections.abc import Sequence

import numpy as np
import pytest

from inference.painting import paint
from inference.practice import practice_phantoms
from inference.reader import Request, read
from inference.reading import ClipRefused, Outcome, Reading, RefusalCode, agreement_is_low
from tests.unit.inference import clips


def reading(
    frames: clips.Gray,
    times: Sequence[float],
    *,
    phantom: bool = True,
    frame_rate_told: bool = False,
) -> Reading:
    content = clips.timed(frames, times)
    request = Request(frame_times=list(times), phantom=phantom, frame_rate_told=frame_rate_told)
    return read(io.BytesIO(content), request)


def at(rate: int, seconds: float) -> np.ndarray:
    return np.arange(int(rate * seconds)) / rate


def test_drawn_hearts_are_read_in_their_order_and_near() -> None:
    times = at(30, 2.5)
    hearts = [practice_phantoms()[number] for number in (0, 1, 2, 7)]
    found = [reading(paint(heart, times.astype(np.float32), 224), times) for heart in hearts]
    lvefs = [heart.heart.lvef for heart in hearts]
    assert np.argsort([each.lvef for each in found]).tolist() == np.argsort(lvefs).tolist()
    errors = [abs(each.lvef - lvef) for each, lvef in zip(found, lvefs, strict=True)]
    assert np.mean(errors) < 8
    assert {len(each.clip_lvefs) for each in found} == {8}


def test_the_same_bytes_give_the_same_reading() -> None:
    times = at(30, 1.6)
    first, again = (reading(clips.heart(), times) for _ in range(2))
    assert (first.lvef, first.clip_lvefs) == (again.lvef, again.clip_lvefs)
    assert first.versions == again.versions


@pytest.mark.breadth
def test_the_frame_rate_of_the_file_hardly_changes_the_reading() -> None:
    phantom = practice_phantoms()[0]
    lvefs = [
        reading(paint(phantom, at(rate, 2.5).astype(np.float32), 160), at(rate, 2.5)).lvef
        for rate in (25, 50)
    ]
    assert abs(lvefs[0] - lvefs[1]) < 5


def test_a_phantoms_range_comes_from_the_models_held_out_error() -> None:
    found = reading(clips.heart(), at(30, 1.6))
    assert found.half_width is not None
    assert 1.28 * found.spread < found.half_width < 15
    assert found.versions.demo_model


@pytest.mark.breadth
def test_a_plain_clip_of_three_seconds_raises_no_doubt_and_tells_its_heart_rate() -> None:
    heart, times = practice_phantoms()[0], at(30, 3)
    found = reading(paint(heart, times.astype(np.float32), 224), times)
    assert found.warnings == ()
    assert found.heart_rate == pytest.approx(heart.heart.heart_rate, rel=0.1)


def test_a_clip_of_one_beat_says_so() -> None:
    assert "few_beats" in reading(clips.heart(36), at(30, 1.21)).warnings


def test_the_demo_model_gives_no_range_on_a_real_heart() -> None:
    found = reading(clips.heart(), at(30, 1.6), phantom=False)
    assert found.half_width is None
    assert found.warnings[:2] == ("view_not_confirmed", "demo_model_on_real_heart")
    assert found.categories == ()


def test_the_local_check_never_accepts() -> None:
    verdict = reading(clips.heart(), at(30, 1.6)).verdict
    assert verdict.outcome is Outcome.UNSURE
    assert (verdict.view, verdict.checked_by) == ("unknown", "local")


def test_a_short_clip_and_a_told_frame_rate_are_said() -> None:
    found = reading(clips.heart(33), at(30, 1.11), frame_rate_told=True)
    assert found.warnings[:2] == ("short_clip", "frame_rate_told")


def test_a_black_clip_has_no_reading() -> None:
    with pytest.raises(ClipRefused) as refused:
        reading(np.zeros((40, 112, 112), np.uint8), at(25, 1.6))
    assert refused.value.code is RefusalCode.NO_SECTOR


def test_a_clip_without_motion_has_no_reading() -> None:
    with pytest.raises(ClipRefused) as refused:
        reading(np.repeat(clips.heart(1), 40, axis=0), at(25, 1.6))
    assert refused.value.code is RefusalCode.STILL_IMAGE


def test_times_of_another_clip_are_not_believed() -> None:
    request = Request(frame_times=[0.0, 0.1], phantom=True, frame_rate_told=False)
    with pytest.raises(ClipRefused):
        read(io.BytesIO(clips.timed(clips.heart(), at(30, 1.6))), request)


@pytest.mark.parametrize(
    ("lvefs", "spread", "half_width", "low"),
    [(4, 8.1, None, True), (4, 8.0, 10.0, False), (3, 9.0, 14.0, False), (1, 0.0, 15.1, True)],
)
def test_agreement_is_low_when_clips_part_or_the_range_is_wide(
    lvefs: int, spread: float, half_width: float | None, low: bool
) -> None:
    assert agreement_is_low(lvefs, spread, half_width) is low
