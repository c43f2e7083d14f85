"""Turn a masked clip into what the network sees: pure functions, tested against numpy.

source: echonet/dynamic@e01d029 for 112x112, 0..255, cubic; its published mean and deviation;
        25 Hz by time stamp because the network counts frames, not seconds: on our own model
        twice too fast cost nine points of mean absolute error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

type Gray = NDArray[np.uint8]
type Floats = NDArray[np.float32]

FRAME_SIDE: Final = 112
CLIP_FRAMES: Final = 32
FRAMES_PER_SECOND: Final = 25.0
MEAN_GRAY: Final = 32.7
GRAY_DEVIATION: Final = 50.0
BLACK_UP_TO: Final = 12  # H.264 leaves ripples of a few levels beside the sector's edge
SMALLEST_RUN: Final = 0.02  # share of a row or column that must be lit to count as sector


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the frame in pixels; it may reach beyond the frame, where all is black."""

    left: int
    top: int
    side: int


def network_clips(frames: Gray, times: NDArray[np.float64], *, clips: int) -> Floats:
    """The clips that the network reads, their starts spread evenly over the video.

    frames:  (T, H, W) uint8 gray, black outside the sector; T >= 1.
    times:   (T,) seconds, ascending.
    returns: (K, 3, 32, 112, 112) float32, 1 <= K <= clips; mean gray is 0.

    A video shorter than one clip is padded at its end with mean gray, as EchoNet does.
    """
    return clips_of(network_video(frames, times), clips=clips)


def network_video(frames: Gray, times: NDArray[np.float64]) -> Floats:
    """The whole clip at 25 Hz as the network sees it: (F, 112, 112) float32."""
    return normalised(frames[resampled(times)], sector_square(frames))


def clips_of(video: Floats, *, clips: int) -> Floats:
    """Cut clips of 32 frames, as network_clips does."""
    missing = max(0, CLIP_FRAMES - len(video))
    video = np.pad(video, [(0, missing), (0, 0), (0, 0)])
    starts = spread_starts(len(video), clips)
    cut = np.stack([video[start : start + CLIP_FRAMES] for start in starts])
    return np.repeat(cut[:, np.newaxis], 3, axis=1)


def resampled(times: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which frame is nearest to each tick of 1/25 s.

    times:   (T,) seconds, ascending.
    returns: (F,) indices into times; F / 25 is the duration, frames x median interval.
    """
    since = times - times[0]
    interval = float(np.median(np.diff(since))) if len(since) > 1 else 1 / FRAMES_PER_SECOND
    ticks = max(1, int(len(since) * interval * FRAMES_PER_SECOND + 1e-6))
    halfway = (since[1:] + since[:-1]) / 2
    return np.searchsorted(halfway, np.arange(ticks) / FRAMES_PER_SECOND)


def spread_starts(frames: int, clips: int) -> list[int]:
    """Up to `clips` different first frames, the first at 0 and the last as late as fits."""
    last = max(0, frames - CLIP_FRAMES)
    return sorted({round(last * step / max(1, clips - 1)) for step in range(clips)})


def sector_square(frames: Gray) -> Square:
    """The smallest square around everything that is ever lit.

    frames:  (T, H, W) uint8, black outside the sector.
    returns: the square, centred on the sector; the whole frame's when nothing is lit.
    """
    return square_around(frames.max(axis=0))


def square_around(brightest: Gray) -> Square:
    """The same, of the brightest that every pixel of (H, W) ever was."""
    lit = brightest > BLACK_UP_TO
    height, width = lit.shape
    left, right = _extent(lit.mean(axis=0), width)
    top, bottom = _extent(lit.mean(axis=1), height)
    side = max(right - left, bottom - top)
    return Square((left + right - side) // 2, (top + bottom - side) // 2, side)


def _extent(share: NDArray[np.float64], size: int) -> tuple[int, int]:
    lit = np.flatnonzero(share > SMALLEST_RUN)
    return (int(lit[0]), int(lit[-1]) + 1) if len(lit) else (0, size)


def normalised(frames: Iterable[Gray], square: Square) -> Floats:
    """Cut the square out, bring it to 112x112 by INTER_CUBIC, and normalise.

    frames:  T of (H, W) uint8.
    returns: (T, 112, 112) float32, (gray - 32.7) / 50.0.
    """
    small = np.stack([_small(frame, square) for frame in frames])
    return (small.astype(np.float32) - np.float32(MEAN_GRAY)) / np.float32(GRAY_DEVIATION)


def _small(frame: Gray, square: Square) -> Gray:
    height, width = frame.shape
    cut = np.zeros((square.side, square.side), np.uint8)
    top, left = max(0, square.top), max(0, square.left)
    bottom, right = min(height, square.top + square.side), min(width, square.left + square.side)
    inside = frame[top:bottom, left:right]
    cut[top - square.top : bottom - square.top, left - square.left : right - square.left] = inside
    return np.asarray(
        cv2.resize(cut, (FRAME_SIDE, FRAME_SIDE), interpolation=cv2.INTER_CUBIC), np.uint8
    )
