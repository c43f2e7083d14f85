"""What the networks of drawn hearts are taught, and what they are measured on."""

import json

import numpy as np
import pytest

from inference import train_outliner, train_phantom
from inference.cards import FOLDER
from inference.lessons import HELD_OUT_SEED, STRETCHING_SEED, TRAINING_SEED, lesson
from tests.bench.bench_phantom import FIRST_SEED

CARDS = ("phantom.json", "phantom_outlines.json")


@pytest.mark.parametrize("name", CARDS)
def test_no_heart_that_a_model_is_measured_on_was_learnt_from(name: str) -> None:
    card = json.loads((FOLDER / name).read_text())
    learnt = range(TRAINING_SEED, TRAINING_SEED + card["training"]["phantoms"])
    assert card["seed"] == learnt.start
    assert card["held_out_seed"] == HELD_OUT_SEED
    measured = card["held_out"]["phantoms"]
    for first in (HELD_OUT_SEED, STRETCHING_SEED, FIRST_SEED):
        assert learnt.stop <= first or first + measured <= learnt.start
    assert STRETCHING_SEED + measured <= HELD_OUT_SEED


def test_both_trainings_see_the_same_picture_of_a_heart() -> None:
    drawn = lesson(TRAINING_SEED)
    frames, masks, volumes, lvef = train_phantom.render_case(TRAINING_SEED)
    outlined, cavities = train_outliner.render_case(TRAINING_SEED)
    assert (frames == outlined).all()
    assert frames.shape == cavities.shape == (36, 56, 56)
    assert masks.shape == (36, 28, 28)
    assert masks.astype(np.float64).mean() == pytest.approx(cavities.mean(), rel=0.02)
    assert volumes.shape == (36,)
    assert 100 - lvef <= volumes.min() < volumes.max() <= 100
    assert lvef == drawn.lvef
