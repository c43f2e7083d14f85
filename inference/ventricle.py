"""The left ventricle as it beats: a stack of disks whose volume falls by exactly the LVEF.

At a share s of the long axis (0 apex, 1 base) a disk's diameter is the sum of the septal and the
lateral half-width. How far the walls move is solved for, so that over a beat the volume, the
integral of diameter**2 over the length, falls from its largest to its smallest by the LVEF. The
image shows a slice of that body, which may miss its axis: what one sees then is not its volume.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.phantom import KNOTS, Floats, Heart, Rhythm, Ventricle

type Doubles = NDArray[np.float64]

SHARES: Final = np.linspace(0, 1, 65)
PHASES: Final = np.linspace(0, 1, 241)[:-1].astype(np.float32)
HALVINGS: Final = 40  # of the interval that holds the amplitude


@dataclass(frozen=True, slots=True)
class Walls:
    """One moment: half-widths along SHARES as seen in the slice, and the length (units).

    squeeze: how far the septum has contracted; valve: how far the mitral valve is open; 0..1.
    """

    length: float
    septal_inner: Floats
    lateral_inner: Floats
    septal_outer: Floats
    lateral_outer: Floats
    squeeze: float
    valve: float


def phases(rhythm: Rhythm, times: Floats, rng: np.random.Generator) -> Floats:
    """Where in its beat the heart is at each time.

    times:   (T,) seconds, ascending, from 0.
    returns: (T,) float32 in 0..1; whole beats are counted, so that a beat is found by floor.
    """
    beat = 60 / rhythm.heart_rate
    count = int(np.ceil(2.5 * (times[-1] + 3 * beat) / beat)) + 2
    lengths = beat * (1 + rhythm.irregularity * rng.uniform(-1, 1, count))
    if rhythm.early_beats:
        early = np.flatnonzero(rng.random(count - 1) < 0.3)
        lengths[early], lengths[early + 1] = 0.62 * beat, 1.38 * beat
    starts = np.concatenate([[0.0], np.cumsum(lengths)]) - rng.uniform(0, lengths[0])
    current = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, count - 1)
    within = np.clip((times - starts[current]) / lengths[current], 0, 0.9999)
    return (current + within).astype(np.float32)


def squeeze(rhythm: Rhythm, phase: Floats) -> Floats:
    """How far a wall has contracted: 0 at the beat's start, 1 at the end of systole.

    A cosine systole, then rapid filling, rest and, unless the atria fibrillate, their kick.
    """
    phase = phase % 1
    tightening = 0.5 - 0.5 * np.cos(np.pi * phase / rhythm.systole)
    rest = (phase - rhythm.systole) / (1 - rhythm.systole)
    filled = (1 + np.exp(-0.22 / 0.06)) / (1 + np.exp((rest - 0.22) / 0.06))
    late = 1 / (1 + np.exp((rest - 0.85) / 0.04)) if rhythm.atrial_kick else 1 - rest
    relaxing = rhythm.early_filling * filled + (1 - rhythm.early_filling) * late
    return np.where(phase < rhythm.systole, tightening, relaxing).astype(np.float32)


def opening(rhythm: Rhythm, phase: Floats) -> Floats:
    """How far the mitral valve is open: wide in rapid filling, half at rest, again for the kick."""
    rest = (phase % 1 - rhythm.systole) / (1 - rhythm.systole)
    fast = np.exp(-(((rest - 0.2) / 0.13) ** 2))
    kick = 0.8 * np.exp(-(((rest - 0.85) / 0.08) ** 2)) if rhythm.atrial_kick else 0.0
    half = 0.35 * np.clip((rest - 0.1) / 0.1, 0, 1) * np.clip((0.97 - rest) / 0.05, 0, 1)
    return np.where(rest > 0.02, np.maximum(np.maximum(fast, kick), half), 0).astype(np.float32)


def volumes(heart: Heart, phase: Floats) -> Floats:
    """The cavity's volume at each phase, relative to its largest of a beat: (T,) float32."""
    moved, largest = _amplitude_and_largest(heart)
    resting, falling, squared = _coefficients(heart, phase)
    return ((resting + moved * falling + moved**2 * squared) / largest).astype(np.float32)


def amplitude(heart: Heart) -> float:
    """How far the walls move at full contraction, a share of the half-width."""
    return _amplitude_and_largest(heart)[0]


