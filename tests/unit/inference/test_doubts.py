"""What makes a reading doubtful: few beats, a poor window, a picture unlike all that was learnt."""

import dataclasses

import numpy as np
import pytest

from inference.cards import Looks, read_card
from inference.doubts import (
    LEAST_CONTRAST,
    LONG_ENOUGH,
    MOST_FLICKER,
    Doubts,
    doubts_of,
    heart_rate,
)
from inference.painting import paint
from inference.phantom import Phantom, draw_phantom
from inference.practice import practice_phantoms
from inference.reading import FEW_BEATS, OUT_OF_DOMAIN, POOR_QUALITY
from inference.sampling import GRAY_DEVIATION, MEAN_GRAY, network_video

PLAIN = Doubts(seconds=3.0, heart_rate=70.0, contrast=0.9, flicker=0.1, mean=25.0, deviation=35.0)
KNOWN = Looks(mean=(5.0, 60.0), deviation=(12.0, 55.0))


def steady(seed: int, heart_rate: float) -> Phantom:
    """A heart of this rate whose beats are all alike."""
    phantom = draw_phantom(seed, lvef=50.0)
    rhythm = dataclasses.replace(
        phantom.heart.rhythm, heart_rate=heart_rate, irregularity=0.0, early_beats=False
    )
    return dataclasses.replace(phantom, heart=dataclasses.replace(phantom.heart, rhythm=rhythm))


def seen(phantom: Phantom, seconds: float = 3.0) -> Doubts:
    times = np.arange(round(25 * seconds)) / 25
    return doubts_of(network_video(paint(phantom, times.astype(np.float32), 96), times))


@pytest.mark.parametrize("heart_rate", [45.0, 62.0, 90.0, 125.0])
@pytest.mark.parametrize("seed", [11, 12])
def test_the_heart_rate_is_when_the_picture_comes_back_to_itself(
    seed: int, heart_rate: float
) -> None:
    assert seen(steady(seed, heart_rate)).heart_rate == pytest.approx(heart_rate, rel=0.1)


def test_a_picture_that_never_comes_back_to_itself_has_no_heart_rate() -> None:
    """It slides the whole time, and what ripples in it is never as much alike as unlike."""
    times = np.linspace(-1, 1, 75)
    sliding = times**3 + 0.1 * np.cos(2 * np.pi * np.arange(75) / 15)
    assert heart_rate(sliding.astype(np.float32)[:, None, None]) is None


@pytest.mark.parametrize(("seconds", "few"), [(1.4, True), (2.6, False)])
def test_one_beat_is_few_and_two_are_not(seconds: float, few: bool) -> None:
    assert seen(steady(12, 62), seconds).few_beats is few


def test_fog_and_a_flat_picture_make_a_poor_window() -> None:
    phantom = steady(12, 62)
    clear = dataclasses.replace(phantom.scan, fog=0.0, haze=0.0, exposure=220.0, reject=0.0)
    foggy = dataclasses.replace(clear, fog=110.0, patches=0.1)
    assert not seen(dataclasses.replace(phantom, scan=clear)).poor_quality
    assert seen(dataclasses.replace(phantom, scan=foggy)).poor_quality


@pytest.mark.parametrize(
    ("change", "raised"),
    [
        ({}, ()),
        ({"heart_rate": 39.0}, (FEW_BEATS,)),
        ({"heart_rate": 41.0}, ()),
        ({"heart_rate": None, "seconds": LONG_ENOUGH - 0.1}, (FEW_BEATS,)),
        ({"heart_rate": None, "seconds": LONG_ENOUGH}, (OUT_OF_DOMAIN,)),
        ({"contrast": LEAST_CONTRAST - 0.01}, (POOR_QUALITY,)),
        ({"flicker": MOST_FLICKER + 0.01}, (POOR_QUALITY,)),
        ({"mean": 61.0}, (OUT_OF_DOMAIN,)),
        ({"mean": 4.0}, (OUT_OF_DOMAIN,)),
        ({"deviation": 11.0}, (OUT_OF_DOMAIN,)),
        ({"deviation": 56.0, "contrast": 0.1}, (OUT_OF_DOMAIN, POOR_QUALITY)),
    ],
)
def test_each_warning_is_raised_at_its_own_figure(
    change: dict[str, float | None], raised: tuple[str, ...]
) -> None:
    assert dataclasses.replace(PLAIN, **change).warnings(KNOWN) == raised


def test_of_a_model_that_does_not_say_what_it_learnt_from_brightness_is_no_doubt() -> None:
    assert dataclasses.replace(PLAIN, mean=200.0).warnings(None) == ()


def test_moving_noise_and_a_negative_are_unlike_all_that_was_learnt() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (75, 112, 112)).astype(np.float32)
    known = read_card().looks
    assert known is not None
    assert OUT_OF_DOMAIN in doubts_of(noise).warnings(known)
    times = np.arange(75) / 25
    video = network_video(paint(steady(12, 62), times.astype(np.float32), 96), times)
    gray = 255 - (video * GRAY_DEVIATION + MEAN_GRAY)
    negative = ((gray - MEAN_GRAY) / GRAY_DEVIATION).astype(np.float32)
    assert OUT_OF_DOMAIN in doubts_of(negative).warnings(known)


def test_the_demo_model_knows_how_practice_hearts_look() -> None:
    for phantom in practice_phantoms()[:4]:
        assert OUT_OF_DOMAIN not in seen(phantom).warnings(read_card().looks)
