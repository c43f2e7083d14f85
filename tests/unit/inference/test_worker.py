"""The Modal app as it is declared, and its functions run here."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import modal
import numpy as np
import pytest

from inference import worker
from inference.cards import FOLDER, read_card
from inference.client import LocalReader
from inference.pipe import ROOT
from inference.reading import Reading
from inference.remote import IDLE_SECONDS
from tests.unit.inference import clips

TIMES = [frame / 30 for frame in range(48)]
pytestmark = pytest.mark.filterwarnings("ignore:.*[Vv]olume.*")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo model in place of the Volume, and the local check."""
    monkeypatch.setenv("EYEBALL_MODELS", str(FOLDER))
    monkeypatch.setenv("EYEBALL_TRIAGE", "local")


def asked(clip: bytes, **changed: object) -> dict[str, object]:
    return {
        "sha256": hashlib.sha256(clip).hexdigest(),
        "frame_times": TIMES,
        "phantom": True,
        "frame_rate_told": False,
        "triaged": None,
        "provider": "local",
    } | changed


async def answered(clip: bytes, request: dict[str, object]) -> dict[str, Any]:
    return dict(await worker.read_clip.local(clip, request))


async def test_modal_and_a_child_of_this_machine_give_the_same_reading(tmp_path: Path) -> None:
    clip = clips.timed(clips.heart(), TIMES)
    told = await answered(clip, asked(clip))
    assert told["status"] == "ok"
    there = Reading.from_primitives(told["reading"])
    here = await LocalReader().read(clips.stored(tmp_path, clip), TIMES, phantom=True)
    assert there.to_primitives() | {"stages": 0} == here.to_primitives() | {"stages": 0}


async def test_a_clip_without_motion_starts_no_gpu() -> None:
    clip = clips.timed(np.repeat(clips.heart(1), 48, axis=0), TIMES)
    told = await answered(clip, asked(clip))
    assert told["status"] == "rejected"
    assert told["refused"]["code"] == "still_image"


async def test_a_damaged_clip_or_a_broken_request_is_our_fault_and_quotes_nothing() -> None:
    clip = clips.timed(clips.heart(), TIMES)
    assert (await answered(clip[:-1], asked(clip)))["status"] == "failed"
    told = await answered(clip, {"sha256": hashlib.sha256(clip).hexdigest()})
    assert told == {"status": "failed", "reason": "KeyError"}


async def test_a_service_that_wants_another_check_than_was_deployed_gets_no_reading() -> None:
    clip = clips.timed(clips.heart(), TIMES)
    told = await answered(clip, asked(clip, provider="gemini"))
    assert told == {"status": "failed", "reason": "it was deployed to check by local"}


def test_health_names_the_model_and_its_device() -> None:
    told = worker.GpuReader().health.local()
    assert told["model"] == read_card().name
    assert (told["device"], told["clips"]) == ("cpu", 8)


def test_the_check_has_a_key_and_no_gpu_and_the_reader_a_gpu_and_no_key() -> None:
    check, reader = worker.read_clip.info(), worker.GpuReader().read.info()
    assert check.gpus == []
    assert check.volumes == {}
    assert [name for name in check.secrets if "eyeball-triage" in name]
    assert reader.gpus == [("T4", 1)]
    assert reader.secrets == []
    [(mount, volume)] = reader.volumes.items()
    assert (mount, volume.name, volume.read_only) == ("/weights", "eyeball-weights", True)
    for each in (check, reader):
        assert each.web_info is None
        assert 0 < each.timeout <= 300
        assert each.max_retries == 2
    assert IDLE_SECONDS <= 30


def test_the_app_is_declared_without_what_modal_drops_and_without_torch() -> None:
    program = (
        "import sys, inference.worker; "
        "heavy = {'torch', 'cv2', 'av', 'numpy', 'google.genai'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)


def test_the_images_have_the_locked_versions() -> None:
    locks = "".join((ROOT / name).read_text() for name in LOCKS)
    for pin in (*worker.DECODING, *worker.ASKING, *worker.READING):
        assert re.search(rf"^{re.escape(pin)}(\+\w+)? ", locks, re.MULTILINE), pin


LOCKS = ("requirements-cloud.lock", "requirements-reader.lock", "requirements-torch.lock")


def test_the_app_has_the_name_that_the_reader_calls() -> None:
    assert isinstance(worker.app, modal.App)
    assert worker.app.name == "eyeball-reader"
