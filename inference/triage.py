"""The local check, technical only: it may reject but never accepts; and the frames to be shown."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.reading import ClipRefused, Outcome, RefusalCode, Verdict
from inference.triaged import FRAME_SIDE, FRAMES, Triaged

VERSION: Final = "local 1"
BLACK: Final = "black"
NO_MOTION: Final = "no_motion"
VIEW_NOT_CONFIRMED: Final = "view_not_confirmed"
DARKEST_MEAN: Final = 1.0  # gray levels: the real clips have 20 to 46
SMALLEST_CHANGE: Final = 0.2  # gray levels between frames, on average: real clips have 3 and more
JPEG_QUALITY: Final = 85


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


def local_triage(frames: NDArray[np.uint8]) -> Triaged:
    """The local verdict, which costs nothing; ClipRefused is its veto, above any other's word."""
    verdict = local_verdict(frames)
    if verdict.outcome is Outcome.REJECTED:
        dark = BLACK in verdict.reasons
        raise ClipRefused(RefusalCode.NO_SECTOR if dark else RefusalCode.STILL_IMAGE)
    return Triaged(verdict=verdict, version=VERSION)


def pictures(frames: NDArray[np.uint8]) -> list[bytes]:
    """Eight frames spread evenly over the clip, long side 512, as JPEG without metadata.

    frames: (T, H, W) uint8, black outside the sector.
    """
    chosen = np.linspace(0, len(frames) - 1, FRAMES).round().astype(int)
    return [_picture(frames[number]) for number in chosen]


def _picture(frame: NDArray[np.uint8]) -> bytes:
    height, width = frame.shape
    scale = FRAME_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(frame, size, interpolation=shrinks)
    _, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return content.tobytes()
