"""A small network outlines drawn hearts, if it is told that they are drawn; and no others."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference.borders import filled_in
from inference.cards import FOLDER, PHANTOM_OUTLINER_CARD, read_outliner_facts
from inference.outline_network import OutlineNetwork
from inference.outlines import LocalOutliner
from inference.outlining import tracing_by
from inference.painting import cavity_masks, contours, paint
from inference.phantom_outlines import (
    AT_ONCE,
    MOST_BYTES,
    cavity_logits,
    load_phantom_outliner,
    phantom_outlines,
)
from inference.practice import practice_phantoms
from inference.reading import DRAWN_BORDER, PHANTOM_OUTLINES, ReaderUnavailable, Tracing
from inference.sampling import network_video
from inference.tracing import trace
from inference.watching import watched_frames
from tests.unit.inference import clips

SIDE = 160
HEART = practice_phantoms()[3]
TIMES = np.arange(75) / 30
WEIGHTS = "phantom_outlines.pt"


@pytest.fixture(scope="module")
def network() -> OutlineNetwork:
    return load_phantom_outliner(FOLDER)[1]


def painted(times: np.ndarray = TIMES) -> np.ndarray:
    return paint(HEART, times.astype(np.float32), SIDE)


def masked_heart(folder: Path) -> Path:
    return clips.stored(folder, clips.timed(painted(), list(TIMES)))


def test_the_card_tells_how_well_it_outlines_hearts_that_it_never_saw() -> None:
    facts = read_outliner_facts(FOLDER, PHANTOM_OUTLINER_CARD)
    assert facts is not None
    assert facts["name"] == PHANTOM_OUTLINES
    assert facts["label"] == "phantom model: not for real hearts"
    found = json.loads(json.dumps(facts["held_out"]))
    assert found["phantoms"] >= 150
    assert found["dice"] > 0.85
    assert found["end_systole_within_3_frames"] > 0.8
    assert found["area_correlation"] > 0.8


def test_both_models_that_come_with_the_tool_weigh_no_more_than_a_mebibyte() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.pt")}
    assert set(sizes) == {"phantom.pt", WEIGHTS}
    assert sum(sizes.values()) <= MOST_BYTES


async def test_a_phantom_is_outlined_where_its_cavity_is(tmp_path: Path) -> None:
    found = await LocalOutliner(FOLDER, phantom=True).outline(masked_heart(tmp_path), list(TIMES))
    assert isinstance(found, Tracing)
    assert found.source == PHANTOM_OUTLINES
    assert len(found.areas) == len(TIMES)
    cavity = cavity_masks(HEART, TIMES.astype(np.float32), SIDE)
    for outline in (found.end_diastole, found.end_systole):
        drawn = filled_in(np.array(outline.points), SIDE) > 0
        true = cavity[outline.frame]
        assert 2 * (drawn & true).sum() / (drawn.sum() + true.sum()) > 0.8
    true_areas = cavity.sum(axis=(1, 2))
    assert np.corrcoef(true_areas, found.areas)[0, 1] > 0.9


@pytest.mark.breadth
async def test_without_being_told_no_drawn_heart_is_outlined_by_it(tmp_path: Path) -> None:
    """The folder of the operator's model has none of its own: nothing else steps in."""
    with pytest.raises(ReaderUnavailable, match="no outliner is installed"):
        await LocalOutliner(FOLDER).outline(masked_heart(tmp_path), list(TIMES))


@pytest.mark.breadth
@pytest.mark.parametrize("number", [0, 5, 9])  # one steady rhythm, two irregular ones
def test_its_beats_are_those_of_the_border_that_was_drawn(
    network: OutlineNetwork, number: int
) -> None:
    heart, seconds = practice_phantoms()[number], TIMES.astype(np.float32)
    seen = watched_frames(iter(paint(heart, seconds, SIDE)), list(TIMES))
    found = tracing_by(phantom_outlines(network, seen), seen, "a model")
    drawn = trace(list(contours(heart, seconds)), list(TIMES), source=DRAWN_BORDER)
    assert found is not None
    assert drawn is not None
    true = np.array([TIMES[beat.end_systole] for beat in drawn.beats])
    for beat in found.beats:
        assert np.abs(true - TIMES[beat.end_systole]).min() <= 0.12
    assert len(drawn.beats) - len(found.beats) in {0, 1}, "all but one that the clip's end cuts"


def test_a_long_clip_is_outlined_in_parts_that_fit_together(network: OutlineNetwork) -> None:
    times = np.arange(AT_ONCE + 21) / 25
    video = network_video(painted(times), times)
    whole = cavity_logits(network, video)
    assert whole.shape == (len(video), 56, 56)
    around = cavity_logits(network, video[AT_ONCE - 20 : AT_ONCE + 20])
    middle = slice(AT_ONCE - 5, AT_ONCE + 5)
    assert whole[middle] == pytest.approx(around[15:25], abs=1e-3)


def test_frames_that_come_seldom_are_outlined_once_each(network: OutlineNetwork) -> None:
    times = np.arange(30) / 12
    seen = watched_frames(iter(painted(times)), list(times))
    assert len(phantom_outlines(network, seen)) == len(seen.frames) == 30


def without_a_byte(content: bytes) -> bytes:
    return content[:-1000] + bytes([content[-1000] ^ 1]) + content[-999:]


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (without_a_byte, "not those of the card"),
        (lambda content: content + bytes(MOST_BYTES), "larger than any"),
    ],
    ids=["one bit", "too large"],
)
async def test_changed_weights_outline_no_phantom(
    tmp_path: Path, changed: Callable[[bytes], bytes], reason: str
) -> None:
    models = Path(shutil.copytree(FOLDER, tmp_path / "models"))
    (models / WEIGHTS).write_bytes(changed((models / WEIGHTS).read_bytes()))
    with pytest.raises(ReaderUnavailable, match=reason):
        await LocalOutliner(models, phantom=True).outline(masked_heart(tmp_path), list(TIMES))
