"""The published checkpoint is opened, checked and stripped, or refused in words."""

import asyncio
import io
import json
import os
import pickle
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
import torch

from inference import checkpoint, installing
from inference.cards import NoVerifiedWeights, read_card
from inference.checkpoint import WrongCheckpoint, fitting, published_state
from inference.client import LocalReader
from inference.deeplab import DeepLab
from inference.echonet import EchoNet
from inference.installing import InstallRefused, download, install_checkpoint
from inference.weights import load_model, machine
from tests.unit.inference import checkpoints, clips
from tests.unit.inference.checkpoints import State, published, saved, seeded_state

PATIENT = pytest.mark.timeout(400)
WAS_HERE = Path(tempfile.gettempdir()) / "eyeball-was-here"


@pytest.fixture(scope="module")
async def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the structure-true checkpoint is installed."""
    folder = tmp_path_factory.mktemp("models")
    source = folder / "published.pt"
    source.write_bytes(published(seeded_state()))
    await install_checkpoint(source, folder, folder / "none", accept_licence=True)
    source.unlink()
    return folder


@pytest.mark.breadth
@PATIENT
async def test_the_published_checkpoint_becomes_stripped_weights_and_a_card(models: Path) -> None:
    card = json.loads((models / "echonet.json").read_text())
    assert card["name"] == "EchoNet-Dynamic R(2+1)D-18"
    assert card["demo"] is False
    assert card["held_out"]["rmse"] == 7.7
    assert "Stanford" in card["licence"]
    assert card["phantoms"]["read"] == pytest.approx(checkpoints.SAID, abs=0.01)
    assert card["bfloat16"] in {None, machine()}
    state = torch.load(models / "echonet.pt", weights_only=True)
    assert all(torch.equal(state[name], tensor) for name, tensor in seeded_state().items())
    assert (models / "echonet.pt").stat().st_size < 126_000_000
    assert sorted(path.name for path in models.iterdir()) == ["echonet.json", "echonet.pt"]


@pytest.mark.breadth
@PATIENT
async def test_a_clip_is_read_by_the_installed_weights(models: Path, tmp_path: Path) -> None:
    times = [frame / 30 for frame in range(60)]
    masked = clips.stored(tmp_path, clips.timed(clips.heart(60), times))
    reading = await LocalReader(models=models).read(masked, times)
    assert reading.versions.model == "EchoNet-Dynamic R(2+1)D-18"
    assert reading.versions.dtype == ("float32" if not read_card(models).bfloat16 else "bfloat16")
    assert len(reading.clip_lvefs) == reading.versions.clips == 4
    spread = reading.spread
    assert reading.half_width == pytest.approx(1.28 * (7.7**2 + spread**2) ** 0.5, abs=0.02)
    assert reading.warnings[0] == "view_not_confirmed"
    assert "demo_model_on_real_heart" not in reading.warnings


@pytest.mark.breadth
@PATIENT
def test_installed_weights_with_one_changed_byte_are_not_read(models: Path) -> None:
    content = bytearray((models / "echonet.pt").read_bytes())
    content[60_000_000] ^= 1
    (models / "echonet.pt").write_bytes(content)
    with pytest.raises(NoVerifiedWeights, match="not those of the card"):
        load_model(models)


def test_a_broken_card_never_gives_way_to_the_demo_model(tmp_path: Path) -> None:
    (tmp_path / "echonet.json").write_text("{}")
    (tmp_path / "phantom.json").write_bytes(
        (Path(checkpoint.__file__).parent / "models" / "phantom.json").read_bytes()
    )
    with pytest.raises(NoVerifiedWeights, match="echonet"):
        load_model(tmp_path)


async def install(
    source: Path, home: Path, *, accept_licence: bool = True, python: str = sys.executable
) -> None:
    """Install into a fresh data folder."""
    models, outliners = home / "models", home / "outliners"
    await install_checkpoint(
        source, models, outliners, accept_licence=accept_licence, python=python
    )


def state() -> State:
    return dict(seeded_state())


@PATIENT
@pytest.mark.parametrize("legacy", [False, True])
def test_numpy_scalars_and_momentum_are_no_obstacle(*, legacy: bool) -> None:
    content = published({"fc.bias": torch.ones(1)})
    if legacy:  # as torch wrote before 1.6
        held = torch.load(io.BytesIO(content), weights_only=False)
        file = io.BytesIO()
        torch.save(held, file, _use_new_zipfile_serialization=False)
        content = file.getvalue()
    assert list(published_state(content)) == ["fc.bias"]


class Bomb:
    """A pickle that would run a program when it is opened."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {WAS_HERE}",)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: saved({"state_dict": {"fc.bias": torch.ones(1)}, "r2": Bomb()}), "code or obj"),
        (lambda: pickle.dumps(Bomb(), protocol=2), "code or objects"),
        (lambda: saved({"state_dict": {"fc.bias": torch.ones(1)}})[:-400], "no torch checkpoint"),
        (lambda: b"", "no torch checkpoint"),
        (lambda: b"%PDF-1.7 weights", "no torch checkpoint"),
        (lambda: saved([1, 2]), "no network's state"),
        (lambda: saved({"state_dict": {"fc.bias": 1.0}}), "no network's state"),
        (lambda: saved(torch.ones(3)), "no network's state"),
    ],
)
def test_what_is_no_plain_checkpoint_is_refused(made: Callable[[], bytes], words: str) -> None:
    content = made()
    with pytest.raises(WrongCheckpoint, match=words):
        published_state(content)
    assert not WAS_HERE.exists()


