"""What both trainings do to drawn frames, so that no network relies on how they lay or shone."""

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


def smaller(frames: NDArray[np.uint8], square: Square, side: int) -> NDArray[np.uint8]:
    """The square as the readers cut it, then shrunk: (T, side, side) gray."""
    gray = normalised(frames, square) * GRAY_DEVIATION + MEAN_GRAY
    fold = FRAME_SIDE // side
    small = gray.reshape(len(gray), side, fold, side, fold).mean(axis=(2, 4))
    return np.rint(small).astype(np.uint8)


def moved(count: int, rng: np.random.Generator) -> Tensor:
    """How each clip's frame lies over the picture: shifted, turned, zoomed, mirrored: (N, 2, 3)."""
    turn, zoom = rng.normal(0, 0.07, count), np.exp(rng.normal(0, 0.06, count))
    mirrored = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    aside, down = rng.normal(0, 0.05, (2, count))
    cosine, sine = zoom * np.cos(turn), zoom * np.sin(turn)
    rows = np.array([[mirrored * cosine, -sine, aside], [mirrored * sine, cosine, down]])
    return torch.from_numpy(rows.transpose(2, 0, 1)).float()


def sampled(frames: Tensor, where: Tensor) -> Tensor:
    """The frames (N, T, H, W), each clip's laid as told."""
    grid = functional.affine_grid(where, list(frames.shape), align_corners=False)
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
