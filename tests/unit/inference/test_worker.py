"""The Modal app as it is declared, and its functions run here."""

import asyncio
import hashlib
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import modal
import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from inference import worker
from inference.cards import FOLDER, NoVerifiedWeights, read_card
from inference.client import LocalReader
from inference.pipe import ROOT
from inference.reading import Reading
from inference.remote import IDLE_SECONDS
from inference.serving import triage_settings, unless_lost
from inference.triaged import TOTAL_SECONDS
from service.modal_commands import told_of
from service.settings import Settings
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


@pytest.mark.breadth
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
    assert told["status"] == "failed"
    assert "deployed to check by local, not by gemini: `eyeball modal deploy`" in told["reason"]


@pytest.mark.parametrize(
    "deployed",
    [
        {"EYEBALL_GEMINI_MODEL": "gemini-3.8-flash"},
        {"EYEBALL_VERTEX_PROJECT": "another"},
        {"EYEBALL_VERTEX_LOCATION": "us-central1"},
        {"EYEBALL_VERTEX_PROJECT": ""},
        {"EYEBALL_GEMINI_URL": ""},
        {"EYEBALL_TRIAGE": "local"},
    ],
)
def test_a_deployment_that_sends_clips_elsewhere_than_the_service_says_is_another(
    deployed: dict[str, str], tmp_path: Path
) -> None:
    settings = Settings.from_environment(
        {
            "EYEBALL_HOME": str(tmp_path),
            "EYEBALL_READER": "modal",
            "MODAL_TOKEN_ID": "ak-1",
            "MODAL_TOKEN_SECRET": "as-1",
            "EYEBALL_TRIAGE": "gemini",
            "EYEBALL_VERTEX_PROJECT": "p-1",
            "EYEBALL_VERTEX_LOCATION": "europe-west4",
            "EYEBALL_GEMINI_URL": "https://gateway.example.edu",
        }
    )
    told = told_of(settings.cloud, "5")
    assert set(told) <= set(worker.TOLD), "what deploys bakes all of it in"
    assert triage_settings(told).checker == settings.cloud.triage.checker
    assert triage_settings(told | deployed).checker != settings.cloud.triage.checker


async def test_a_gpu_that_gives_no_answer_costs_no_second_question() -> None:
    async def lost() -> dict[str, object]:
        raise modal.exception.FunctionTimeoutError("with words that may quote the clip")

    async def late() -> dict[str, object]:
        await asyncio.sleep(5)
        return {}

    request: dict[str, object] = {"triaged": {"version": "paid for"}}
    for answer, kind in ((lost(), "FunctionTimeoutError"), (late(), "TimeoutError")):
        told = await unless_lost(answer, request, 0.05)
        assert told == {"status": "unread", "reason": kind, "triaged": request["triaged"]}


def test_the_check_outlasts_the_longest_question_and_the_longest_reading() -> None:
    check, reader = worker.read_clip.info(), worker.GpuReader().read.info()
    assert check.timeout > TOTAL_SECONDS + worker.GPU_SECONDS
    assert reader.timeout < worker.GPU_SECONDS


@pytest.mark.breadth
def test_the_images_hold_all_that_runs_in_them() -> None:
    for pins, modules in (
        (worker.DECODING + worker.ASKING, "inference.worker, inference.serving, inference.gemini"),
        (
            worker.DECODING + worker.READING,
            "inference.worker, inference.weights, inference.checkpoint, inference.reader,"
            " inference.serving",
        ),
    ):
        held = {name for pin in pins for name in needed(pin.split("==")[0])} | needed("modal")
        program = IMPORTS.format(modules=modules, held=sorted(held))
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


IMPORTS = """
import importlib.metadata, sys
known = importlib.metadata.packages_distributions()
held = set({held}) | {{"eyeball"}}
class OnlyHeld:
    def find_spec(self, name, path=None, target=None):
        names = {{each.lower().replace("_", "-") for each in known.get(name.split(".")[0], ())}}
        if names and not names & held:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, OnlyHeld())
import {modules}
"""


def needed(name: str) -> set[str]:
    """A distribution and all that its installation brings."""
    found: set[str] = set()
    open_names = [name]
    while open_names:
        one = canonicalize_name(open_names.pop())
        if one in found:
            continue
        found.add(one)
        try:
            wanted = [Requirement(line) for line in importlib.metadata.requires(one) or ()]
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        open_names += [
            each.name for each in wanted if not each.marker or each.marker.evaluate({"extra": ""})
        ]
    return found


def test_health_names_the_model_and_its_device() -> None:
    told = worker.GpuReader().health.local()
    assert told["model"] == read_card().name
    assert (told["device"], told["clips"]) == ("cpu", 8)


def test_other_weights_than_were_deployed_load_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EYEBALL_WEIGHTS_SHA256", read_card().sha256)
    assert worker.GpuReader().health.local()["sha256"] == read_card().sha256
    monkeypatch.setenv("EYEBALL_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(NoVerifiedWeights, match="deploy it again"):
        worker.GpuReader().health.local()


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
