"""Deploying, looking at and warming the reader: the real modal client, a scripted control plane."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from google.protobuf import empty_pb2
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from inference import worker
from inference.cards import FOLDER, read_card, verified_files
from inference.modal_desk import Standing, deploy, keep_warm, standing
from inference.modal_reader import ModalAccess, ModalUnavailable
from inference.pipe import ROOT
from service.cli import main
from service.modal_commands import told_of
from service.settings import Settings
from tests.unit.inference.modal_server import TOKEN, ControlPlane, running_modal

ACCESS = ModalAccess(token_id=TOKEN[0], token_secret=TOKEN[1])
pytestmark = pytest.mark.filterwarnings("ignore:.*[Vv]olume.*")


def class_of(plane: ControlPlane, asked: Any) -> Any:
    """A function, or the one behind a class's methods."""
    known = plane.function_get(asked)
    if asked.object_tag.endswith(".*"):
        method = api_pb2.FunctionHandleMetadata()
        method.CopyFrom(known.handle_metadata)
        method.function_name = "GpuReader.read"
        known.function_id = "fu-gpu"
        known.handle_metadata.method_handle_metadata["read"].CopyFrom(method)
    return known


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    with running_modal() as found:
        monkeypatch.setenv("MODAL_SERVER_URL", found.url)
        monkeypatch.setenv("MODAL_PAYLOAD_FORMAT", "cbor")
        found.scripted["ClassGet"] = lambda _: api_pb2.ClassGetResponse(class_id="cs-1")
        found.scripted["FunctionGet"] = lambda asked: class_of(found, asked)
        yield found


def takes_deployments(plane: ControlPlane) -> None:
    """Answer what a deployment asks: every image is built already, every object made at once."""
    built = api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS)
    handle = api_pb2.FunctionHandleMetadata(function_name="f", definition_id="de-1")
    replies: dict[str, Any] = {
        "AppGetByDeploymentName": api_pb2.AppGetByDeploymentNameResponse(),
        "AppCreate": api_pb2.AppCreateResponse(app_id="ap-1", app_page_url="https://modal.test/ap"),
        "EnvironmentGetOrCreate": api_pb2.EnvironmentGetOrCreateResponse(
            environment_id="en-1",
            metadata=api_pb2.EnvironmentMetadata(
                name="main",
                settings=api_pb2.EnvironmentSettings(image_builder_version="2026.10"),
            ),
        ),
        "MountBatchedCheckExistence": api_pb2.MountBatchedCheckExistenceResponse(),
        "MountPutFile": api_pb2.MountPutFileResponse(exists=True),
        "MountGetOrCreate": api_pb2.MountGetOrCreateResponse(mount_id="mo-1"),
        "VolumeGetOrCreate": api_pb2.VolumeGetOrCreateResponse(volume_id="vo-1"),
        "SecretGetOrCreate": api_pb2.SecretGetOrCreateResponse(secret_id="st-1"),
        "ImageGetOrCreate": api_pb2.ImageGetOrCreateResponse(image_id="im-1", result=built),
        "FunctionPrecreate": api_pb2.FunctionPrecreateResponse(
            function_id="fu-1", handle_metadata=handle
        ),
        "FunctionCreate": api_pb2.FunctionCreateResponse(
            function_id="fu-1",
            handle_metadata=handle,
            function=api_pb2.Function(),
            function_data=api_pb2.FunctionData(
                ranked_functions=[
                    api_pb2.FunctionData.RankedFunction(rank=0, function=api_pb2.Function())
                ]
            ),
        ),
        "ClassCreate": api_pb2.ClassCreateResponse(class_id="cs-1"),
        "VolumePutFiles": empty_pb2.Empty(),
        "AppPublish": api_pb2.AppPublishResponse(url="https://modal.test/ap"),
        "AppHeartbeat": empty_pb2.Empty(),
        "AppClientDisconnect": empty_pb2.Empty(),
    }
    for name, reply in replies.items():
        plane.scripted[name] = lambda _, reply=reply: reply


async def test_what_waits_and_runs_is_told_of_both_halves(plane: ControlPlane) -> None:
    counts = {"fu-1": (3, 2), "fu-gpu": (1, 0)}

    def stats(asked: Any) -> Any:
        backlog, tasks = counts[asked.function_id]
        return api_pb2.FunctionStats(backlog=backlog, num_total_tasks=tasks)

    plane.scripted["FunctionGetCurrentStats"] = stats
    assert await standing(ACCESS) == Standing(
        checks_waiting=3, checkers=2, readings_waiting=1, readers=0
    )
    assert "FunctionMap" not in plane.sent, "nothing was started"


