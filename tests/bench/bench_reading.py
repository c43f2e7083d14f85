"""Seconds and memory of one own-clip reading, by stage: `python -m tests.bench.bench_reading`.

Each clip is prepared and read as in production: one child for each, cold. The best and the median
of the rounds are kept, since other programs share the processors.
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from inference.client import LocalPreparer, LocalReader
from inference.painting import paint
from inference.phantom import draw_phantom
from tests.unit.inference import clips

type Seconds = dict[str, float]

ROUNDS = 3
WRITTEN = Path(__file__).parent / "results" / "reading.json"
REAL = Path(__file__).parents[3] / "shared" / "clips" / "Example1.mp4"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), rounds))
    found["machine"] = {
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
    text = json.dumps(found, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


async def measure(folder: Path, rounds: int) -> dict[str, object]:
    """The figures of each clip, and the largest child."""
    uploads = {"phantom page 600x600": scanner_page()}
    if REAL.exists():
        uploads["real clip 582x582"] = REAL.read_bytes()
    figures: dict[str, object] = {}
    for name, content in uploads.items():
        raw = clips.stored(folder, content)
        seconds = [await once(raw, folder / "masked.mp4") for _ in range(rounds)]
        figures[name] = {
            stage: {
                "best": round(min(each[stage] for each in seconds), 3),
                "median": round(statistics.median(each[stage] for each in seconds), 3),
            }
            for stage in seconds[0]
        }
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "seconds": figures,
        "peak_megabytes_of_a_child": round(peak / 1024),
        "rounds": rounds,
    }


def scanner_page() -> bytes:
    """Four seconds of a drawn heart on a page of 600x600, as H.264."""
    times = (np.arange(120) / clips.FRAME_RATE).astype(np.float32)
    frames = paint(draw_phantom(clips.BRIGHT_HEART), times, 240)
    large = np.stack([cv2.resize(frame, (480, 480)) for frame in frames])
    return clips.video(clips.page(large, width=600, height=600))


async def once(raw: Path, masked: Path) -> Seconds:
    """One upload, prepared and read."""
    began = time.perf_counter()
    prepared = await LocalPreparer().prepare(raw, masked)
    middle = time.perf_counter()
    reading = await LocalReader().read(masked, prepared.frame_times)
    ended = time.perf_counter()
    return {
        "prepare: start child": middle - began - sum(prepared.stages.values()),
        **{f"prepare: {stage}": spent for stage, spent in prepared.stages.items()},
        "read: start child": ended - middle - sum(reading.stages.values()),
        **{f"read: {stage}": spent for stage, spent in reading.stages.items()},
        "in all": ended - began,
    }


if __name__ == "__main__":
    main()
