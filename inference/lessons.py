"""What the trainings are shown: drawn hearts at the rates and sizes that clips come in, cut as the
readers cut them; and the seeds that they are drawn from.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference import first_painting, first_phantom
from inference.disturbing import smaller
from inference.measuring import Drawn
from inference.painting import paint, paint_with_cavity, timed_volumes
from inference.phantom import draw_phantom
from inference.sampling import Square, resampled, sector_square

type Grays = NDArray[np.uint8]

TRAINING_SEED: Final = 20_261_127
STRETCHING_SEED: Final = 55_000_000
HELD_OUT_SEED: Final = 77_000_000
TRAINING_FRAMES: Final = 36  # 25 Hz: a clip of 32 starts at a random one of 5 frames each epoch
HELD_OUT_SECONDS: Final = 3.0
RATES: Final = (25, 30, 40, 50, 50, 50, 60, 75, 90)  # frames per second, as clips come
PIXELS: Final = (72, 80, 96, 112)  # a side: scanners resolve differently


@dataclass(frozen=True, slots=True)
class Lesson:
    """A drawn heart's clip and what is true of it.

    frames, masks: (36, size, size) uint8: gray, and 255 where the cavity is.
    square:        what the readers would cut out.
    volumes:       (36,) float32, percent of the beat's largest.
    """

    frames: Grays
    masks: Grays
    square: Square
    volumes: NDArray[np.float32]
    lvef: float

    def seen(self, side: int) -> Grays:
        """The square of the frames, shrunk: (36, side, side)."""
        return smaller(self.frames, self.square, side)

    def cavities(self, side: int) -> Grays:
        """The masks, cut and shrunk alike."""
        return smaller(self.masks, self.square, side)


def lesson(seed: int) -> Lesson:
    """A heart that is learnt from."""
    phantom, ticks = draw_phantom(seed), rendered_ticks(seed)
    size = int(np.random.default_rng([seed, 3]).choice(PIXELS))
    frames, inside = paint_with_cavity(phantom, ticks, size)
    masks = np.where(inside, np.uint8(255), np.uint8(0))
    volumes = 100 * timed_volumes(phantom, ticks)
    return Lesson(frames, masks, sector_square(frames), volumes, phantom.heart.lvef)


def first_lesson(seed: int) -> Lesson:
    """A heart by the first generator, whose walls and speckle move in their own way."""
    phantom, ticks = first_phantom.draw_phantom(seed), rendered_ticks(seed)
    size = int(np.random.default_rng([seed, 3]).choice(PIXELS))
    frames = first_painting.paint(phantom, ticks, size)
    inside = first_painting.cavity_masks(phantom, ticks, size)
    masks = np.where(inside, np.uint8(255), np.uint8(0))
    volumes = 100 * first_painting.timed_volumes(phantom, ticks)
    return Lesson(frames, masks, sector_square(frames), volumes, phantom.heart.lvef)


def rendered_ticks(seed: int) -> NDArray[np.float32]:
    """The seconds that a phantom is rendered at: frames of a random rate, as near to 25 Hz as they
    come.
    """
    times = _frame_times(seed, TRAINING_FRAMES / 25)
    return times[resampled(times)][:TRAINING_FRAMES].astype(np.float32)


def _frame_times(seed: int, seconds: float) -> NDArray[np.float64]:
    rate = float(np.random.default_rng([seed, 2]).choice(RATES))
    return np.arange(int(np.ceil(seconds * rate)) + 2) / rate


def draw_for_reading(seed: int) -> Drawn:
    """A phantom as a clip of three seconds: the frames that the reader would choose."""
    phantom = draw_phantom(seed)
    times = _frame_times(seed, HELD_OUT_SECONDS)
    times = times[resampled(times)]
    return phantom.heart.lvef, paint(phantom, times.astype(np.float32), 112), times
