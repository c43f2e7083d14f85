"""The network that outlines drawn hearts: a small U-Net over a frame and its neighbours in time.

It has learnt the exact cavity of phantoms and nothing else, and outlines whatever it is shown: so
it is never asked about a real heart, and nothing that it says becomes a volume or an LVEF.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE: Final = 56  # pixels: the square that the readers see, halved
MOMENTS: Final = (-2, 0, 2)  # ticks of 1/25 s: a wall that drops out may be seen a moment later
CHANNELS: Final = (16, 28, 44, 64)


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm and ReLU: (N, C, H, W) to (N, C', H / stride, W / stride)."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class OutlineNetwork(nn.Module):
    """Whether each pixel lies in the cavity of a drawn heart: above 0 it does.

    input:   (N, 3, 56, 56) float32: normalised gray, the frame between two others.
    returns: (N, 56, 56) float32 logits.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = CHANNELS
        self.fine = block(len(MOMENTS), first, stride=2)  # 28
        self.middle = nn.Sequential(block(first, second, stride=2), block(second, second))  # 14
        self.coarse = nn.Sequential(block(second, third, stride=2), block(third, third))  # 7
        self.whole = nn.Sequential(block(third, fourth), block(fourth, fourth))
        self.narrowed = nn.Conv2d(fourth, second, 1)
        self.joined = block(second, second)
        self.narrowed_again = nn.Conv2d(second, first, 1)
        self.joined_again = block(first, first)
        self.inside = nn.Conv2d(first, 4, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Down to the whole picture, which tells the chambers apart, and up to their borders."""
        fine = self.fine(frames)
        middle = self.middle(fine)
        whole = self.narrowed(self.whole(self.coarse(middle)))
        middle = self.joined(middle + functional.interpolate(whole, scale_factor=2.0))
        wide = functional.interpolate(self.narrowed_again(middle), scale_factor=2.0)
        found = functional.pixel_shuffle(self.inside(self.joined_again(fine + wide)), 2)
        return found.squeeze(1)


def with_neighbours(frames: Tensor) -> Tensor:
    """Each frame of (T, 56, 56) between two others, the ends repeated: (T, 3, 56, 56)."""
    last = len(frames) - 1
    ticks = torch.arange(len(frames))
    return torch.stack([frames[(ticks + apart).clamp(0, last)] for apart in MOMENTS], 1)
