"""The network's input, against plain numpy."""

import numpy as np
import pytest

from inference.sampling import (
    Square,
    network_clips,
    normalised,
    resampled,
    sector_square,
    spread_starts,
)


@pytest.mark.parametrize("rate", [10, 25, 30, 47, 50, 60, 149])
def test_each_tick_of_25_hertz_shows_the_nearest_frame(rate: int) -> None:
    times = 3.0 + np.arange(rate * 2) / rate
    chosen = resampled(times)
    ticks = np.arange(len(chosen)) / 25
    nearest = np.abs((times - times[0])[:, np.newaxis] - ticks).min(axis=0)
    assert np.abs(times[chosen] - times[0] - ticks) == pytest.approx(nearest, abs=1e-9)
    assert len(chosen) == 50


def test_uneven_times_are_resampled_by_time_and_not_by_number() -> None:
    times = np.concatenate([np.arange(20) * 0.01, 0.2 + np.arange(20) * 0.04])
    assert (np.diff(resampled(times)) >= 0).all()
    assert resampled(times)[1] == 4


def test_gray_is_normalised_by_the_published_mean_and_deviation() -> None:
    frames = np.random.default_rng(1).integers(0, 256, (3, 112, 112), dtype=np.uint8)
    expected = (frames.astype(np.float64) - 32.7) / 50.0
    assert normalised(frames, Square(0, 0, 112)) == pytest.approx(expected, abs=1e-5)


def test_shrinking_is_cubic_without_smoothing_and_keeps_plain_areas() -> None:
    frames = np.full((1, 300, 300), 90, np.uint8)
    assert normalised(frames, Square(0, 0, 300)) == pytest.approx((90 - 32.7) / 50, abs=1e-6)


def test_the_square_is_the_smallest_around_the_sector_and_centred_on_it() -> None:
    frames = np.zeros((4, 100, 200), np.uint8)
    frames[2, 20:80, 50:170] = 200
    assert sector_square(frames) == Square(50, -10, 120)


def test_what_lies_beyond_the_frame_is_black() -> None:
    frames = np.full((1, 56, 112), 200, np.uint8)
    shown = normalised(frames, Square(0, -28, 112))[0] * 50 + 32.7
    assert shown[:28] == pytest.approx(0, abs=1e-4)
    assert shown[28:84] == pytest.approx(200, abs=1e-4)


def test_clips_have_the_networks_shape_and_equal_channels() -> None:
    frames = np.random.default_rng(2).integers(0, 256, (90, 120, 130), dtype=np.uint8)
    clips = network_clips(frames, np.arange(90) / 30, clips=4)
    assert clips.shape == (4, 3, 32, 112, 112)
    assert clips.dtype == np.float32
    assert (clips[:, 0] == clips[:, 1]).all()
    assert (clips[:, 0] == clips[:, 2]).all()
    video = normalised(frames[resampled(np.arange(90) / 30)], sector_square(frames))
    assert (clips[3, 0] == video[-32:]).all()


def test_a_short_clip_is_padded_at_its_end_with_mean_gray() -> None:
    frames = np.full((27, 112, 112), 200, np.uint8)
    clips = network_clips(frames, np.arange(27) / 25, clips=4)
    assert clips.shape == (1, 3, 32, 112, 112)
    assert (clips[0, :, 27:] == 0).all()
    assert (clips[0, :, :27] != 0).all()


def test_starts_are_spread_from_the_first_to_the_last() -> None:
    assert spread_starts(32, 4) == [0]
    assert spread_starts(34, 4) == [0, 1, 2]
    assert spread_starts(92, 4) == [0, 20, 40, 60]
