"""What both trainings do to drawn frames, so that no network relies on how they lay or shone."""

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
VEILED: Final = 0.3  # share of clips
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
    size = list(frames.shape) if side is None else [*frames.shape[:2], side, side]
    grid = functional.affine_grid(where, size, align_corners=False)
    if bends is not None:
        shifts = functional.interpolate(bends, size[2:], mode="bicubic", align_corners=True)
        grid = grid + shifts.permute(0, 2, 3, 1)
    return functional.grid_sample(frames, grid, align_corners=False)


def toned(gray: Tensor, rng: np.random.Generator) -> Tensor:
    """Other tones and grain for each clip of (N, T, H, W) gray, then normalised."""
    count = (len(gray), 1, 1, 1)
    gamma = torch.from_numpy(np.exp(rng.normal(0, 0.2, count))).float()
    gain = torch.from_numpy(rng.uniform(0.7, 1.35, count)).float()
    grain = torch.from_numpy(rng.uniform(0, 5, count) * (rng.random(count) < 0.5)).float()
    gray = gain * 255 * (gray.clamp(0, 255) / 255) ** gamma
    gray = (gray + grain * torch.randn(gray.shape) * (gray > 3)).clamp(0, 255)
    return (gray - MEAN_GRAY) / GRAY_DEVIATION


def relit(gray: Tensor, rng: np.random.Generator) -> Tensor:
    """Harder or softer tones, light that falls unevenly, and a veil, for each clip of (N, T, H, W)
    gray.
    """
    count = (len(gray), 1, 1, 1)
    lit = (gray > LIT).float()
    gamma = torch.from_numpy(np.exp(rng.normal(0, 0.3, count))).float()
    uneven = np.exp(rng.normal(0, 0.3, (len(gray), 1, KNOTS, KNOTS)))
    light = functional.interpolate(
        torch.from_numpy(uneven).float(), gray.shape[-2:], mode="bicubic", align_corners=True
    )
    veil = torch.from_numpy(rng.uniform(0, 30, count) * (rng.random(count) < VEILED)).float()
    toned = light.clamp_min(0.2) * 255 * (gray.clamp(0, 255) / 255) ** gamma
    return (toned + veil * lit).clamp(0, 255)
