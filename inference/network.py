"""The demo model's network: a small R(2+1)D with EchoNet's input contract.

Each (2+1)D convolution runs as a 2D convolution on all frames and a 3x1x1 convolution in time:
the same net as nn.Conv3d blocks trained twenty times slower on a CPU. The first looks at two
frames at once, so that the next ones cost half, and it errs no more for it.

It sees no more than the part of the square where ventricles lie, in pixels of 1.6 by 1.6. When it
saw all of it, in pixels of 2 by 2, it erred most on small ventricles: six epochs on half of the
hearts left 4.6 points on new ones, where they leave 4.1 now.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.sampling import FRAME_SIDE

COARSE_SIDE: Final = 70  # of the square in larger pixels
SEEN_SIDE: Final = 56  # of the part of it that the network sees
ASIDE: Final = (COARSE_SIDE - SEEN_SIDE) // 2  # it begins at the top, and lies in the middle
PAIR: Final = 2  # frames that the first layer sees at once
MEAN_LVEF: Final = 43.0  # of phantoms drawn uniformly over 8..78: where the output starts
CHANNELS: Final = (16, 32, 48, 80)
HIDDEN: Final = 64


class InPairs(nn.Module):
    """Convolution and ReLU over two frames at a time, each side and time halved."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(PAIR, outputs, 5, 2, padding=2)

    def forward(self, gray: Tensor) -> Tensor:
        """(N, 1, T, H, W) to (N, C, T / 2, H / 2, W / 2); a pair of frames is a view."""
        count, _, times, height, width = gray.shape
        pairs = gray.reshape(count * times // PAIR, PAIR, height, width)
        seen = functional.relu(self.convolution(pairs))
        return seen.unflatten(0, (count, times // PAIR)).transpose(1, 2)


class InSpace(nn.Module):
    """Convolution, batch norm and ReLU in every frame: (N, C, T, H, W) to the same."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, clips: Tensor) -> Tensor:
        """Fold time into the batch, convolve, unfold."""
        count, _, times, _, _ = clips.shape
        frames = clips.transpose(1, 2).flatten(0, 1)
        frames = functional.relu(self.norm(self.convolution(frames)))
        return frames.unflatten(0, (count, times)).transpose(1, 2)


class InTime(nn.Module):
    """Convolution, batch norm and ReLU over three neighbouring times of every pixel."""

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv3d(
            channels, channels, (3, 1, 1), (stride, 1, 1), padding=(1, 0, 0), bias=False
        )
        self.norm = nn.BatchNorm3d(channels)

    def forward(self, clips: Tensor) -> Tensor:
        """(N, C, T, H, W) to (N, C, T / stride, H, W)."""
        return functional.relu(self.norm(self.convolution(clips)))


class PhantomNetwork(nn.Module):
    """LVEF in percent from normalised clips.

    input:   (N, 3, 32, 112, 112) float32, three equal gray channels.
    returns: (N,) float32: when it reads, the mean of the clip's answer and its mirror image's.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = CHANNELS
        self.layers = nn.Sequential(
            InPairs(first),
            InSpace(first, second, stride=2),
            InTime(second),
            InSpace(second, third, stride=2),
            InTime(third),
            InSpace(third, fourth),
            InTime(fourth),
            InSpace(fourth, fourth),
            InTime(fourth, stride=2),
        )
        self.attention = nn.Conv3d(fourth, 1, 1)
        self.hidden = nn.Linear(6 * fourth, HIDDEN)
        self.output = nn.Linear(HIDDEN, 1)
        nn.init.constant_(self.output.bias, MEAN_LVEF)

    def forward(self, clips: Tensor) -> Tensor:
        """Features, then the answer, for the clip and for its mirror image."""
        gray = self.seen(clips)
        answer = self.answer(self.features(gray))
        return (answer + self.answer(self.features(gray.flip(-1)))) / 2

    def seen(self, clips: Tensor) -> Tensor:
        """What it looks at of whole frames: (N, 3, 32, 112, 112) to (N, 1, 32, 56, 56)."""
        shares = pixel_shares(COARSE_SIDE).to(clips)
        rows, columns = shares[:SEEN_SIDE], shares[ASIDE : ASIDE + SEEN_SIDE]
        return rows @ clips.mean(1, keepdim=True) @ columns.T

    def features(self, gray: Tensor) -> Tensor:
        """Convolve what it sees: (N, 1, 32, 56, 56) to (N, 80, 8, 7, 7)."""
        found: Tensor = self.layers(gray)
        return found

    def over_time(self, features: Tensor) -> Tensor:
        """Pool over space, evenly and where the network looks: (N, 160, 8)."""
        looking = self.attention(features).flatten(3).softmax(-1)
        looked = (features.flatten(3) * looking).sum(-1)
        return torch.cat([features.mean((3, 4)), looked], 1)

    def answer(self, features: Tensor) -> Tensor:
        """Mean, highest and lowest over time, then two layers: (N,) LVEF."""
        over_time = self.over_time(features)
        pooled = torch.cat([over_time.mean(2), over_time.amax(2), over_time.amin(2)], 1)
        lvef: Tensor = self.output(functional.relu(self.hidden(pooled)))
        return lvef.squeeze(1)


def pixel_shares(side: int) -> Tensor:
    """What part each row of 112 has in each of fewer, broader ones: (side, 112) float32.

    `shares @ frame @ shares.T` is the frame's means over squares of 112 / side pixels.
    """
    edges = torch.arange(side + 1, dtype=torch.float64) * (FRAME_SIDE / side)
    rows = torch.arange(FRAME_SIDE)
    covered = edges[1:, None].minimum(rows + 1) - edges[:-1, None].maximum(rows)
    return (covered.clamp_min(0) * (side / FRAME_SIDE)).float()
