"""Fit the fan of an ultrasound sector to the part of the frame that moves."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

type Mask = NDArray[np.bool_]
type Numbers = NDArray[np.float64]

TRIALS: Final = 200  # of RANSAC, seeded: the same clip always gives the same fan
SHARE_COVERED: Final = 0.93  # of the moving part: below it the fan is wrong
SHARE_FILLED: Final = 0.75  # of the fan by the hull
STEEPEST_DIFFERENCE: Final = 1.6  # between flanks: beyond it the dim one is mirrored


@dataclass(frozen=True, slots=True)
class Flank:
    """A side of the fan: x = slope * y + start."""

    slope: float
    start: float


def fitted_fan(moving: Mask, hull: Mask) -> Mask | None:
    """The fan through the hull's flanks, within a wider hull; None where none fits."""
    left, right = _flanks(hull)
    if left is None or right is None or right.slope - left.slope <= 0.4:
        return None
    left, right = _evened(left, right)
    fan = _fan(left, right, moving)
    covered = (fan & moving).sum() / moving.sum()
    filled = (fan & hull).sum() / max(1, fan.sum())
    if covered <= SHARE_COVERED or filled <= SHARE_FILLED:
        return None
    return fan & (cv2.dilate(hull.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0)


def _flanks(hull: Mask) -> tuple[Flank | None, Flank | None]:
    """Lines through the hull's ends from the top to its widest row."""
    rows = np.flatnonzero(hull.any(1))
    first = hull[rows].argmax(1)
    last = hull.shape[1] - 1 - hull[rows, ::-1].argmax(1)
    upper = rows <= rows[np.argmax(last - first)]
    rng = np.random.default_rng(0)
    ends: list[Flank | None] = []
    for columns, sign in ((first, -1), (last, 1)):
        within = upper & (columns > 1) & (columns < hull.shape[1] - 2)
        x, y = columns[within].astype(np.float64), rows[within].astype(np.float64)
        ends.append(_line(x, y, sign, rng))
    return ends[0], ends[1]


def _line(x: Numbers, y: Numbers, sign: int, rng: np.random.Generator) -> Flank | None:
    """RANSAC over pairs of rows, then least squares through what lies within 1.6 pixels."""
    if len(x) < 10:
        return None
    best = np.zeros(len(x), np.bool_)
    for _ in range(TRIALS):
        one, other = rng.choice(len(x), 2, replace=False)
        if abs(y[one] - y[other]) < 6:
            continue
        slope = (x[one] - x[other]) / (y[one] - y[other])
        near = np.abs(slope * (y - y[one]) + x[one] - x) < 1.6
        if slope * sign >= 0.15 and near.sum() > best.sum():
            best = near
    if best.sum() < max(2, 0.35 * len(x)):
        return None
    slope, start = np.polyfit(y[best], x[best], 1)
    return Flank(float(slope), float(start))


def _apex(left: Flank, right: Flank) -> tuple[float, float]:
    y = (left.start - right.start) / (right.slope - left.slope)
    return left.slope * y + left.start, y


def _evened(left: Flank, right: Flank) -> tuple[Flank, Flank]:
    """Mirror the wider flank where the other is much steeper: its side is too dim to move."""
    ratio = abs(left.slope) / max(abs(right.slope), 1e-6)
    if 1 / STEEPEST_DIFFERENCE < ratio < STEEPEST_DIFFERENCE:
        return left, right
    x, y = _apex(left, right)
    wider = max(abs(left.slope), abs(right.slope))
    return Flank(-wider, x + wider * y), Flank(wider, x - wider * y)


def _fan(left: Flank, right: Flank, moving: Mask) -> Mask:
    """Between the flanks, and between the nearest and the farthest motion from their crossing."""
    apex_x, apex_y = _apex(left, right)
    y, x = np.indices(moving.shape, dtype=np.float64)
    depth = np.hypot(x - apex_x, y - apex_y)
    nearest = max(0.0, float(np.percentile(depth[moving], 0.2)) - 3)
    farthest = float(np.percentile(depth[moving], 99.5)) + 1.5
    between = (x >= left.slope * y + left.start - 1.5) & (x <= right.slope * y + right.start + 1.5)
    return between & (depth >= nearest) & (depth <= farthest)
