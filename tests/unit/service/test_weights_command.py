"""`eyeball weights install`: the licence first, then the check, then what the model does."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from inference.client import PhantomCase
from inference.deeplab import DeepLab
from service.cli import main
from service.doctor_reading import check_outliner
from service.settings import DEMO_MODELS, Settings
from tests.support.fakes import a_prepared_clip
from tests.unit.inference import clips
from tests.unit.inference.checkpoints import HEART_FRAMES, heart_to_outline, published_outliner

PATIENT = pytest.mark.timeout(400)


def eyeball(home: Path, source: str, *options: str, answer: str = "") -> Result:
    """Run the command with this data folder."""
    arguments = ["weights", "install", source, *options]
    return CliRunner().invoke(main, arguments, env={"EYEBALL_HOME": str(home)}, input=answer)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A segmentation checkpoint as it is published, of a network that knows nothing."""
    torch.manual_seed(5)
    file = tmp_path_factory.mktemp("published") / "deeplabv3_resnet50_random.pt"
    file.write_bytes(published_outliner(DeepLab().state_dict()))
    return file


def test_nothing_is_looked_at_before_the_licence_is_accepted(tmp_path: Path) -> None:
    refused = eyeball(tmp_path / "home", "https://nowhere.invalid/w.pt", answer="n\n")
    assert "Research Use Agreement" in refused.output
    assert refused.exit_code == 1
    assert not (tmp_path / "home").exists()


@pytest.mark.breadth
def test_what_is_no_checkpoint_is_refused_in_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    file.write_bytes(b"%PDF-1.7")
    refused = eyeball(tmp_path / "home", str(file), "--accept-licence")
    assert refused.exit_code == 1
    assert "Not installed: the file is no torch checkpoint, or is damaged" in refused.output
    assert not (tmp_path / "home" / "models").exists()
    assert not (tmp_path / "home" / "outliners").exists()
    missing = eyeball(tmp_path / "home", str(tmp_path / "none.pt"), "--accept-licence")
    assert "there is no file" in missing.output


@pytest.mark.breadth
@PATIENT
def test_the_outliner_is_installed_beside_the_model_that_reads_and_tried_by_the_doctor(
    tmp_path: Path, checkpoint: Path
) -> None:
    done = eyeball(tmp_path / "home", str(checkpoint), answer="y\n")
    assert done.exit_code == 0, done.output
    assert "EchoNet-Dynamic DeepLabV3-ResNet50 outlines the ventricle" in done.output
    assert "No LVEF ever comes from it." in done.output
    settings = Settings.from_environment({"EYEBALL_HOME": str(tmp_path / "home")})
    assert settings.models_folder == DEMO_MODELS, "the demo model reads on"
    heart = a_heart(tmp_path)
    found = asyncio.run(check_outliner(settings, heart))
    assert found.fine
    assert "the model works" in found.sentence
    with (settings.outliners_folder / "outlines.pt").open("ab") as file:
        file.write(b"!")
    found = asyncio.run(check_outliner(settings, heart))
    assert not found.fine
    assert "not those of the card" in found.sentence


def a_heart(folder: Path) -> PhantomCase:
    """A drawn heart, as the doctor has one drawn."""
    times = tuple(frame / 25 for frame in range(HEART_FRAMES))
    path = clips.stored(folder, clips.timed(heart_to_outline()[0], times))
    prepared = replace(a_prepared_clip(), frame_times=times)
    return PhantomCase(lvef=50, heart_rate=75, prepared=prepared, path=path, seed=1)
