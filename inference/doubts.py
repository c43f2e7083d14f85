"""What makes a reading doubtful, from the picture alone: few beats, a poor window, strange looks.

Pure functions on what the network sees. None knows anatomy, and none changes the LVEF.

The thresholds were measured on phantoms of seeds that neither trained nor tested the demo model
(56,000,000 and on), and looked at on the real clips that we may look at:
- the heart rate is within a tenth of the truth in 97 of 100 regular hearts seen for three seconds;
- one phantom in twelve is called poor, and the demo model errs on these by 5.1 points, on the
  others by 3.4; none of five real clips is called so (contrast 0.65 to 0.96, flicker up to 0.14).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.cards import Looks
from inference.reading import FEW_BEATS, OUT_OF_DOMAIN, POOR_QUALITY
from inference.sampling import BLACK_UP_TO, FRAMES_PER_SECOND, GRAY_DEVIATION, MEAN_GRAY

type Floats = NDArray[np.float32]

SLOWEST: Final = 35.0  # beats per minute that are looked for
FASTEST: Final = 160.0
ALIKE: Final = 0.25  # how much more alike two moments a beat apart are than half a beat apart
AS_GOOD: Final = 0.8  # of the best period: the shortest that is so good is one beat, not two
COMPARED: Final = 8  # frames at least, of two moments that are compared
ANATOMY: Final = 8  # pixels: coarser than speckle
TISSUE: Final = 4
FEWEST_BEATS: Final = 2.0
LONG_ENOUGH: Final = 2.4  # seconds: two beats at 50 a minute
LEAST_CONTRAST: Final = 0.62
MOST_FLICKER: Final = 0.17


@dataclass(frozen=True, slots=True)
class Doubts:
    """What a picture's looks come to.

    heart_rate: beats per minute; None where the picture does not clearly come back to itself.
    contrast:   how far walls and cavities part: deviation of the mean picture within the sector,
                over its mean; fog fills the cavities, dropout takes the walls away.
    flicker:    how much of the fine detail does not last from one frame to the next, against the
                depth of the picture: noise that boils where the cavity should be black.
    mean, deviation: gray levels of blocks of 8x8 pixels, over the whole clip.
    """

    seconds: float
    heart_rate: float | None
    contrast: float
    flicker: float
    mean: float
    deviation: float

    @property
    def few_beats(self) -> bool:
        """Fewer than two whole beats, or none to be found in a clip that might hold fewer."""
        if self.heart_rate is None:
            return self.seconds < LONG_ENOUGH
        return self.seconds * self.heart_rate / 60 < FEWEST_BEATS

    @property
    def poor_quality(self) -> bool:
        """Whether walls can hardly be told from what is between them."""
        return self.contrast < LEAST_CONTRAST or self.flicker > MOST_FLICKER

    def out_of_domain(self, known: Looks | None) -> bool:
        """Brighter, darker, flatter or harder than anything the model has learnt from; or nothing
        in it beats."""
        if self.heart_rate is None and self.seconds >= LONG_ENOUGH:
            return True
        return known is not None and not known.holds(self.mean, self.deviation)

    def warnings(self, known: Looks | None) -> tuple[str, ...]:
        """The warnings that a reading of it carries."""
        raised = {
            FEW_BEATS: self.few_beats,
            OUT_OF_DOMAIN: self.out_of_domain(known),
            POOR_QUALITY: self.poor_quality,
        }
        return tuple(warning for warning, applies in raised.items() if applies)


def doubts_of(video: Floats) -> Doubts:
    """Look at a whole clip: (F, 112, 112) float32 at 25 Hz, normalised."""
    gray = np.clip(video * GRAY_DEVIATION + MEAN_GRAY, 0, 255)
    coarse, tissue = blocks(gray, ANATOMY), blocks(gray, TISSUE)
    mean_picture = tissue.mean(axis=0)
    inside = mean_picture[tissue.max(axis=0) > BLACK_UP_TO]
    fine = gray - np.repeat(np.repeat(tissue, TISSUE, axis=1), TISSUE, axis=2)
    return Doubts(
        seconds=len(video) / FRAMES_PER_SECOND,
        heart_rate=heart_rate(coarse),
        contrast=_over(inside.std(), inside.mean()) if inside.size else 0.0,
        flicker=_over(np.abs(np.diff(fine, axis=0)).mean(), tissue.std()),
        mean=float(coarse.mean()),
        deviation=float(coarse.std()),
    )


def _over(part: np.floating, whole: np.floating) -> float:
    return float(part) / (float(whole) + 1e-6)


def blocks(gray: NDArray[np.floating], size: int) -> Floats:
    """Means over squares of pixels: (F, S, S) to (F, S / size, S / size)."""
    side = gray.shape[1] // size
    return gray.reshape(len(gray), side, size, side, size).mean(axis=(2, 4)).astype(np.float32)


def heart_rate(coarse: Floats) -> float | None:
    """Beats per minute, by when the picture comes back to itself; None where it does not clearly.

    coarse: (F, S, S) float32 at 25 Hz.
    """
    values = coarse.reshape(len(coarse), -1)
    values = values - _drift(values)
    shortest = round(60 / FASTEST * FRAMES_PER_SECOND)
    longest = min(round(60 / SLOWEST * FRAMES_PER_SECOND), len(values) - COMPARED)
    if longest <= shortest:
        return None
    alike = np.array([_alike(values, lag) for lag in range(longest + 1)])
    tops = [
        lag
        for lag in range(shortest, longest)
        if alike[lag] >= max(alike[lag - 1], alike[lag + 1])
        and alike[lag] > 0
        and alike[lag] - alike[:lag].min() > ALIKE
    ]
    if not tops:
        return None
    best = max(alike[lag] for lag in tops)
    beat = next(lag for lag in tops if alike[lag] > AS_GOOD * best)
    return round(60 * FRAMES_PER_SECOND / _top(alike, beat), 1)


def _drift(values: Floats) -> Floats:
    """The mean and the drift of each block: breath and hand are slower than the heart."""
    times = np.linspace(-1, 1, len(values), dtype=np.float32)
    basis, _ = np.linalg.qr(np.stack([np.ones_like(times), times, times**2], axis=1))
    return np.asarray(basis @ (basis.T @ values), np.float32)


def _alike(values: Floats, lag: int) -> float:
    first, second = values[: len(values) - lag], values[lag:]
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / (size + 1e-9)


def _top(alike: NDArray[np.float64], lag: int) -> float:
    """The top of the parabola through a peak and its neighbours."""
    rising, falling = (
        float(after - before) for before, after in pairwise(alike[lag - 1 : lag + 2])
    )
    bend = falling - rising
    return lag - (rising + falling) / (2 * bend) if bend < 0 else float(lag)
