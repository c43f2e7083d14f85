"""No verified weights, no reading."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from inference.cards import FOLDER, NoVerifiedWeights, read_card
from inference.weights import load_network


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "models"))


def test_the_demo_model_says_that_it_is_one(models: Path) -> None:
    card = json.loads((models / "phantom.json").read_text())
    assert card["label"] == "phantom model: not for real hearts"
    assert read_card(models).demo
    assert (models / "phantom.pt").stat().st_size < 1024**2


def test_the_demo_model_beats_a_constant_by_far_on_phantoms_it_never_saw(models: Path) -> None:
    figures = json.loads((models / "phantom.json").read_text())["held_out"]
    assert figures["phantoms"] >= 300
    assert figures["mae"] < figures["constant_mae"] / 2.5
    assert figures["rank_correlation"] > 0.9
    assert {band: abs(found["bias"]) < 3 for band, found in figures["bands"].items()} == {
        "8-30": True,
        "30-45": True,
        "45-65": True,
        "65-78": True,
    }
    assert 0.75 < figures["within_range"] < 0.95, "the range holds four of five"


def test_weights_with_one_changed_byte_are_not_loaded(models: Path) -> None:
    content = bytearray((models / "phantom.pt").read_bytes())
    content[-1000] ^= 1
    (models / "phantom.pt").write_bytes(content)
    with pytest.raises(NoVerifiedWeights, match="not those of the card"):
        load_network(read_card(models), models)


def test_missing_weights_are_named(models: Path) -> None:
    (models / "phantom.pt").unlink()
    with pytest.raises(NoVerifiedWeights, match="missing"):
        load_network(read_card(models), models)


@pytest.mark.parametrize("content", ["", "{}", '{"name": 1}', "[]"])
def test_a_broken_card_vouches_for_nothing(models: Path, content: str) -> None:
    (models / "phantom.json").write_text(content)
    with pytest.raises(NoVerifiedWeights, match="card"):
        read_card(models)


def test_the_network_answers_differently_to_different_clips(models: Path) -> None:
    network = load_network(read_card(models), models)
    with torch.inference_mode():
        lvefs = network(torch.randn(2, 3, 32, 112, 112, generator=torch.manual_seed(0)))
    assert lvefs.shape == (2,)
    assert lvefs[0] != lvefs[1]
