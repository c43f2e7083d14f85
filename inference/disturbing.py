"""What the trainings do to drawn frames, so that no network relies on how they lay or shone."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference.sampling import (
    FRAME_SIDE,
    GRAY_DEVIATION,
    MEAN_GRAY,
    Square,
    normalised,
)

AREA: Final = cv2.INTER_AREA  # means over what each larger pixel covers
KNOTS: Final = 4  # a side of the coarse grids that pictures are bent and lit by
BEND: Final = 0.04  # halves of the frame's side: one to two of a network's pixels
SQUEEZE: Final = 0.1  # of the width
GAMMA: Final = 0.36  # deviation of its logarithm
VEILED: Final = 0.3  # share of clips
GRAINED: Final = 0.5
LIT: Final = 3  # gray levels: below lies outside of the sector


def smaller(frames: NDArray[np.uint8], square: Square, side: int) -> NDArray[np.uint8]:
    """The square as the readers cut it, then shrunk: (T, side, side) gray."""
    gray = normalised(frames, square) * GRAY_DEVIATION + MEAN_GRAY
    if FRAME_SIDE % side == 0:  # the same means, rounded as when the outlining model learnt
        fold = FRAME_SIDE // side
        small = gray.reshape(len(gray), side, fold, side, fold).mean(axis=(2, 4))
    else:
        small = np.stack([cv2.resize(each, (side, side), interpolation=AREA) for each in gray])
    return np.rint(small).astype(np.uint8)


def moved(count: int, rng: np.random.Generator) -> Tensor:
    """How each clip's frame lies over the picture: shifted, turned, zoomed, mirrored: (N, 2, 3)."""
    turn, zoom = rng.normal(0, 0.07, count), np.exp(rng.normal(0, 0.06, count))
    mirrored = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    aside, down = rng.normal(0, 0.05, (2, count))
    cosine, sine = zoom * np.cos(turn), zoom * np.sin(turn)
    rows = np.array([[mirrored * cosine, -sine, aside], [mirrored * sine, cosine, down]])
    return torch.from_numpy(rows.transpose(2, 0, 1)).float()


def bent(count: int, rng: np.random.Generator) -> Tensor:
    """How far each clip's picture is squeezed and bent, alike in all its frames: (N, 2, 4, 4).

    returns: shifts at the knots of a coarse grid over the frame, in halves of its side.
    """
    knots = rng.normal(0, BEND, (count, 2, KNOTS, KNOTS))
    wide = rng.normal(0, SQUEEZE, (count, 1, 1))
    knots[:, 0] += wide * np.linspace(-1, 1, KNOTS)
    return torch.from_numpy(knots).float()


def sampled(
    frames: Tensor, where: Tensor, bends: Tensor | None = None, side: int | None = None
) -> Tensor:
    """The frames (N, T, H, W), each clip's laid as told; of so many pixels a side, if told."""
    size = list(frames.shape[2:]) if side is None else [side, side]
    return functional.grid_sample(frames, laid(where, bends, size), align_corners=False)


def laid(where: Tensor, bends: Tensor | None, size: list[int]) -> Tensor:
    """Where each of so many pixels lies in each clip's frame: (N, H, W, 2), from -1 to 1."""
    grid = functional.affine_grid(where, [len(where), 1, *size], align_corners=False)
    if bends is None:
        return grid
    shifts = functional.interpolate(bends, size, mode="bicubic", align_corners=True)
    return grid + shifts.permute(0, 2, 3, 1)


def toned(gray: Tensor, rng: np.random.Generator) -> Tensor:
    """Other tones and grain for each clip of (N, T, H, W) gray, then normalised."""
    count = (len(gray), 1, 1, 1)
    gamma = torch.from_numpy(np.exp(rng.normal(0, 0.2, count))).float()
    gain = torch.from_numpy(rng.uniform(0.7, 1.35, count)).float()
    grain = torch.from_numpy(rng.uniform(0, 5, count) * (rng.random(count) < 0.5)).float()
    gray = gain * 255 * (gray.clamp(0, 255) / 255) ** gamma
    gray = (gray + grain * torch.randn(gray.shape) * (gray > 3)).clamp(0, 255)
    return (gray - MEAN_GRAY) / GRAY_DEVIATION


@dataclass(frozen=True, slots=True)
class Light:
    """How one clip is lit: harder or softer tones, brighter here than there, a veil, grain.

    tones: (256,) float32: what each gray level becomes.
    gain:  (H, W) float32, by which that is multiplied.
    """

    tones: NDArray[np.float32]
    gain: Tensor
    veil: float
    grain: float


def lights(count: int, side: int, rng: np.random.Generator) -> list[Light]:
    """A light for each of so many clips."""
    gamma = np.exp(rng.normal(0, GAMMA, (count, 1)))
    tones = (255 * (np.arange(256) / 255) ** gamma).astype(np.float32)
    uneven = np.exp(rng.normal(0, 0.3, (count, 1, KNOTS, KNOTS)))
    gain = functional.interpolate(
        torch.from_numpy(uneven).float(), [side, side], mode="bicubic", align_corners=True
    )
    gain = gain.clamp_min(0.2) * torch.from_numpy(rng.uniform(0.7, 1.35, (count, 1, 1, 1))).float()
    veil = rng.uniform(0, 30, count) * (rng.random(count) < VEILED)
    grain = rng.uniform(0, 5, count) * (rng.random(count) < GRAINED)
    each = zip(tones, gain.squeeze(1), veil.tolist(), grain.tolist(), strict=True)
    return [Light(*light) for light in each]


def relit(frames: NDArray[np.uint8], grid: Tensor, light: Light) -> Tensor:
    """One clip of (T, H, W) gray, laid where `grid` (H', W', 2) tells, lit, and normalised.

    A clip at a time and in place: it stays in the processor's cache, and takes half of the
    time that sixteen at once do. The veil and the grain leave the dark around the sector.

    returns: (T, H', W') float32.
    """
    count, height, width = frames.shape
    levels = cv2.LUT(frames.reshape(count * height, width), light.tones)
    clip = torch.from_numpy(levels).view(1, count, height, width)
    gray = functional.grid_sample(clip, grid.unsqueeze(0), align_corners=False)[0]
    lit = (gray > LIT).float() if light.veil or light.grain else None
    gray.mul_(light.gain)
    if lit is not None:
        gray.add_(lit, alpha=light.veil)
        if light.grain:
            gray.addcmul_(torch.randn(gray.shape), lit, value=light.grain)
    return gray.clamp_(0, 255).sub_(MEAN_GRAY).div_(GRAY_DEVIATION)