async def test_a_gpu_is_kept_warm_and_let_go_of_even_when_stopped(plane: ControlPlane) -> None:
    plane.scripted["FunctionUpdateSchedulingParams"] = lambda _: (
        api_pb2.FunctionUpdateSchedulingParamsResponse()
    )

    async def interrupted(seconds: float) -> None:
        assert seconds == 60
        assert [least(one) for one in plane.sent["FunctionUpdateSchedulingParams"]] == [1]
        raise KeyboardInterrupt

    def least(asked: Any) -> int:
        assert asked.function_id == "fu-gpu"
        return int(asked.settings.min_containers)

    with pytest.raises(KeyboardInterrupt):
        await keep_warm(ACCESS, 60, pause=interrupted)
    assert [least(one) for one in plane.sent["FunctionUpdateSchedulingParams"]] == [1, 0]


def started(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """`eyeball modal …` as a process of its own."""
    known = environment | {
        "EYEBALL_HOME": str(folder),
        "EYEBALL_READER": "modal",
        "MODAL_TOKEN_ID": TOKEN[0],
        "MODAL_TOKEN_SECRET": TOKEN[1],
    }
    return subprocess.Popen(
        [sys.executable, "-m", "service.cli", "modal", *words],
        cwd=ROOT,
        env=os.environ | known,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def deploys(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`eyeball modal deploy`, once in a process: a deployed app is not declared anew."""
    with started(folder, "deploy", **environment) as deploying:
        told, complained = deploying.communicate(timeout=100)
    return subprocess.CompletedProcess(deploying.args, deploying.returncode, told, complained)


def test_a_deployment_publishes_both_halves_under_the_name_that_is_called(
    plane: ControlPlane, tmp_path: Path
) -> None:
    takes_deployments(plane)
    done = deploys(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "eyeball-reader is deployed" in done.stdout
    assert "checked by local" in done.stdout
    made = {one.function.function_name: one.function for one in plane.sent["FunctionCreate"]}
    assert set(made) == {"read_clip", "GpuReader.*"}
    [published] = plane.sent["AppPublish"]
    assert published.name == "eyeball-reader"
    assert set(published.function_ids) == {"read_clip", "GpuReader.*"}
    volumes = [one.deployment_name for one in plane.sent["VolumeGetOrCreate"]]
    assert set(volumes) == {"eyeball-weights"}
    card, weights = verified_files(FOLDER)
    [stored] = plane.sent["VolumePutFiles"]
    assert {f"{worker.MOUNT}{one.filename}": one.sha256_hex for one in stored.files} == {
        f"/weights/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (card, weights)
    }, "at the root of the Volume, where the reader looks"
    assert read_card().name in done.stdout
    images = "".join(str(one) for one in plane.sent["ImageGetOrCreate"])
    assert "EYEBALL_TRIAGE=local" in images, "both halves agree on who checks the view"
    assert f"EYEBALL_WEIGHTS_SHA256={read_card().sha256}" in images, "and on what reads"
    assert "SecretGetOrCreate" not in plane.sent, "and no key is asked for where nobody is asked"


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        ({"GEMINI_API_KEY": "k-1"}, "GEMINI_API_KEY"),
        ({"EYEBALL_VERTEX_PROJECT": "p-1"}, "GOOGLE_SERVICE_ACCOUNT"),
    ],
)
def test_modal_is_told_to_give_each_half_what_it_needs_and_no_more(
    environment: dict[str, str], key: str, plane: ControlPlane, tmp_path: Path
) -> None:
    takes_deployments(plane)
    done = deploys(tmp_path, EYEBALL_TRIAGE="gemini", **environment)
    assert done.returncode == 0, done.stderr
    [secret] = plane.sent["SecretGetOrCreate"]
    assert (secret.deployment_name, list(secret.required_keys)) == ("eyeball-triage", [key])
    sent = str(plane.sent)
    assert "k-1" not in sent, "the key stays where it is"
    made = {one.function.function_name: spec_of(one) for one in plane.sent["FunctionCreate"]}
    check, reader = made["read_clip"], made["GpuReader.*"]
    assert (list(check.secret_ids), list(reader.secret_ids)) == (["st-1"], [])
    assert (check.resources.gpu_config.gpu_type, list(check.volume_mounts)) == ("", [])
    assert (reader.resources.gpu_config.gpu_type, reader.resources.gpu_config.count) == ("T4", 1)
    [mount] = reader.volume_mounts
    assert (mount.mount_path, mount.read_only) == ("/weights", True)
    assert reader.checkpointing_enabled
    assert not check.checkpointing_enabled
    for half in (check, reader):
        assert 0 < half.autoscaler_settings.scaledown_window <= 30
        assert 0 < half.autoscaler_settings.max_containers <= 16
        assert half.autoscaler_settings.min_containers == 0
        assert half.retry_policy.retries == 2
        assert 0 < half.timeout_secs <= 300
        assert not half.webhook_config.type, "nothing answers the public"


def spec_of(created: Any) -> Any:
    """What Modal is to run, whichever field it is said in."""
    ranked = created.function_data.ranked_functions
    return ranked[0].function if ranked else created.function


def test_what_modal_misses_is_said_in_its_words(plane: ControlPlane, tmp_path: Path) -> None:
    takes_deployments(plane)
    plane.scripted["VolumeGetOrCreate"] = GRPCError(
        Status.NOT_FOUND, "Volume eyeball-weights not found"
    )
    refused = deploys(tmp_path)
    assert refused.returncode == 1
    assert "eyeball-weights not found" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "AppPublish" not in plane.sent


def test_weights_that_are_not_those_of_their_card_are_not_deployed(
    plane: ControlPlane, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(FOLDER, models)
    card = read_card(models)
    (models / card.file).write_bytes((models / card.file).read_bytes()[:-1] + b"?")
    refused = deploys(tmp_path)
    assert refused.returncode == 1
    assert "are not those of the card" in refused.stderr
    assert plane.sent == {}


@pytest.mark.breadth
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_closes_lets_go_of_the_gpu(
    stop: signal.Signals, plane: ControlPlane, tmp_path: Path
) -> None:
    plane.scripted["FunctionUpdateSchedulingParams"] = lambda _: (
        api_pb2.FunctionUpdateSchedulingParamsResponse()
    )
    with started(tmp_path, "prewarm", "--minutes", "1") as warming:
        deadline = time.monotonic() + 60
        while "FunctionUpdateSchedulingParams" not in plane.sent:
            assert time.monotonic() < deadline
            assert warming.poll() is None
            time.sleep(0.05)
        warming.send_signal(stop)
        told, _ = warming.communicate(timeout=30)
    updates = plane.sent["FunctionUpdateSchedulingParams"]
    assert [one.settings.min_containers for one in updates] == [1, 0]
    assert warming.returncode == 0
    assert "The GPU is let go of." in told


async def test_a_gpu_that_cannot_be_let_go_of_is_told(plane: ControlPlane) -> None:
    plane.scripted["FunctionUpdateSchedulingParams"] = lambda _: (
        api_pb2.FunctionUpdateSchedulingParamsResponse()
    )

    async def loses(seconds: float) -> None:
        plane.scripted["FunctionUpdateSchedulingParams"] = GRPCError(Status.INTERNAL, "lost")

    with pytest.raises(ModalUnavailable, match="may still wait, and cost"):
        await keep_warm(ACCESS, 60, pause=loses)


async def test_a_wrong_token_deploys_warms_and_tells_nothing(plane: ControlPlane) -> None:
    wrong = ModalAccess(token_id="ak-wrong", token_secret="as-wrong")
    for question in (standing(wrong), keep_warm(wrong, 1), deploy(wrong, {}, [])):
        with pytest.raises(ModalUnavailable, match="token"):
            await question
    assert set(plane.sent) == {"ClientHello"}


def test_the_commands_say_what_to_set_and_what_came(
    plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"EYEBALL_HOME": str(tmp_path)}

    def says(*words: str) -> Result:
        return CliRunner().invoke(main, ["modal", *words], env=environment)

    for command in ("deploy", "status", "prewarm"):
        refused = says(command)
        assert refused.exit_code == 1
        assert "EYEBALL_READER=modal" in refused.stderr
    environment |= {
        "EYEBALL_READER": "modal",
        "MODAL_TOKEN_ID": TOKEN[0],
        "MODAL_TOKEN_SECRET": TOKEN[1],
    }
    plane.scripted["FunctionGetCurrentStats"] = lambda _: api_pb2.FunctionStats(backlog=2)
    told = says("status")
    assert told.exit_code == 0, told.output
    assert "Reader: 2 waiting, 0 with a GPU." in told.stdout
    environment["MODAL_TOKEN_ID"] = "ak-wrong"
    refused = says("status")
    assert refused.exit_code == 1
    assert "Modal does not know this token" in refused.stderr
    assert "MODAL_TOKEN_ID" in refused.stderr
    assert TOKEN[1] not in refused.output


def test_a_deployment_is_told_what_the_service_checks_by(tmp_path: Path) -> None:
    known = {"EYEBALL_HOME": str(tmp_path), "EYEBALL_GEMINI_MODEL": "gemini-2.5-flash"}
    told = told_of(Settings.from_environment(known).cloud, "s")
    assert told["EYEBALL_TRIAGE"] == "local"
    assert told["EYEBALL_GEMINI_MODEL"] == "gemini-2.5-flash"
