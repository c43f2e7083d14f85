"""From what a network says of every pixel to the border of the part that it means."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

type Points = NDArray[np.float64]

FINER: Final = 4  # times as many pixels a side: an outline runs between the network's own
POINTS: Final = 48
NOTHING: Final = np.zeros((POINTS, 2))


def outline_of(logits: NDArray[np.float32]) -> Points:
    """The border of the largest part above 0, in evenly spaced points."""
    side = FINER * len(logits)
    fine = cv2.resize(logits, (side, side), interpolation=cv2.INTER_LINEAR)
    inside = (fine > 0).astype(np.uint8)
    borders, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not borders:
        return NOTHING
    largest = max(borders, key=cv2.contourArea)
    return evenly(largest[:, 0].astype(np.float64) + 0.5) / side


def evenly(border: Points) -> Points:
    """As many points as wanted, equally far from each other along a closed line."""
    closed = np.concatenate([border, border[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    wanted = np.linspace(0, along[-1], POINTS, endpoint=False)
    return np.stack([np.interp(wanted, along, closed[:, axis]) for axis in (0, 1)], axis=1)


def filled_in(outline: Points, side: int) -> NDArray[np.uint8]:
    """The outline, in shares of a square, as a mask of (side, side): 1 inside."""
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.rint(outline * side - 0.5).astype(np.int32)], (1,))
    return mask
