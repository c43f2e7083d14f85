"""One clip through R(2+1)D-18, as published and as ours: `python -m tests.bench.bench_echonet`.

All variants take turns in one run, since other programs share the processors; the best and the
median of the rounds are kept. The weights are seeded: no accuracy is measured here. bfloat16's
deviation is measured on the trained phantom network.
"""

import argparse
import asyncio
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inference.cards import ECHONET, Card
from inference.checkpoint import phantom_clips
from inference.client import LocalReader
from inference.echonet import EchoNet, folded
from inference.installing import install_checkpoint
from inference.network import PhantomNetwork
from inference.painting import paint
from inference.phantom import draw_phantom
from inference.reader import Request, read_with
from inference.sampling import network_clips
from inference.weights import CLIPS_ON_CPU, Model, in_half, load_model
from tests.unit.inference import clips
from tests.unit.inference.checkpoints import published, seeded_state

ROUNDS = 5
WAITING, PASSIVE = "OMP_WAIT_POLICY", "PASSIVE"
THREADS = 2
PHANTOMS = 24
READ_AND_TELL = """
import asyncio, json, resource, sys
from pathlib import Path
from inference.client import LocalReader
models, masked, times = sys.argv[1:]
asyncio.run(LocalReader(models=Path(models)).read(Path(masked), json.loads(times)))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
WRITTEN = Path(__file__).parent / "results" / "echonet.json"


def main() -> None:
    """Measure, print and write."""
    if os.environ.get(WAITING) != PASSIVE:  # as in the children; it must be set before torch is
        again = [sys.executable, "-m", "tests.bench.bench_echonet", *sys.argv[1:]]
        environment = os.environ | {WAITING: PASSIVE}
        sys.exit(subprocess.run(again, env=environment, check=False).returncode)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(THREADS)
    found: dict[str, object] = {
        "one clip": one_clip(rounds),
        "a reading of four clips, warm": warm_reading(rounds),
        "bfloat16 on the trained phantom network": phantom_deviation(),
    }
    with tempfile.TemporaryDirectory() as folder:
        found["a reading in a child, cold"] = asyncio.run(cold_reading(Path(folder), rounds))
    found["rounds"] = rounds
    found["machine"] = {
        "processors": os.cpu_count(),
        "bfloat16": torch.cpu.get_capabilities().get("avx512_bf16"),
        "load": round(os.getloadavg()[0], 1),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    text = json.dumps(found, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def seeded() -> EchoNet:
    """The published structure, with weights that know nothing."""
    network = EchoNet().eval()
    network.load_state_dict(seeded_state(), strict=True)
    return network


def one_clip(rounds: int) -> dict[str, object]:
    """Seconds for one clip, and how many times faster than the published way."""
    card = Card("seeded", "", "", demo=True, rmse=0.0, network=ECHONET)
    clip = phantom_clips()[:1]
    eager = seeded()
    single = Model(card, folded(seeded()), "cpu", torch.float32)
    half = in_half(Model(card, folded(seeded()), "cpu", torch.float32), torch.bfloat16)

    def as_published() -> float:
        with torch.no_grad():
            return float(eager(torch.from_numpy(clip))[0])

    ways: dict[str, Callable[[], float]] = {
        "as published, float32": as_published,
        "ours, float32": lambda: single.answers(clip)[0],
        "ours, bfloat16": lambda: half.answers(clip)[0],
    }
    said = {name: way() for name, way in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    base = seconds["as published, float32"]
    return {
        name: {
            "best": round(min(spent), 3),
            "median": round(statistics.median(spent), 3),
            "times faster, best": round(min(base) / min(spent), 2),
            "times faster, median": round(statistics.median(base) / statistics.median(spent), 2),
            "points from published": round(abs(said[name] - said["as published, float32"]), 4),
            f"seconds of {CLIPS_ON_CPU} clips": round(CLIPS_ON_CPU * min(spent), 2),
        }
        for name, spent in seconds.items()
    }


def warm_reading(rounds: int) -> dict[str, float]:
    """Seconds from a masked clip's bytes to its reading, with the network in memory."""
    times = [frame / 30 for frame in range(90)]
    content = clips.timed(clips.heart(90), times)
    request = Request(frame_times=times, phantom=False, frame_rate_told=False)
    card = Card("seeded", "", "", demo=True, rmse=7.7, network=ECHONET)
    full = Model(card, folded(seeded()), "cpu", torch.float32)
    half = in_half(Model(card, folded(seeded()), "cpu", torch.float32), torch.bfloat16)
    spent: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    for _ in range(rounds):
        for name, model in (("float32", full), ("bfloat16", half)):
            began = time.perf_counter()
            reading = read_with(model, io.BytesIO(content), request, {})
            spent[name].append(time.perf_counter() - began)
            assert reading.versions.clips == CLIPS_ON_CPU
    return {f"{name}, best": round(min(seconds), 2) for name, seconds in spent.items()} | {
        f"{name}, median": round(statistics.median(seconds), 2) for name, seconds in spent.items()
    }


