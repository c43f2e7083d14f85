"""The demo model's network: a small R(2+1)D with EchoNet's input contract.

Each (2+1)D convolution runs as a 2D convolution on all frames and a 3x1x1 convolution in time:
the same net as nn.Conv3d blocks trained twenty times slower on a CPU.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

CLIP_FRAMES: Final = 32
FRAME_SIDE: Final = 112
MEAN_LVEF: Final = 43.0  # of phantoms drawn uniformly over 8..78: where the output starts
CHANNELS: Final = (16, 32, 48, 80)
HIDDEN: Final = 64


class InSpace(nn.Module):
    """Convolution, batch norm and ReLU in every frame: (N, C, T, H, W) to the same."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=kernel // 2, bias=False
        )
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
            InSpace(1, first, kernel=5, stride=2),
            InSpace(first, second, stride=2),
            InTime(second),
            InSpace(second, third, stride=2),
            InTime(third, stride=2),
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
        gray = functional.avg_pool3d(clips.mean(1, keepdim=True), (1, 2, 2))
        seen = self.answer(self.features(gray))
        return (seen + self.answer(self.features(gray.flip(-1)))) / 2

    def features(self, gray: Tensor) -> Tensor:
        """Convolve halved gray frames: (N, 1, 32, 56, 56) to (N, 80, 8, 7, 7)."""
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
