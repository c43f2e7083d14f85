"""Hearts to compare with: exact, plain to see, and of seeds that nothing else is drawn from."""

import numpy as np
import pytest

from inference.anchors import SECONDS, SEEDS, anchor_phantom
from inference.lessons import HELD_OUT_SEED, STRETCHING_SEED, TRAINING_SEED
from inference.painting import contours
from inference.practice import SEEDS as PRACTICE_SEEDS
from inference.practice import practice_phantoms
from inference.tracing import polygon_area, trace
from inference.ventricle import PHASES, volumes
from service.anchors import LVEFS

MOST_DRAWN = 1_000_000  # hearts of one training, and more than any draws


def test_every_heart_that_is_laid_beside_answers_was_chosen() -> None:
    assert set(LVEFS) == SEEDS.keys()


def test_no_practice_case_and_no_training_has_their_seeds() -> None:
    cases = {phantom.seed for seed in PRACTICE_SEEDS for phantom in practice_phantoms(seed)}
    assert not cases & set(SEEDS.values())
    for first in (TRAINING_SEED, STRETCHING_SEED, HELD_OUT_SEED):
        assert not set(range(first, first + MOST_DRAWN)) & set(SEEDS.values())


@pytest.mark.parametrize("lvef", LVEFS)
def test_their_volume_falls_by_exactly_what_is_said_of_them(lvef: int) -> None:
    beat = volumes(anchor_phantom(lvef).heart, PHASES)
    assert 100 * (1 - beat.min() / beat.max()) == pytest.approx(lvef, abs=0.01)


def test_they_teach_the_higher_the_lvef_the_more_the_cavity_shrinks() -> None:
    seen: list[float] = []
    moments = np.arange(0, SECONDS, 1 / 30)
    for lvef in LVEFS:
        phantom = anchor_phantom(lvef)
        outlines = list(contours(phantom, moments.astype(np.float32)))
        tracing = trace(outlines, list(moments), source="drawn")
        assert tracing is not None
        assert len(tracing.beats) >= 2, "a whole beat, to play over and over"
        assert not tracing.irregular
        first = tracing.beats[0]
        largest, smallest = (
            polygon_area(outlines[frame]) for frame in (first.end_diastole, first.end_systole)
        )
        seen.append(100 * (1 - smallest / largest))
        assert seen[-1] == pytest.approx(100 * (1 - (1 - lvef / 100) ** (2 / 3)), abs=3)
    assert seen == sorted(seen)