@lru_cache(maxsize=64)
def _amplitude_and_largest(heart: Heart) -> tuple[float, float]:
    """By halving: the more the walls move, the more of the volume is ejected."""
    resting, falling, squared = _coefficients(heart, PHASES)
    low, high = -0.2, 1.0
    moved, beat = low, resting
    for _ in range(HALVINGS):
        moved = (low + high) / 2
        beat = resting + moved * falling + moved**2 * squared
        ejected = 1 - beat.min() / beat.max()
        low, high = (moved, high) if ejected < heart.lvef / 100 else (low, moved)
    return moved, float(beat.max())


def _coefficients(heart: Heart, phase: Floats) -> tuple[Doubles, Doubles, Doubles]:
    """The volume at each phase is the first + moved * the second + moved**2 * the third."""
    septal, lateral, length = _half_widths(heart, phase, 0.0)
    septal_all, lateral_all, _ = _half_widths(heart, phase, 1.0)
    still = (septal + lateral).astype(np.float64)
    moving = (septal_all + lateral_all).astype(np.float64) - still
    terms = (still**2, 2 * still * moving, moving**2)
    resting, falling, squared = (
        length[:, 0] * (term[:, 1:] + term[:, :-1]).sum(axis=1) for term in terms
    )
    return resting, falling, squared


def _half_widths(heart: Heart, phase: Floats, moved: float) -> tuple[Floats, Floats, Floats]:
    """Septal and lateral half-widths (T, 65) and lengths (T, 1), units."""
    ventricle, rhythm = heart.ventricle, heart.rhythm
    first = squeeze(rhythm, phase)[:, np.newaxis]
    last = squeeze(rhythm, phase - np.float32(rhythm.lag))[:, np.newaxis]
    rest = ventricle.half_width * profile(ventricle)
    septal = rest * (1 - ventricle.lean) * (1 - moved * _moves(ventricle.septum) * first)
    lateral = rest * (1 + ventricle.lean) * (1 - moved * _moves(ventricle.lateral) * last)
    length = ventricle.length * (1 - ventricle.shortening * (first + last) / 2)
    return septal, lateral, length


def _moves(knots: tuple[float, ...]) -> Floats:
    return np.interp(SHARES, np.linspace(0, 1, KNOTS), knots).astype(np.float32)


def profile(ventricle: Ventricle) -> Floats:
    """The bullet's half-width relative to its widest, at SHARES of the long axis."""
    share = ventricle.apex_share
    apex = np.sqrt(np.clip(1 - (1 - np.clip(SHARES, 0, share) / share) ** 2, 0, 1))
    base = 1 - ventricle.taper * ((np.clip(SHARES, share, 1) - share) / (1 - share)) ** 2
    return np.where(share > SHARES, apex, base).astype(np.float32)


def walls(heart: Heart, phase: Floats) -> list[Walls]:
    """The ventricle at each phase as the image's plane cuts it; muscle keeps its volume."""
    ventricle = heart.ventricle
    resting = _half_widths(heart, np.zeros(1, np.float32), 0.0)
    septal, lateral, length = _half_widths(heart, phase, amplitude(heart))
    tight, valve = squeeze(heart.rhythm, phase), opening(heart.rhythm, phase)
    plane = np.interp(SHARES, [0, 1], ventricle.slice_offset)
    found: list[Walls] = []
    for now in range(len(phase)):
        missed = (plane + ventricle.slice_motion * tight[now]) ** 2
        stretch = ventricle.length / length[now, 0]
        septal_outer = _outer(septal[now], resting[0][0], ventricle.septal_wall, stretch)
        lateral_outer = _outer(lateral[now], resting[1][0], ventricle.lateral_wall, stretch)
        found.append(
            Walls(
                float(length[now, 0]),
                _cut(septal[now], missed),
                _cut(lateral[now], missed),
                _cut(septal_outer, missed),
                _cut(lateral_outer, missed),
                float(tight[now]),
                float(valve[now]),
            )
        )
    return found


def _outer(inner: Floats, resting: Floats, wall: float, stretch: float) -> Floats:
    """The outer border: the ring of muscle keeps its area, times what the length lost."""
    ring = ((resting + wall) ** 2 - resting**2) * stretch
    return np.sqrt(inner**2 + ring)


def _cut(half_width: Floats, missed: Floats) -> Floats:
    return np.sqrt(np.maximum(half_width**2 - missed, 0)).astype(np.float32)
