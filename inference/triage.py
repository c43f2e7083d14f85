"""The local check, technical only: it may reject but never accepts; and the frames to be shown."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from inference.reading import ClipRefused, Outcome, RefusalCode, Verdict
from inference.triaged import FRAME_SIDE, FRAMES, Triaged
from inference.video import Gray

VERSION: Final = "local 1"
BLACK: Final = "black"
NO_MOTION: Final = "no_motion"
VIEW_NOT_CONFIRMED: Final = "view_not_confirmed"
DARKEST_MEAN: Final = 1.0  # gray levels: the real clips have 20 to 46
SMALLEST_CHANGE: Final = 0.2  # gray levels between frames, on average: real clips have 3 and more
JPEG_QUALITY: Final = 85


class Motion:
    """What a machine that knows no anatomy can say about a clip, one (H, W) uint8 frame after
    another: it keeps the last one only."""

    def __init__(self) -> None:
        self.frames = 0
        self._last: Gray | None = None
        self._light = self._change = 0.0  # sums of gray levels
        self._pixels = 0  # of one frame

    def see(self, frame: Gray) -> None:
        """Look at the next frame."""
        self.frames += 1
        self._light += cv2.norm(frame, cv2.NORM_L1)
        if self._last is not None:
            self._change += cv2.norm(frame, self._last, cv2.NORM_L1)
        self._last, self._pixels = frame, frame.size

    def verdict(self) -> Verdict:
        """Rejected or unsure, never accepted."""
        if self._light < DARKEST_MEAN * self.frames * self._pixels or not self.frames:
            return _verdict(Outcome.REJECTED, BLACK)
        if self._change < SMALLEST_CHANGE * (self.frames - 1) * self._pixels or self.frames < 2:
            return _verdict(Outcome.REJECTED, NO_MOTION)
        return _verdict(Outcome.UNSURE, VIEW_NOT_CONFIRMED)


def _verdict(outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome=outcome, view="unknown", checked_by="local", reasons=(reason,))


def local_triage(motion: Motion) -> Triaged:
    """The local verdict, which costs nothing; ClipRefused is its veto, above any other's word."""
    verdict = motion.verdict()
    if verdict.outcome is Outcome.REJECTED:
        dark = BLACK in verdict.reasons
        raise ClipRefused(RefusalCode.NO_SECTOR if dark else RefusalCode.STILL_IMAGE)
    return Triaged(verdict=verdict, version=VERSION)


def spread(frames: int) -> list[int]:
    """The numbers of eight frames, spread evenly over so many."""
    return [int(number) for number in np.linspace(0, frames - 1, FRAMES).round()]


def pictures(frames: Sequence[Gray]) -> list[bytes]:
    """Eight frames spread evenly over the clip, long side 512, as JPEG without metadata.

    frames: (H, W) uint8 each, black outside the sector.
    """
    return [_picture(frames[number]) for number in spread(len(frames))]


def _picture(frame: Gray) -> bytes:
    height, width = frame.shape
    scale = FRAME_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(frame, size, interpolation=shrinks)
    _, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return content.tobytes()
