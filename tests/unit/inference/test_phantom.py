"""Drawn hearts whose ejection fraction is exact."""

import dataclasses

import numpy as np
import pytest

from inference.painting import cavity_masks, paint
from inference.phantom import contraction, draw_phantom, ventricle_size
from inference.practice import drawn, practice_phantoms
from tests.unit.inference import clips


@pytest.mark.parametrize("seed", range(6))
def test_the_volume_falls_by_exactly_the_ejection_fraction(seed: int) -> None:
    heart = draw_phantom(seed).heart
    length, half_width = ventricle_size(heart, 0.0)
    short, narrow = ventricle_size(heart, 1.0)
    fraction = 1 - short * narrow**2 / (length * half_width**2)
    assert 100 * fraction == pytest.approx(heart.lvef, abs=1e-4)


@pytest.mark.parametrize("lvef", [20.0, 45.0, 65.0])
def test_disks_of_the_drawn_cavity_give_the_ejection_fraction(lvef: float) -> None:
    phantom = clips.bright(3, lvef=lvef)
    heart = dataclasses.replace(phantom.heart, tilt=0.0, irregularity=0.0, heart_rate=60)
    upright = dataclasses.replace(phantom, heart=heart)
    times = (np.arange(100) / 50).astype(np.float32)
    widths = cavity_masks(upright, times, 448).sum(axis=2, dtype=np.float64)
    volumes = (widths**2).sum(axis=1)
    assert 100 * (1 - volumes.min() / volumes.max()) == pytest.approx(lvef, abs=1.0)


def test_a_beat_empties_and_fills_the_ventricle_once() -> None:
    heart = dataclasses.replace(draw_phantom(1).heart, heart_rate=60, irregularity=0.0)
    squeeze = contraction(
        heart, (np.arange(300) / 100).astype(np.float32), np.random.default_rng(0)
    )
    assert squeeze.min() >= 0
    assert squeeze.max() == pytest.approx(1, abs=0.01)
    troughs = np.flatnonzero((squeeze[1:-1] > squeeze[:-2]) & (squeeze[1:-1] >= squeeze[2:]))
    assert set(np.diff(troughs[squeeze[troughs + 1] > 0.9])) == {100}


def test_the_same_seed_draws_the_same_clip_and_another_seed_another() -> None:
    times = (np.arange(5) / 30).astype(np.float32)
    first, again, other = (paint(draw_phantom(seed), times, 112) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_a_heart_has_the_same_shape_at_every_resolution() -> None:
    times = (np.arange(3) / 30).astype(np.float32)
    small = cavity_masks(draw_phantom(7), times, 112).mean()
    large = cavity_masks(draw_phantom(7), times, 448).mean()
    assert small == pytest.approx(large, rel=0.03)


def test_practice_cases_cover_the_range_without_order_or_round_numbers() -> None:
    lvefs = [phantom.heart.lvef for phantom in practice_phantoms()]
    step = 55 / 12
    assert sorted(int((lvef - 15) / step) for lvef in lvefs) == list(range(12))
    assert lvefs not in (sorted(lvefs), sorted(lvefs, reverse=True))
    assert sum(lvef % 5 == 0 for lvef in lvefs) <= 1
    assert abs(float(np.corrcoef(lvefs, np.arange(12))[0, 1])) < 0.4


def test_practice_hearts_differ_in_rate_gain_and_noise() -> None:
    phantoms = practice_phantoms()
    assert len({phantom.heart.heart_rate for phantom in phantoms}) == 12
    assert len({round(phantom.scan.gain, 6) for phantom in phantoms}) == 12
    assert len({round(phantom.scan.noise, 6) for phantom in phantoms}) == 12
    lvefs = [phantom.heart.lvef for phantom in phantoms]
    rates = [phantom.heart.heart_rate for phantom in phantoms]
    assert abs(float(np.corrcoef(lvefs, rates)[0, 1])) < 0.4


def test_a_practice_case_is_drawn_the_same_every_time() -> None:
    phantom = practice_phantoms()[0]
    prepared, content = drawn(phantom)
    again, same = drawn(phantom)
    assert content == same
    assert prepared == again
    assert 2.5 <= prepared.seconds <= 4
    assert str(phantom.heart.lvef).encode() not in content
