"""`python -m inference.practice`: draw a batch of twelve practice cases, or as many of them as are
asked for, each with its known LVEF.

The same seeds give the same cases. Neither their order, names, nor files tell an LVEF: rate,
rhythm, window and looks of the picture are drawn without regard to it. A case comes with the exact
border that it was drawn with, at the frames where the cavity is seen largest and smallest.
"""

import dataclasses
import hashlib
from typing import Final, cast

import cv2
import numpy as np

from inference import child
from inference.painting import contours, paint
from inference.phantom import FRAME_UNITS, Phantom, Scan, draw_phantom
from inference.poster import Poster
from inference.prepare import rate_and_seconds
from inference.reading import DRAWN_BORDER, PreparedClip, Tracing
from inference.tracing import trace
from inference.video import TICKS, encode

# With each, the LVEF goes with neither order, rate, rhythm, window nor looks.
SEEDS: Final = (4_108, 5_220, 5_340, 5_880, 6_740)
CASES: Final = 12
LOWEST: Final = 15.0
HIGHEST: Final = 70.0
SIDE: Final = 320
FRAMES_PER_SECOND: Final = 30
SHORTEST_SECONDS: Final = 2.5
LONGEST_SECONDS: Final = 4.0
IRREGULAR: Final = 3  # of the twelve
POOR_WINDOWS: Final = 3
CPU_SECONDS: Final = 600


def main() -> None:
    """Send every case of one batch as it is drawn."""
    cv2.setNumThreads(0)
    asked = child.begin(cpu_seconds=CPU_SECONDS)
    phantoms = practice_phantoms(SEEDS[cast("int", asked["batch"])])
    phantoms = phantoms[: cast("int | None", asked["most"])]
    for phantom in phantoms:
        send(phantom, total=len(phantoms))


def send(phantom: Phantom, *, total: int, seconds: float | None = None) -> None:
    """Draw one case and tell the parent, with how many there will be."""
    prepared, tracing, content = drawn(phantom, seconds)
    answer: dict[str, object] = {
        "lvef": phantom.heart.lvef,
        "heart_rate": phantom.heart.heart_rate,
        "seed": phantom.seed,
        "prepared": prepared.to_primitives(),
        "tracing": tracing and tracing.to_primitives(),
        "total": total,
    }
    child.tell("case", answer, content)


def practice_phantoms(seed: int = SEEDS[0]) -> list[Phantom]:
    """Twelve hearts, one from each twelfth of 15..70 %, in an order that tells nothing."""
    rng = np.random.default_rng(seed)
    step = (HIGHEST - LOWEST) / CASES
    lvefs = LOWEST + step * (np.arange(CASES) + rng.uniform(0.05, 0.95, CASES))
    rates = rng.permutation(np.linspace(50, 110, CASES) + rng.uniform(-2, 2, CASES))
    irregular = rng.permutation(CASES) < IRREGULAR
    poor = rng.permutation(CASES) < POOR_WINDOWS
    return [
        teachable(
            seed + int(number),
            round(float(lvefs[number]), 1),
            round(float(rates[number])),
            irregular=bool(irregular[number]),
            poor=bool(poor[number]),
        )
        for number in rng.permutation(CASES)
    ]


def teachable(seed: int, lvef: float, heart_rate: float, *, irregular: bool, poor: bool) -> Phantom:
    """A phantom in a whole sector: with a ventricle that one can see well, or just so."""
    phantom = draw_phantom(seed, lvef=lvef)
    rng = np.random.default_rng([seed, 3])
    rhythm = dataclasses.replace(
        phantom.heart.rhythm,
        heart_rate=heart_rate,
        irregularity=float(rng.uniform(0.2, 0.3)) if irregular else 0.02,
        early_beats=False,
        atrial_kick=not irregular,
        lag=0.0,
    )
    sway = dataclasses.replace(phantom.heart.sway, slide=0.0)
    depth = float(rng.uniform(6, 14))
    heart = dataclasses.replace(phantom.heart, rhythm=rhythm, sway=sway, depth=depth)
    return Phantom(heart=heart, scan=_window(phantom.scan, rng, poor=poor), seed=seed)


def _window(scan: Scan, rng: np.random.Generator, *, poor: bool) -> Scan:
    """A whole sector; a poor window has fog, grain, dropouts and shadows, a good one few."""
    most = 4 if poor else 1
    echoes = dataclasses.replace(scan.echoes, dropouts=scan.echoes.dropouts[:most])
    return dataclasses.replace(
        scan,
        extent=FRAME_UNITS * float(rng.uniform(1.06, 1.16)),
        half_angle=float(np.deg2rad(rng.uniform(38, 44))),
        apex_x=float(rng.normal(0, 2)),
        apex_y=float(rng.uniform(2, 6)),
        radius=float(rng.uniform(104, 114)),
        exposure=float(rng.uniform(200, 280)),
        gamma=float(rng.uniform(0.85, 1.15)),
        reject=float(rng.uniform(0, 8)),
        noise=float(rng.uniform(5, 9) if poor else rng.uniform(1.5, 4)),
        haze=float(rng.uniform(10, 50)),
        fog=float(rng.uniform(14, 28) if poor else rng.uniform(0, 5)),
        blur=float(rng.uniform(0.3, 0.5)),
        speckle=float(rng.uniform(0.7, 1.0)),
        persistence=float(rng.uniform(0, 0.3)),
        quality=None,
        marks=False,
        shadows=scan.shadows[: 2 if poor else 1],
        echoes=echoes,
    )


def drawn(
    phantom: Phantom, seconds: float | None = None
) -> tuple[PreparedClip, Tracing | None, bytes]:
    """The case as a masked clip like any other: its facts, its exact border, and its MP4; of a
    length that was drawn too, unless it is told."""
    rng = np.random.default_rng([phantom.seed, 4])
    lasts = seconds or rng.uniform(SHORTEST_SECONDS, LONGEST_SECONDS)
    count = int(lasts * FRAMES_PER_SECOND)
    length = round(1 / TICKS / FRAMES_PER_SECOND)
    ticks = [number * length for number in range(count)]
    times = np.array([tick * float(TICKS) for tick in ticks])
    moments = times.astype(np.float32)
    poster = Poster(list(times))
    content = encode(poster.of(paint(phantom, moments, SIDE)), ticks)
    rate, seconds = rate_and_seconds(ticks)
    prepared = PreparedClip(
        sha256=hashlib.sha256(content).hexdigest(),
        frame_times=tuple(round(float(moment), 6) for moment in times),
        width=SIDE,
        height=SIDE,
        frames_per_second=round(rate, 3),
        seconds=round(seconds, 3),
        frame_rate_told=False,
        code=child.code_version(
            "practice", "phantom", "ventricle", "anatomy", "painting", "tracing", "video", "poster"
        ),
        stages={},
        poster=poster.frame(),
    )
    tracing = trace(list(contours(phantom, moments)), list(times), source=DRAWN_BORDER)
    return prepared, tracing, content


if __name__ == "__main__":
    main()
