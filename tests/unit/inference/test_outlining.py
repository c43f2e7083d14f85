"""The published segmentation checkpoint is checked and stripped, and outlines ventricles."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from inference import checkpoint
from inference.borders import NOTHING, outline_of
from inference.cards import NoVerifiedWeights, read_outliner_card
from inference.checkpoint import WrongCheckpoint
from inference.deeplab import PARAMETERS, DeepLab
from inference.installing import install_checkpoint
from inference.outlines import LocalOutliner
from inference.outlining import tracing_of
from inference.reading import ReaderUnavailable, Tracing
from inference.tracing import polygon_area
from inference.watching import watched_frames
from tests.unit.inference import clips
from tests.unit.inference.checkpoints import (
    HEART_FRAMES,
    heart_to_outline,
    published_outliner,
    saved,
    seeded_outliner,
)

PATIENT = pytest.mark.timeout(400)
TIMES = [frame / 25 for frame in range(HEART_FRAMES)]


@pytest.fixture(scope="module")
async def outliners(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the structure-true checkpoint is installed."""
    home = tmp_path_factory.mktemp("home")
    source = home / "published.pt"
    source.write_bytes(published_outliner(seeded_outliner()))
    installed = await install_checkpoint(
        source, home / "models", home / "outliners", accept_licence=True
    )
    assert installed == read_outliner_card(home / "outliners")
    assert not (home / "models").exists(), "what reads the LVEF is left alone"
    return home / "outliners"


def test_names_and_shapes_are_those_of_the_published_state() -> None:
    with torch.device("meta"):
        network = DeepLab()
    state = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert sum(p.numel() for p in network.parameters()) == PARAMETERS
    # torchvision's: 42,004,074 parameters, with an auxiliary head and 21 outputs in each.
    auxiliary = 1024 * 256 * 9 + 2 * 256 + 257 * 21
    assert 42_004_074 - auxiliary - 257 * 21 + 257 == PARAMETERS
    some = {
        "backbone.conv1.weight": (64, 3, 7, 7),
        "backbone.layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "backbone.layer3.5.bn3.running_var": (1024,),
        "backbone.layer4.0.conv2.weight": (512, 512, 3, 3),
        "classifier.0.convs.3.0.weight": (256, 2048, 3, 3),
        "classifier.0.convs.4.1.weight": (256, 2048, 1, 1),
        "classifier.0.project.0.weight": (256, 1280, 1, 1),
        "classifier.2.num_batches_tracked": (),
        "classifier.4.bias": (1,),
    }
    assert some.items() <= state.items()
    assert len(state) == 362  # 6 in the stem, 18 in each of 16 blocks, 24 in shortcuts, 44 in front


@pytest.mark.breadth
@PATIENT
def test_the_published_checkpoint_becomes_stripped_weights_and_a_card(outliners: Path) -> None:
    card = json.loads((outliners / "outlines.json").read_text())
    assert card["name"] == "EchoNet-Dynamic DeepLabV3-ResNet50"
    assert "Stanford" in card["licence"]
    assert len(card["sha256"]) == len(card["published_sha256"]) == 64
    state = torch.load(outliners / "outlines.pt", weights_only=True)
    assert all(torch.equal(state[name], tensor) for name, tensor in seeded_outliner().items())
    assert (outliners / "outlines.pt").stat().st_size < 160_000_000, "the momentum is gone"