def test_a_file_that_unpacks_to_more_than_a_checkpoint_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = saved({"state_dict": {"fc.bias": torch.zeros(300_000)}})
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain)) as whole,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for entry in whole.infolist():
            small.writestr(entry.filename, whole.read(entry))
    assert len(packed.getvalue()) < 10_000
    monkeypatch.setattr(checkpoint, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(WrongCheckpoint, match="unpacks to more"):
        published_state(packed.getvalue())


def without(name: str) -> State:
    return {key: tensor for key, tensor in state().items() if key != name}


@pytest.mark.breadth
@PATIENT
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: without("layer3.1.conv2.0.0.weight"), "1 of its 224 tensors are missing"),
        (lambda: {"backbone.conv1.weight": torch.ones(1)}, "361 of its 362 tensors are missing"),
        (lambda: {"conv1.weight": torch.ones(1)}, "224 of its 224"),
        (lambda: state() | {"fc.weight": torch.ones(400, 512)}, r"fc.weight is \(400, 512\)"),
        (lambda: state() | {"fc.bias": torch.full((1,), torch.nan)}, "no numbers"),
        (lambda: state() | {"fc.bias": torch.empty(1, device="meta")}, "no plain numbers"),
        (lambda: state() | {"fc.bias": torch.ones(1).to_sparse()}, "no plain numbers"),
        (lambda: state() | {"fc.bias": torch.ones(1, dtype=torch.cfloat)}, "no plain numbers"),
        (lambda: state() | {"fc.weight": torch.zeros(1).expand(10**12)}, r"fc.weight is \(10000"),
        (lambda: {"x." + name: tensor for name, tensor in state().items()}, "not R"),
    ],
)
def test_another_network_or_part_of_one_is_refused(change: Callable[[], State], words: str) -> None:
    changed = change()
    outlines = any(name.startswith("backbone.") for name in changed)
    with pytest.raises(WrongCheckpoint, match=words):
        fitting(changed, DeepLab if outlines else EchoNet)


@pytest.mark.breadth
@PATIENT
@pytest.mark.parametrize(
    ("scale", "bias", "words"), [(0.0, 55.6, "alike"), (1.0, 2000.0, "no heart has")]
)
def test_a_network_that_answers_nonsense_is_refused(scale: float, bias: float, words: str) -> None:
    changed = state()
    changed["fc.weight"] = changed["fc.weight"] * scale
    changed["fc.bias"] = torch.full((1,), bias)
    with pytest.raises(WrongCheckpoint, match=words):
        checkpoint.converted(saved({"state_dict": changed}))


