"""Pictures as no training of the demo model has them: the same hearts, and the same truth.

Several strong changes each, drawn from the heart's seed: how far a network's answers move with the
looks of a picture is what drawn hearts alone can tell of others. Nothing that the trainings do to
their pictures (`inference.disturbing`) is of a kind with UNLEARNT; STRONGER holds three of these,
and five more, of which a training may have milder ones.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.sampling import BLACK_UP_TO

type Pictures = NDArray[np.float32]  # (T, H, W), 0..255
type Change = Callable[[Pictures, np.random.Generator], Pictures]

STREAM: Final = 99  # of the seed: another than the heart's own


def in_other_looks(
    frames: NDArray[np.uint8], seed: int, kinds: Sequence[Change], changes: int
) -> NDArray[np.uint8]:
    """The frames of (T, H, W), changed in so many of these ways."""
    rng = np.random.default_rng([seed, STREAM])
    lit = frames.max(axis=0) > BLACK_UP_TO
    changed = np.where(lit, frames, 0).astype(np.float32)
    for kind in rng.permutation(len(kinds))[:changes]:
        changed = kinds[kind](changed, rng)
    return np.clip(changed, 0, 255).astype(np.uint8)


def compressed(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Far softer or far harder."""
    return 255 * (frames / 255) ** np.float32(rng.choice([0.5, 0.55, 1.8, 2.1]))


def dimmed_or_burnt(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """With half the gain, or so much that the walls burn out."""
    return frames * np.float32(rng.choice([0.45, 0.5, 1.7]))


def blurred(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """As by a cheaper probe."""
    sigma = rng.uniform(1.4, 2.2)
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in frames])


def leaning(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Brighter toward one side, and dark at the other."""
    turn, steep = rng.uniform(0, 2 * np.pi), 2 * rng.uniform(0.8, 1.3)
    down, across = _places(frames)
    return frames * np.exp(steep * (np.cos(turn) * across + np.sin(turn) * down))


def flattened(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Compressed by a logarithm, its cavities no longer black."""
    curve = 255 * np.log1p(frames / 8) / np.float32(np.log1p(255 / 8))
    inside = frames.max(axis=0) > 0
    return np.where(inside, np.float32(rng.uniform(20, 40)) + 0.85 * curve, 0)


def cut(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Without one flank of the sector, and perhaps without a wall."""
    _, across = _places(frames)
    return np.where(rng.choice([-1, 1]) * across > rng.uniform(0.22, 0.3), np.float32(0), frames)


def squeezed(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Narrower or wider than it was, as wrong pixel shapes make it."""
    wide = float(rng.choice([0.8, 0.85, 1.18, 1.25]))
    height, width = frames.shape[1:]
    where = np.array([[wide, 0, (1 - wide) * width / 2], [0, 1, 0]], np.float32)
    return np.stack([cv2.warpAffine(frame, where, (width, height)) for frame in frames])


def stained(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Under coarse grain that stands still while the heart moves."""
    grain = cv2.GaussianBlur(rng.standard_normal(frames.shape[1:]), (0, 0), 1.2)
    stain = np.clip(1 + 0.35 * grain / grain.std(), 0.2, 2)
    return np.asarray(frames * stain, np.float32)


def lingering(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Each frame with an afterglow of those before it, as scanners smooth what they show."""
    glow = np.float32(rng.uniform(0.35, 0.55))
    seen = frames.copy()
    for before, now in pairwise(seen):
        now *= 1 - glow
        now += glow * before
    return seen


def blocky(frames: Pictures, rng: np.random.Generator) -> Pictures:
    """Stored at a quality that shows its squares of eight pixels."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(8, 16))]
    inside = frames.max(axis=0) > 0
    stored = [
        cv2.imdecode(cv2.imencode(".jpg", frame, quality)[1], cv2.IMREAD_GRAYSCALE)
        for frame in np.clip(frames, 0, 255).astype(np.uint8)
    ]
    return np.where(inside, np.stack(stored).astype(np.float32), 0)


def _places(frames: Pictures) -> tuple[Pictures, Pictures]:
    """Down and across, from -0.5 to 0.5."""
    height, width = frames.shape[1:]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    return down / height - 0.5, across / width - 0.5


STRONGER: Final[tuple[Change, ...]] = (
    compressed,
    dimmed_or_burnt,
    blurred,
    leaning,
    flattened,
    cut,
    squeezed,
    stained,
)
UNLEARNT: Final[tuple[Change, ...]] = (blurred, cut, stained, lingering, blocky)
