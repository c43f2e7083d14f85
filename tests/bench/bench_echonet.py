"""One clip through R(2+1)D-18, as published and as ours: `python -m tests.bench.bench_echonet`.

All variants take turns in one run, since other programs share the processors; the best and the
median of the rounds are kept, and the processor seconds beside those on the wall: the least time
that as many processors as there are threads could take is their share of it. The weights are
seeded: no accuracy is measured here. bfloat16's deviation is measured on the trained phantom
network.
"""

import argparse
import asyncio
import io
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

import numpy as np
import torch
from torch import Tensor

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
from statistics import mean, median
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
    spent = taking_turns(ways, rounds)
    base = spent["as published, float32"]
    return {
        name: {
            **told(own),
            "times faster, best": round(min(base.wall) / min(own.wall), 2),
            "times faster, median": round(median(base.wall) / median(own.wall), 2),
            "times faster, processor": round(min(base.processor) / min(own.processor), 2),
            "points from published": round(abs(said[name] - said["as published, float32"]), 4),
        }
        for name, own in spent.items()
    }


@dataclass
class Spent:
    """Seconds of each round."""

    wall: list[float] = field(default_factory=list[float])
    processor: list[float] = field(default_factory=list[float])


def taking_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Spent]:
    """Do each of these as often, one after the other."""
    spent = {name: Spent() for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began, processor = time.perf_counter(), time.process_time()
            way()
            spent[name].wall.append(time.perf_counter() - began)
            spent[name].processor.append(time.process_time() - processor)
    return spent


def told(spent: Spent) -> dict[str, float]:
    """The figures of one way."""
    return {
        "seconds, best": round(min(spent.wall), 3),
        "seconds, median": round(median(spent.wall), 3),
        "processor seconds, best": round(min(spent.processor), 3),
    }


def warm_reading(rounds: int) -> dict[str, object]:
    """From a masked clip's bytes to its reading by four clips, with the network in memory."""
    times = [frame / 30 for frame in range(90)]
    content = clips.timed(clips.heart(90), times)
    request = Request(frame_times=times, phantom=False, frame_rate_told=False)
    card = Card("seeded", "", "", demo=True, rmse=7.7, network=ECHONET)
    full = Model(card, folded(seeded()), "cpu", torch.float32)
    half = in_half(Model(card, folded(seeded()), "cpu", torch.float32), torch.bfloat16)
    assert full.clips == half.clips == CLIPS_ON_CPU
    ways: dict[str, Callable[[], object]] = {
        "float32": lambda: read_with(full, io.BytesIO(content), request, {}),
        "bfloat16": lambda: read_with(half, io.BytesIO(content), request, {}),
    }
    return {name: told(own) for name, own in taking_turns(ways, rounds).items()}


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
            apart.append(abs(float(network(clip)[0]) - in_half_said(half, clip)))
    return {
        "phantoms": PHANTOMS,
        "mean points": round(mean(apart), 3),
        "most points": round(max(apart), 3),
    }


def in_half_said(half: PhantomNetwork, clip: Tensor) -> float:
    """As PhantomNetwork.forward, with its convolutions in bfloat16."""
    gray = half.seen(clip)
    seen = [half.answer(half.features(side.bfloat16()).float()) for side in (gray, gray.flip(-1))]
    return float(torch.cat(seen).mean())


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