async def test_nothing_is_installed_before_the_licence_is_accepted(tmp_path: Path) -> None:
    with pytest.raises(InstallRefused, match="licence"):
        await install(tmp_path / "x", tmp_path, accept_licence=False)
    assert not (tmp_path / "models").exists()


@pytest.mark.breadth
@PATIENT
async def test_a_refused_checkpoint_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "published.pt"
    source.write_bytes(pickle.dumps(Bomb(), protocol=2))
    with pytest.raises(InstallRefused, match="code or objects"):
        await install(source, tmp_path)
    assert not (tmp_path / "models").exists()


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)


@pytest.mark.parametrize(
    "made", [sparse, Path.touch, Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)]
)
async def test_what_cannot_be_a_checkpoint_is_not_even_opened(
    made: Callable[[Path], None], tmp_path: Path
) -> None:
    made(tmp_path / "x")
    with pytest.raises(InstallRefused, match="x"):
        await install(tmp_path / "x", tmp_path, python="/bin/false")


async def test_a_check_that_dies_is_told(tmp_path: Path) -> None:
    source = clips.stored(tmp_path, b"anything")
    with pytest.raises(InstallRefused, match=r"could not be checked.*torch installed\?"):
        await install(source, tmp_path, python="/bin/false")


async def fetched(
    folder: Path, answers: dict[str, httpx2.Response], url: str = "https://a.example/w"
) -> tuple[bytes, list[tuple[int, int | None]]]:
    heard: list[tuple[int, int | None]] = []
    path = await download(
        url,
        folder,
        on_progress=lambda kept, total: heard.append((kept, total)),
        transport=httpx2.MockTransport(lambda request: answers[str(request.url)]),
        seconds=1.0,
    )
    return path.read_bytes(), heard


class Dripping(httpx2.AsyncByteStream):
    """A byte now and then: never silent for long, and never done."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(100):
            await asyncio.sleep(0.1)
            yield b"x"


def moved(to: str) -> httpx2.Response:
    return httpx2.Response(302, headers={"location": to})


async def test_a_download_follows_https_and_tells_its_progress(tmp_path: Path) -> None:
    answers = {
        "https://a.example/w": moved("/v1"),
        "https://a.example/v1": moved("https://b.example/w"),
        "https://b.example/w": httpx2.Response(200, content=b"weights"),
    }
    assert await fetched(tmp_path, answers) == (b"weights", [(7, 7)])


@pytest.mark.parametrize(
    ("answers", "url", "words"),
    [
        ({}, "http://a.example/w", "https only"),
        ({}, "file:///etc/passwd", "https only"),
        ({"https://a.example/w": moved("http://a.example/v1")}, None, "https only"),
        ({"https://a.example/w": moved("file:///etc/passwd")}, None, "https only"),
        ({"https://a.example/w": moved("/w")}, None, "without end"),
        ({"https://a.example/w": httpx2.Response(404)}, None, "404"),
        ({"https://a.example/w": httpx2.Response(302)}, None, "302"),
        ({"https://a.example/w": moved("https://[a")}, None, "failed"),
        ({}, "https://[a", "failed"),
        ({"https://a.example/w": httpx2.Response(200, stream=Dripping())}, None, "longer than"),
        (
            {
                "https://a.example/w": httpx2.Response(
                    200, headers={"content-length": "9" * 5000}, stream=Dripping()
                )
            },
            None,
            "longer than",
        ),
        (
            {"https://a.example/w": httpx2.Response(200, content=b"x" * 2000)},
            None,
            "larger than",
        ),
    ],
)
async def test_a_download_that_goes_wrong_leaves_no_file(
    answers: dict[str, httpx2.Response],
    url: str | None,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(installing, "LARGEST", 1000)
    with pytest.raises(InstallRefused, match=words):
        await fetched(tmp_path, answers, url or "https://a.example/w")
    assert list(tmp_path.iterdir()) == []
