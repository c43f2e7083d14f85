"""The local check: technical only, so it may reject but never accepts."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.reading import Outcome, Verdict

VERSION: Final = "local 1"
BLACK: Final = "black"
NO_MOTION: Final = "no_motion"
VIEW_NOT_CONFIRMED: Final = "view_not_confirmed"
DARKEST_MEAN: Final = 1.0  # gray levels: the real clips have 20 to 46
SMALLEST_CHANGE: Final = 0.2  # gray levels between frames, on average: real clips have 3 and more


def local_verdict(frames: NDArray[np.uint8]) -> Verdict:
    """What a machine that knows no anatomy can say about (T, H, W) uint8 frames."""
    if frames.mean() < DARKEST_MEAN:
        return _verdict(Outcome.REJECTED, BLACK)
    change = np.abs(np.diff(frames.astype(np.int16), axis=0))
    if len(frames) < 2 or change.mean() < SMALLEST_CHANGE:
        return _verdict(Outcome.REJECTED, NO_MOTION)
    return _verdict(Outcome.UNSURE, VIEW_NOT_CONFIRMED)


def _verdict(outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome=outcome, view="unknown", checked_by="local", reasons=(reason,))
