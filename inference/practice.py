"""`python -m inference.practice`: draw the twelve practice cases, each with its known LVEF.

The same seeds give the same cases. Neither their order, names, nor files tell an LVEF.
"""

import dataclasses
import hashlib
from typing import Final

import cv2
import numpy as np

from inference import child
from inference.painting import paint
from inference.phantom import Phantom, draw_phantom
from inference.prepare import rate_and_seconds
from inference.reading import PreparedClip
from inference.video import TICKS, encode

SEED: Final = 4_500  # with it the LVEF goes with neither order, rate, gain nor noise: |r| < 0.2
CASES: Final = 12
LOWEST: Final = 15.0
HIGHEST: Final = 70.0
SIDE: Final = 320
FRAMES_PER_SECOND: Final = 30
SHORTEST_SECONDS: Final = 2.5
LONGEST_SECONDS: Final = 4.0
CPU_SECONDS: Final = 600


def main() -> None:
    """Send every case as it is drawn."""
    cv2.setNumThreads(0)
    child.begin(cpu_seconds=CPU_SECONDS)
    phantoms = practice_phantoms()
    for done, phantom in enumerate(phantoms, start=1):
        prepared, content = drawn(phantom)
        answer: dict[str, object] = {
            "lvef": phantom.heart.lvef,
            "heart_rate": phantom.heart.heart_rate,
            "seed": phantom.seed,
            "prepared": prepared.to_primitives(),
            "done": done,
            "total": len(phantoms),
        }
        child.tell("case", answer, content)


def practice_phantoms() -> list[Phantom]:
    """Twelve hearts, one from each twelfth of 15..70 %, in an order that tells nothing."""
    rng = np.random.default_rng(SEED)
    step = (HIGHEST - LOWEST) / CASES
    lvefs = LOWEST + step * (np.arange(CASES) + rng.uniform(0.05, 0.95, CASES))
    rates = rng.permutation(np.linspace(50, 110, CASES) + rng.uniform(-2, 2, CASES))
    order = rng.permutation(CASES)
    return [
        _teachable(SEED + int(number), round(float(lvefs[number]), 1), round(float(rate)))
        for number, rate in zip(order, rates, strict=True)
    ]


def _teachable(seed: int, lvef: float, heart_rate: float) -> Phantom:
    """A phantom with an even rhythm and a ventricle that one can see."""
    phantom = draw_phantom(seed, lvef=lvef)
    rng = np.random.default_rng([seed, 3])
    heart = dataclasses.replace(phantom.heart, heart_rate=heart_rate, irregularity=0.0)
    scan = dataclasses.replace(
        phantom.scan,
        extent=rng.uniform(124, 132),
        half_angle=np.deg2rad(rng.uniform(36, 41)),
        apex_y=rng.uniform(4, 8),
        radius=rng.uniform(106, 114),
        gain=rng.uniform(0.9, 1.5),
        gamma=rng.uniform(0.8, 1.1),
        noise=rng.uniform(2, 7),
        blur=rng.uniform(0.2, 0.45),
        speckle=rng.uniform(0.75, 1.0),
        speckle_size=rng.uniform(0.6, 0.9),
        background=rng.uniform(40, 60),
        cavity=rng.uniform(4, 14),
        shadows=phantom.scan.shadows[:2],
    )
    return Phantom(heart=heart, scan=scan, seed=seed)


def drawn(phantom: Phantom) -> tuple[PreparedClip, bytes]:
    """The case as a masked clip like any other: its facts, and its MP4."""
    rng = np.random.default_rng([phantom.seed, 4])
    count = int(rng.uniform(SHORTEST_SECONDS, LONGEST_SECONDS) * FRAMES_PER_SECOND)
    length = round(1 / TICKS / FRAMES_PER_SECOND)
    ticks = [number * length for number in range(count)]
    times = np.array([tick * float(TICKS) for tick in ticks])
    content = encode(paint(phantom, times.astype(np.float32), SIDE), ticks)
    rate, seconds = rate_and_seconds(ticks)
    prepared = PreparedClip(
        sha256=hashlib.sha256(content).hexdigest(),
        frame_times=tuple(round(float(moment), 6) for moment in times),
        width=SIDE,
        height=SIDE,
        frames_per_second=round(rate, 3),
        seconds=round(seconds, 3),
        frame_rate_told=False,
        code=child.code_version("practice", "phantom", "painting", "video"),
        stages={},
    )
    return prepared, content


if __name__ == "__main__":
    main()
