"""The first generator of phantoms, frozen: a second hand that the demo model learns from, and is
measured by.

Synthetic apical four-chamber hearts whose ejection fraction is known exactly.
Lengths are in units of 1/112 of EchoNet's frame, so that a phantom has the same shape at every
resolution. The left ventricle is a body of revolution with half-width W(t) * profile(s) over a
long axis L(t): its volume is proportional to L * W**2, hence the LVEF is exact by construction.
Ranges come from what nine real clips look like, never from their ejection fractions.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float32]

FRAME_UNITS: Final = 112.0
LOWEST_LVEF: Final = 10.0
HIGHEST_LVEF: Final = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heart:
    """The shape and the beat of one heart; angles in radians, `lvef` in percent."""

    lvef: float
    heart_rate: float
    irregularity: float
    length: float
    half_width: float
    tilt: float
    depth: float
    offset: float
    apex_share: float
    taper: float
    wall: float
    shortening: float
    right_half_width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """One dark ray: where it lies (-1..1 of the half angle), its width (radians), its strength."""

    place: float
    width: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """How the machine sees the heart: sector, gain, speckle, noise; brightness is 0..255."""

    extent: float
    half_angle: float
    apex_x: float
    apex_y: float
    radius: float
    gain: float
    gamma: float
    noise: float
    blur: float
    speckle: float
    speckle_size: float
    carried: float
    shadows: tuple[Shadow, ...]
    wall: float
    septum: float
    lateral: float
    background: float
    pericardium: float
    valve: float
    cavity: float
    drift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Phantom:
    """A heart, the machine that looks at it, and the seed of its speckle and rhythm."""

    heart: Heart
    scan: Scan
    seed: int


def draw_phantom(seed: int, *, lvef: float | None = None) -> Phantom:
    """Draw one phantom; `lvef` in percent, uniform over 10..75 when not given."""
    rng = np.random.default_rng(seed)
    chosen = float(rng.uniform(LOWEST_LVEF, HIGHEST_LVEF)) if lvef is None else lvef
    return Phantom(heart=_draw_heart(rng, chosen), scan=_draw_scan(rng), seed=seed)


def _draw_heart(rng: np.random.Generator, lvef: float) -> Heart:
    length = rng.uniform(42, 70)
    roundness = 1 + 0.25 * max(0.0, 0.45 - lvef / 100)  # failing ventricles tend to be rounder
    return Heart(
        lvef=lvef,
        heart_rate=rng.uniform(45, 120),
        irregularity=float(rng.choice([0, 0, 0.05, 0.2])),
        length=length,
        half_width=length * rng.uniform(0.20, 0.34) * roundness,
        tilt=np.deg2rad(rng.uniform(-14, 14)),
        depth=rng.uniform(12, 24),
        offset=rng.uniform(-3, 12),
        apex_share=rng.uniform(0.5, 0.72),
        taper=rng.uniform(0.05, 0.35),
        wall=rng.uniform(4, 9),
        shortening=rng.uniform(0.15, 0.35),
        right_half_width=rng.uniform(7, 16),
    )


def _draw_scan(rng: np.random.Generator) -> Scan:
    return Scan(
        extent=rng.uniform(FRAME_UNITS, 1.2 * FRAME_UNITS),
        half_angle=np.deg2rad(rng.uniform(34, 47)),
        apex_x=rng.uniform(-6, 6),
        apex_y=rng.uniform(-6, 12),
        radius=rng.uniform(98, 120),
        gain=rng.uniform(0.7, 1.6),
        gamma=rng.uniform(0.8, 1.4),
        noise=rng.uniform(1, 9),
        blur=rng.uniform(0.2, 0.9),
        speckle=rng.uniform(0.5, 1.0),
        speckle_size=rng.uniform(0.5, 1.4),
        carried=rng.uniform(0.55, 0.92),
        shadows=tuple(_draw_shadow(rng) for _ in range(int(rng.integers(0, 5)))),
        wall=rng.uniform(70, 150),
        septum=rng.uniform(0.8, 1.5),
        lateral=rng.uniform(0.45, 1.2),
        background=rng.uniform(25, 60),
        pericardium=rng.uniform(80, 220),
        valve=rng.uniform(90, 200),
        cavity=rng.uniform(0, 22),
        drift=rng.uniform(0, 1.2),
    )


def _draw_shadow(rng: np.random.Generator) -> Shadow:
    return Shadow(
        place=rng.uniform(-1, 1), width=rng.uniform(0.05, 0.16), strength=rng.uniform(0.3, 0.95)
    )


def contraction(heart: Heart, times: Floats, rng: np.random.Generator) -> Floats:
    """How far the heart has contracted at each time: 0 at end diastole, 1 at end systole.

    times:   (T,) seconds, ascending, from 0.
    returns: (T,) float32 in 0..1.
    """
    beat = 60 / heart.heart_rate
    count = int(np.ceil((times[-1] + 3 * beat) / (beat * (1 - heart.irregularity)))) + 1
    beats = beat * (1 + heart.irregularity * rng.uniform(-1, 1, count))
    starts = np.concatenate([[0.0], np.cumsum(beats)]) - rng.uniform(0, beats[0])
    current = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, count - 1)
    phase = np.clip((times - starts[current]) / beats[current], 0, 0.9999)
    systole = float(np.clip((0.18 + 0.12 * beat) / beat, 0.25, 0.5))
    return _beat(phase.astype(np.float32), systole)


def _beat(phase: Floats, systole: float) -> Floats:
    """One beat: a cosine systole, then rapid filling, diastasis and the atrial kick."""
    squeeze = 0.5 - 0.5 * np.cos(np.pi * phase / systole)
    rest = (phase - systole) / (1 - systole)
    filling = (1 + np.exp(-0.22 / 0.06)) / (1 + np.exp((rest - 0.22) / 0.06))
    kick = 1 / (1 + np.exp((rest - 0.85) / 0.04))
    relax = 0.75 * filling + 0.25 * kick
    return np.where(phase < systole, squeeze, relax).astype(np.float32)


def ventricle_size(heart: Heart, contracted: float) -> tuple[float, float]:
    """Length and half-width of the cavity, in units, such that L * W**2 falls by exactly LVEF."""
    volume = 1 - heart.lvef / 100 * contracted
    length = 1 - heart.shortening * heart.lvef / 100 * contracted
    return heart.length * length, heart.half_width * float(np.sqrt(volume / length))


def profile(heart: Heart, along: Floats) -> Floats:
    """The bullet's half-width relative to its widest, at 0 (apex) .. 1 (valve) of the long axis."""
    share = heart.apex_share
    apex = np.sqrt(np.clip(1 - (1 - np.clip(along, 0, share) / share) ** 2, 0, 1))
    base = 1 - heart.taper * ((np.clip(along, share, 1) - share) / (1 - share)) ** 2
    return np.where(along < share, apex, base).astype(np.float32)