@pytest.mark.breadth
@PATIENT
async def test_a_clip_is_outlined_where_its_ventricle_is(outliners: Path, tmp_path: Path) -> None:
    frames, borders = heart_to_outline()
    masked = clips.stored(tmp_path, clips.timed(frames, TIMES))
    found = await LocalOutliner(outliners).outline(masked, TIMES)
    assert isinstance(found, Tracing)
    assert found.source == "EchoNet-Dynamic DeepLabV3-ResNet50"
    assert len(found.areas) == HEART_FRAMES
    assert found.end_systole.frame == found.beats[0].end_systole
    for outline in (found.end_diastole, found.end_systole):
        drawn = np.array(outline.points)
        assert overlap(drawn, borders[outline.frame]) > 0.6
    assert polygon_area(np.array(found.end_diastole.points)) > polygon_area(
        np.array(found.end_systole.points)
    )


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Dice of two outlines in shares of the picture."""
    pictures = np.zeros((2, 224, 224), np.uint8)
    for picture, outline in zip(pictures, (one, other), strict=True):
        cv2.fillPoly(picture, [(outline * 224).round().astype(np.int32)], 1)
    return float(2 * (pictures[0] & pictures[1]).sum() / pictures.sum())


@pytest.mark.breadth
@PATIENT
async def test_weights_with_one_changed_byte_outline_nothing(
    outliners: Path, tmp_path: Path
) -> None:
    masked = clips.stored(tmp_path, clips.timed(heart_to_outline()[0], TIMES))
    for file in outliners.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = bytearray((tmp_path / "outlines.pt").read_bytes())
    content[60_000_000] ^= 1
    (tmp_path / "outlines.pt").write_bytes(content)
    with pytest.raises(ReaderUnavailable, match="not those of the card"):
        await LocalOutliner(tmp_path).outline(masked, TIMES)


def test_a_card_that_is_broken_is_not_passed_over(tmp_path: Path) -> None:
    assert read_outliner_card(tmp_path) is None
    (tmp_path / "outlines.json").write_text("{}")
    with pytest.raises(NoVerifiedWeights, match="outlines"):
        read_outliner_card(tmp_path)


@pytest.mark.breadth
@PATIENT
def test_a_network_that_says_the_same_of_every_picture_is_refused() -> None:
    state = dict(seeded_outliner())
    state["classifier.4.weight"] = torch.zeros_like(state["classifier.4.weight"])
    with pytest.raises(WrongCheckpoint, match="same of every picture"):
        checkpoint.converted(saved({"state_dict": state}))


def test_the_largest_part_is_outlined_and_nothing_where_there_is_none() -> None:
    logits = np.full((112, 112), -1.0, np.float32)
    assert outline_of(logits) is NOTHING
    logits[20:60, 30:50] = 1
    logits[90:95, 90:95] = 1
    outline = outline_of(logits)
    assert polygon_area(outline) == pytest.approx(40 * 20 / 112**2, rel=0.05)
    assert outline.mean(axis=0) * 112 == pytest.approx([40, 40], abs=0.5)


class Pulsing(DeepLab):
    """Sees a disk that pulses at 75 a minute, in as many frames as it is told."""

    def __init__(self, seen: int) -> None:
        super().__init__()
        self.frames = 0
        self.seen = seen

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """The next frame's disk."""
        y, x = np.mgrid[:112, :112] - 56.0
        radius = 20 + 5 * np.cos(2 * np.pi * self.frames / 20)
        self.frames += 1
        lit = radius - np.hypot(x, y) if self.frames <= self.seen else np.full((112, 112), -1.0)
        return torch.from_numpy(lit[None]).float()


@pytest.mark.parametrize("rate", [25, 50, 90])
def test_beats_are_numbered_by_the_clips_own_frames(rate: int) -> None:
    times = np.arange(int(2.4 * rate)) / rate
    network = Pulsing(seen=10_000)
    frames = np.full((len(times), 96, 128), 90, np.uint8)
    found = tracing_of(network, watched_frames(frames, list(times)), "a model")
    assert found is not None
    assert len(found.areas) == len(times)
    assert network.frames <= 60 + 1, "25 frames a second are enough"
    systoles = [times[beat.end_systole] for beat in found.beats]
    assert systoles == pytest.approx([0.4, 1.2, 2.0], abs=0.05)
    [(x, y)] = [np.array(found.end_diastole.points).mean(axis=0)]
    assert (x, y) == pytest.approx((0.5, 0.5), abs=0.02)


def test_a_ventricle_that_is_lost_too_often_is_not_told_of() -> None:
    times = np.arange(60) / 25
    frames = np.full((60, 96, 96), 90, np.uint8)
    seen = watched_frames(frames, list(times))
    assert tracing_of(Pulsing(seen=60), seen, "a model") is not None
    assert tracing_of(Pulsing(seen=50), seen, "a model") is None
