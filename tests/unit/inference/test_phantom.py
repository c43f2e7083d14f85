"""Drawn hearts whose ejection fraction is exact."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.painting import (
    cavity_masks,
    contours,
    motion,
    paint,
    paint_with_cavity,
    timed_volumes,
)
from inference.phantom import Heart, Phantom, draw_phantom
from inference.practice import SEEDS, drawn, practice_phantoms
from inference.reading import DRAWN_BORDER
from inference.tracing import polygon_area
from inference.ventricle import PHASES, phases, squeeze, volumes, walls

EXAMPLE_SEED = 146  # of service/static/apical_four_chamber.webp


def times(count: int, rate: float = 25) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """So many frames at this rate."""
    return (np.arange(count) / rate).astype(np.float32)


def seen_through_the_axis(phantom: Phantom) -> Phantom:
    """The same heart upright, unmoved, and cut through the middle."""
    ventricle = dataclasses.replace(
        phantom.heart.ventricle, slice_offset=(0.0, 0.0), slice_motion=0.0, bend=0.0
    )
    still = dataclasses.replace(
        phantom.heart.sway, beat_x=0.0, beat_y=0.0, beat_turn=0.0, breath=0.0, hand=0.0, slide=0.0
    )
    heart = dataclasses.replace(phantom.heart, ventricle=ventricle, sway=still, tilt=0.0)
    return dataclasses.replace(phantom, heart=heart)


@pytest.mark.parametrize("seed", range(40))
def test_the_volume_falls_by_exactly_the_ejection_fraction(seed: int) -> None:
    heart = draw_phantom(seed).heart
    beat = volumes(heart, PHASES)
    assert 100 * (1 - beat.min() / beat.max()) == pytest.approx(heart.lvef, abs=0.01)
    assert beat.max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("lvef", [8.0, 78.0])
@pytest.mark.parametrize("seed", range(10))
def test_no_wall_crosses_the_axis_however_hard_the_heart_works(seed: int, lvef: float) -> None:
    for moment in walls(draw_phantom(seed, lvef=lvef).heart, PHASES[::8]):
        assert moment.length > 20
        for side in (moment.septal_inner, moment.lateral_inner):
            assert np.isfinite(side).all()
            assert (side >= 0).all()
        assert (moment.septal_outer >= moment.septal_inner).all()


@pytest.mark.parametrize("lvef", [20.0, 45.0, 65.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_disks_of_the_drawn_cavity_give_the_ejection_fraction(seed: int, lvef: float) -> None:
    phantom = seen_through_the_axis(draw_phantom(seed, lvef=lvef))
    widths = cavity_masks(phantom, times(40), 448).sum(axis=2, dtype=np.float64)
    drawn_volumes = (widths**2).sum(axis=1)
    true = timed_volumes(phantom, times(40))
    assert drawn_volumes / drawn_volumes.max() == pytest.approx(true / true.max(), abs=0.03)


def test_the_ejection_fraction_is_the_same_in_every_beat_of_an_irregular_rhythm() -> None:
    heart = next(
        heart
        for heart in (draw_phantom(seed).heart for seed in range(100))
        if heart.rhythm.irregularity > 0.2
    )
    when = times(2000, 250)
    phase = phases(heart.rhythm, when, np.random.default_rng(0))
    found = volumes(heart, phase)
    beats = [found[np.floor(phase) == beat] for beat in np.unique(np.floor(phase))[1:-1]]
    assert len({len(beat) for beat in beats}) > 2
    for beat in beats:
        assert 100 * (1 - beat.min() / beat.max()) == pytest.approx(heart.lvef, abs=0.6)


def test_a_beat_empties_and_fills_the_ventricle_once() -> None:
    rhythm = dataclasses.replace(
        draw_phantom(1).heart.rhythm, heart_rate=60, irregularity=0.0, early_beats=False
    )
    phase = phases(rhythm, times(300, 100), np.random.default_rng(0))
    tight = squeeze(rhythm, phase)
    assert tight.min() >= 0
    assert tight.max() == pytest.approx(1, abs=0.01)
    tops = np.flatnonzero((tight[1:-1] > tight[:-2]) & (tight[1:-1] >= tight[2:]))
    assert set(np.diff(tops[tight[tops + 1] > 0.9])) <= {99, 100, 101}


def test_the_same_seed_draws_the_same_clip_and_another_seed_another() -> None:
    first, again, other = (paint(draw_phantom(seed), times(4), 112) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_a_heart_has_the_same_shape_and_moves_the_same_at_every_resolution() -> None:
    small = cavity_masks(draw_phantom(7), times(3), 112).mean(axis=(1, 2))
    large = cavity_masks(draw_phantom(7), times(3), 448).mean(axis=(1, 2))
    assert small == pytest.approx(large, rel=0.03)


def test_frames_and_cavities_drawn_together_are_those_drawn_apart() -> None:
    phantom = draw_phantom(8)
    frames, masks = paint_with_cavity(phantom, times(5), 96)
    assert (frames == paint(phantom, times(5), 96)).all()
    assert (masks == cavity_masks(phantom, times(5), 96)).all()
    assert masks.dtype == np.bool_


def test_the_contour_is_the_border_of_the_drawn_cavity() -> None:
    phantom = draw_phantom(4)
    masks = cavity_masks(phantom, times(6), 224)
    for mask, outline in zip(masks, contours(phantom, times(6)), strict=True):
        assert polygon_area(outline) == pytest.approx(mask.mean(), rel=0.03)


def correlation(one: list[float], other: list[float]) -> float:
    """How far two properties of many hearts go together."""
    return abs(float(np.corrcoef(one, other)[0, 1]))


def test_what_might_be_mistaken_for_contraction_knows_nothing_of_the_ejection_fraction() -> None:
    hearts = [draw_phantom(seed).heart for seed in range(600)]
    lvefs = [heart.lvef for heart in hearts]

    def nuisance(heart: Heart) -> list[float]:
        around, sway = heart.neighbours, heart.sway
        return [
            around.right_squeeze,
            around.right_shortening,
            around.opening,
            around.atrium_growth,
            abs(sway.beat_x),
            abs(sway.beat_y),
            abs(sway.beat_turn),
            sway.breath,
            abs(heart.ventricle.slice_motion) / heart.ventricle.half_width,
        ]

    for column in np.array([nuisance(heart) for heart in hearts]).T:
        assert correlation(lvefs, list(column)) < 0.15


def test_failing_hearts_tend_to_be_wide_but_some_break_the_rule() -> None:
    hearts = [draw_phantom(seed).heart for seed in range(600)]
    width = [heart.ventricle.half_width / heart.ventricle.length for heart in hearts]
    failing = [w for heart, w in zip(hearts, width, strict=True) if heart.lvef < 25]
    healthy = [w for heart, w in zip(hearts, width, strict=True) if heart.lvef > 55]
    assert np.mean(failing) - np.mean(healthy) > 0.04
    assert min(failing) < float(np.median(healthy))


@pytest.mark.parametrize("seed", SEEDS)
def test_practice_cases_cover_the_range_without_order_or_round_numbers(seed: int) -> None:
    lvefs = [phantom.heart.lvef for phantom in practice_phantoms(seed)]
    step = 55 / 12
    assert sorted(int((lvef - 15) / step) for lvef in lvefs) == list(range(12))
    assert lvefs not in (sorted(lvefs), sorted(lvefs, reverse=True))
    assert sum(lvef % 5 == 0 for lvef in lvefs) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_about_a_practice_case_tells_its_ejection_fraction(seed: int) -> None:
    phantoms = practice_phantoms(seed)
    lvefs = [phantom.heart.lvef for phantom in phantoms]
    told = [
        (
            number,
            phantom.heart.heart_rate,
            phantom.heart.rhythm.irregularity,
            phantom.scan.exposure,
            phantom.scan.gamma,
            phantom.scan.noise,
            phantom.scan.fog,
        )
        for number, phantom in enumerate(phantoms)
    ]
    for column in np.array(told).T:
        assert correlation(lvefs, list(column)) < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_practice_cases_have_irregular_rhythms_and_poor_windows_among_them(seed: int) -> None:
    phantoms = practice_phantoms(seed)
    assert sum(phantom.heart.rhythm.irregularity > 0.15 for phantom in phantoms) == 3
    assert sum(phantom.scan.fog > 10 for phantom in phantoms) == 3
    rates = [phantom.heart.heart_rate for phantom in phantoms]
    assert len(set(rates)) == 12
    assert min(rates) < 60 < 100 < max(rates)


@pytest.mark.breadth
def test_a_practice_case_is_drawn_the_same_every_time_with_its_exact_border() -> None:
    phantom = practice_phantoms()[0]
    prepared, tracing, content = drawn(phantom)
    assert drawn(phantom) == (prepared, tracing, content)
    assert 2.5 <= prepared.seconds <= 4
    assert str(phantom.heart.lvef).encode() not in content
    assert tracing is not None
    assert tracing.source == DRAWN_BORDER
    assert tracing.heart_rate == pytest.approx(phantom.heart.heart_rate, rel=0.06)
    assert len(tracing.areas) == len(prepared.frame_times)
    outlined = [one.frame for one in (tracing.end_diastole, tracing.end_systole, *tracing.later)]
    ends = [frame for beat in tracing.beats for frame in (beat.end_diastole, beat.end_systole)]
    assert outlined == ends[:8], "the first four beats are outlined at both ends"
    found, _ = motion(phantom, np.asarray(prepared.frame_times, np.float32))
    end = found[tracing.end_systole.frame].squeeze
    assert end > 0.85


def test_no_two_practice_cases_are_drawn_from_one_seed() -> None:
    seeds = [phantom.seed for seed in SEEDS for phantom in practice_phantoms(seed)]
    assert len(set(seeds)) == len(seeds) == 60


@pytest.mark.parametrize("seed", SEEDS)
def test_every_practice_case_has_beats_to_show(seed: int) -> None:
    for phantom in practice_phantoms(seed):
        outlines = contours(phantom, times(75, 30))
        sizes = [polygon_area(outline) for outline in outlines]
        assert min(sizes) < 0.95 * max(sizes)


def test_the_example_of_a_four_chamber_view_is_one_of_our_own_drawings() -> None:
    static = Path(__file__).parents[3] / "service" / "static"
    kept = cv2.imread(str(static / "apical_four_chamber.webp"), cv2.IMREAD_GRAYSCALE)
    [frame] = paint(draw_phantom(EXAMPLE_SEED), times(1), 320)
    assert kept is not None
    assert np.abs(kept.astype(int) - frame).mean() < 4, "not the picture that this seed draws"
