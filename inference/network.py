"""The demo model's network: a small R(2+1)D with EchoNet's input contract.

Each (2+1)D convolution runs as a 2D convolution on all frames and a 3x1x1 convolution in time:
the same net as nn.Conv3d blocks trained twenty times slower on a CPU. The first looks at two
frames at once, so that the next ones cost half, and it errs no more for it.

It sees no more than the part of the square where ventricles lie, in pixels of 1.6 by 1.6. When it
saw all of it, in pixels of 2 by 2, it erred most on small ventricles: six epochs on 3,200 hearts
left 4.6 points on new ones, where they then left 4.1.

Nor does it see how bright a place is, but how much brighter than what lies around it. Gain, uneven
light and haze are gone before it looks, and what it need not learn to ignore it learns from sooner:
an error of 4.5 points became 4.0, and in far stronger looks than it had learnt 6.2 became 5.4.
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
LVEF_DEVIATION: Final = 20.0  # in which the output counts, so that its first steps are not leaps
AROUND: Final = 9  # pixels a side that one is seen against
FAINT: Final = 0.08  # what is more even than this stays so: 4 gray levels


class InPairs(nn.Module):
    """Convolution and ReLU over two frames at a time, each side and time halved."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(PAIR, outputs, 5, 2, padding=2)

    def forward(self, gray: Tensor) -> Tensor:
        """(N, 1, T, H, W) to (N, C, T / 2, H / 2, W / 2); a pair of frames is a view."""
        count, _, times, height, width = gray.shape
        pairs = gray.reshape(count * times // PAIR, PAIR, height, width)
        seen = functional.relu(self.convolution(pairs), inplace=True)
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
        frames = functional.relu(self.norm(self.convolution(frames)), inplace=True)
        return frames.unflatten(0, (count, times)).transpose(1, 2)


class InTime(nn.Module):
    """Convolution, batch norm and ReLU over three neighbouring times of every pixel."""

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            channels, channels, (3, 1), (stride, 1), padding=(1, 0), bias=False
        )
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, clips: Tensor) -> Tensor:
        """(N, C, T, H, W) to (N, C, T / stride, H, W), its frames unrolled: a convolution in three
        dimensions takes a third longer.
        """
        found = functional.relu(self.norm(self.convolution(clips.flatten(3))), inplace=True)
        return found.unflatten(3, clips.shape[3:])


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
        self.attention = nn.Linear(fourth, 1)
        self.hidden = nn.Linear(6 * fourth, HIDDEN)
        self.output = nn.Linear(HIDDEN, 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Features, then the answer, for the clip and for its mirror image."""
        gray = self.seen(clips)
        answer = self.answer(self.features(gray))
        return (answer + self.answer(self.features(gray.flip(-1)))) / 2

    def seen(self, clips: Tensor) -> Tensor:
        """What it looks at of whole frames: (N, 3, 32, 112, 112) to (N, 1, 32, 56, 56)."""
        shares = pixel_shares(COARSE_SIDE).to(clips)
        rows, columns = shares[:SEEN_SIDE], shares[ASIDE : ASIDE + SEEN_SIDE]
        return in_contrast(rows @ clips.mean(1, keepdim=True) @ columns.T)

    def features(self, gray: Tensor) -> Tensor:
        """Convolve what it sees: (N, 1, 32, 56, 56) to (N, 80, 8, 7, 7)."""
        found: Tensor = self.layers(gray)
        return found

    def over_time(self, features: Tensor) -> Tensor:
        """Pool over space, evenly and where the network looks: (N, 160, 8)."""
        places = features.permute(0, 2, 3, 4, 1).flatten(2, 3)
        looking = (self.attention(places) / features.shape[1] ** 0.5).softmax(2)
        shares = torch.cat([torch.full_like(looking, 1 / looking.shape[2]), looking], 3)
        return (shares.mT @ places).flatten(2).mT

    def answer(self, features: Tensor) -> Tensor:
        """Mean, highest and lowest over time, then two layers: (N,) LVEF.

        SiLU, as ReLUs died: of 64 of them 43 gave nothing, whatever the clip.
        """
        over_time = self.over_time(features)
        pooled = torch.cat([over_time.mean(2), over_time.amax(2), over_time.amin(2)], 1)
        found: Tensor = self.output(functional.silu(self.hidden(pooled)))
        return MEAN_LVEF + LVEF_DEVIATION * found.squeeze(1)


def in_contrast(gray: Tensor) -> Tensor:
    """Each pixel less the mean of what lies around it, over their deviation, both over all of the
    clip, so that what moves still does: (N, 1, T, H, W) to the same.
    """
    frames = gray.squeeze(1)
    mean = _around(frames.mean(1, keepdim=True))
    deviation = (_around(frames.square().mean(1, keepdim=True)) - mean.square()).clamp_min(0).sqrt()
    return ((frames - mean) / (deviation + FAINT)).unsqueeze(1)


def _around(frames: Tensor) -> Tensor:
    """The mean of the pixels around each, as far as there are any."""
    places = torch.arange(frames.shape[-1], device=frames.device)
    near = ((places[:, None] - places).abs() <= AROUND // 2).to(frames)
    shares = near / near.sum(1, keepdim=True)
    return shares @ frames @ shares.T


def pixel_shares(side: int) -> Tensor:
    """What part each row of 112 has in each of fewer, broader ones: (side, 112) float32.

    `shares @ frame @ shares.T` is the frame's means over squares of 112 / side pixels.
    """
    edges = torch.arange(side + 1, dtype=torch.float64) * (FRAME_SIDE / side)
    rows = torch.arange(FRAME_SIDE)
    covered = edges[1:, None].minimum(rows + 1) - edges[:-1, None].maximum(rows)
    return (covered.clamp_min(0) * (side / FRAME_SIDE)).float()