def phantom_deviation() -> dict[str, float]:
    """How far bfloat16 convolutions move the LVEF of held-out phantoms, in points."""
    network = load_model().network
    half = load_model().network
    assert isinstance(network, PhantomNetwork)
    assert isinstance(half, PhantomNetwork)
    half.layers.bfloat16()
    times = np.arange(32) / 25
    apart: list[float] = []
    for seed in range(PHANTOMS):
        frames = paint(draw_phantom(91_000_000 + seed), times.astype(np.float32), 112)
        clip = torch.from_numpy(network_clips(frames, times, clips=1))
        with torch.inference_mode():
            gray = functional.avg_pool3d(clip.mean(1, keepdim=True), (1, 2, 2))
            features: Tensor = half.layers(gray.bfloat16()).float()
            apart.append(abs(float(network(clip)[0]) - float(half.answer(features)[0])))
    return {
        "phantoms": PHANTOMS,
        "mean points": round(statistics.mean(apart), 3),
        "most points": round(max(apart), 3),
    }


async def cold_reading(folder: Path, rounds: int) -> dict[str, object]:
    """Install the seeded checkpoint, then read one clip of 3 s in new children.

    The kernel keeps the largest child's memory only, so the reader is measured in a program of its
    own, by its own words.
    """
    source = folder / "published.pt"
    source.write_bytes(published(seeded_state()))
    began = time.perf_counter()
    card = await install_checkpoint(
        source, folder / "models", folder / "outliners", accept_licence=True
    )
    assert isinstance(card, Card)
    installed = time.perf_counter() - began
    installing = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    times = [frame / 30 for frame in range(90)]
    masked = clips.stored(folder, clips.timed(clips.heart(90), times))
    stages: list[dict[str, float]] = []
    for _ in range(min(rounds, 3)):
        began = time.perf_counter()
        reading = await LocalReader(models=folder / "models").read(masked, times)
        stages.append(reading.stages | {"in all": time.perf_counter() - began})
    return {
        "dtype": reading.versions.dtype,
        "clips": reading.versions.clips,
        "seconds, best": {name: round(min(s[name] for s in stages), 2) for name in stages[0]},
        "seconds to install": round(installed, 1),
        "bfloat16 passed the self-test": card.bfloat16 is not None,
        "peak megabytes while installing": round(installing / 1024),
        "peak megabytes of the reader": reader_peak(folder / "models", masked, times),
    }


def reader_peak(models: Path, masked: Path, times: list[float]) -> int:
    """The largest resident size of a child that reads, as the kernel counted it."""
    command = [sys.executable, "-c", READ_AND_TELL, str(models), str(masked), json.dumps(times)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return round(int(told.stdout) / 1024)


if __name__ == "__main__":
    main()
