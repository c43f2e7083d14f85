"""One pass over a masked clip that keeps no more of it than the networks look at.

Twenty seconds of 800x800 at 60 frames a second are 0.8 GB, and a reader that held all of them, with
the differences between them, took more than four: here it is at most 25 frames a second.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.reading import ClipRefused, RefusalCode
from inference.sampling import Square, resampled, square_around
from inference.triage import Motion
from inference.video import Gray, frames_of


@dataclass(frozen=True, slots=True)
class Watched:
    """What is kept of a clip.

    frames: those that are nearest to a tick of 1/25 s, (H, W) uint8 each.
    chosen: their numbers in the clip, ascending.
    times:  (T,) seconds, of every frame of the clip.
    square: around all that is lit in any frame of the clip.
    motion: of every frame of the clip.
    """

    frames: list[Gray]
    chosen: NDArray[np.intp]
    times: NDArray[np.float64]
    square: Square
    motion: Motion


def watched(clip: io.BufferedIOBase, frame_times: Sequence[float]) -> Watched:
    """Watch a masked clip; ClipRefused where it has other frames than the row that describes it."""
    return watched_frames((frame.gray for frame in frames_of(clip)), frame_times)


def watched_frames(frames: Iterable[Gray], frame_times: Sequence[float]) -> Watched:
    """Watch (H, W) uint8 frames, black outside the sector, shown at ascending seconds."""
    times = np.asarray(frame_times, np.float64)
    chosen = np.unique(resampled(times)) if len(times) else np.empty(0, np.intp)
    wanted = set(chosen.tolist())
    kept: list[Gray] = []
    motion, brightest = Motion(), np.zeros((0, 0), np.uint8)
    for number, frame in enumerate(frames):
        brightest = np.maximum(brightest, frame) if number else frame
        motion.see(frame)
        if number in wanted:
            kept.append(frame)
    if motion.frames != len(times) or not kept:
        raise ClipRefused(RefusalCode.UNREADABLE, {"frames": motion.frames})
    return Watched(kept, chosen, times, square_around(brightest), motion)
