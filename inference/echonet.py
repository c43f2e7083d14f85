"""EchoNet-Dynamic's network: R(2+1)D-18 with one output, under the names of its checkpoint.

source: Tran et al., arXiv 1711.11248; echonet/dynamic@e01d029 takes torchvision's `r2plus1d_18`
        and gives it one output. Names, strides and middle widths must be theirs, since the
        published state is loaded strictly. 31.3 million parameters, 81 GMAC a clip.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

CLIP_FRAMES: Final = 32
FRAME_SIDE: Final = 112
STEM: Final = 64
WIDTHS: Final = (64, 128, 256, 512)
PARAMETERS: Final = 31_300_638


class EchoNet(nn.Module):
    """LVEF in percent from normalised clips.

    input:   (N, 3, 32, 112, 112) float32, three equal gray channels.
    returns: (N,) float32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _in_space(3, 45, side=7, stride=2),
            nn.BatchNorm3d(45),
            nn.ReLU(inplace=True),
            _in_time(45, STEM),
            nn.BatchNorm3d(STEM),
            nn.ReLU(inplace=True),
        )
        first, second, third, fourth = WIDTHS
        self.layer1 = _layer(STEM, first, stride=1)
        self.layer2 = _layer(first, second, stride=2)
        self.layer3 = _layer(second, third, stride=2)
        self.layer4 = _layer(third, fourth, stride=2)
        self.fc = nn.Linear(fourth, 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Features, then the answer."""
        return self.answer(self.features(clips))

    def features(self, clips: Tensor) -> Tensor:
        """(N, 512, 4, 7, 7), in the precision that the convolutions have."""
        found: Tensor = self.stem(clips.to(next(self.parameters()).dtype))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            found = layer(found)
        return found

    def answer(self, features: Tensor) -> Tensor:
        """The mean over time and space, and one weighted sum, both in float32: (N,) LVEF."""
        lvef: Tensor = self.fc(features.float().mean((2, 3, 4)))
        return lvef.squeeze(1)


class Block(nn.Module):
    """Two (2+1)D convolutions beside a shortcut: (N, C, T, H, W) to (N, C', T/s, H/s, W/s)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        # As many parameters as a full 3x3x3 convolution has; both convolutions get the first's.
        middle = inputs * outputs * 27 // (inputs * 9 + 3 * outputs)
        self.conv1 = nn.Sequential(
            _two_plus_one(inputs, middle, outputs, stride),
            nn.BatchNorm3d(outputs),
            nn.ReLU(inplace=True),
        )
        self.conv2 = nn.Sequential(
            _two_plus_one(outputs, middle, outputs, 1), nn.BatchNorm3d(outputs)
        )
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv3d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm3d(outputs))

    def forward(self, clips: Tensor) -> Tensor:
        """What the convolutions find, added to what came."""
        shortcut: Tensor = clips if self.downsample is None else self.downsample(clips)
        found: Tensor = self.conv2(self.conv1(clips))
        return torch.relu_(found + shortcut)


def _layer(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(Block(inputs, outputs, stride), Block(outputs, outputs, 1))


def _two_plus_one(inputs: int, middle: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        _in_space(inputs, middle, side=3, stride=stride),
        nn.BatchNorm3d(middle),
        nn.ReLU(inplace=True),
        _in_time(middle, outputs, stride),
    )


def _in_space(inputs: int, outputs: int, *, side: int, stride: int) -> nn.Conv3d:
    size, pad = (1, side, side), (0, side // 2, side // 2)
    return nn.Conv3d(inputs, outputs, size, (1, stride, stride), pad, bias=False)


def _in_time(inputs: int, outputs: int, stride: int = 1) -> nn.Conv3d:
    return nn.Conv3d(inputs, outputs, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False)


def folded(network: EchoNet) -> EchoNet:
    """The same function with every batch norm inside its convolution, for reading only.

    The weights lie channels last: 1.3 times as fast as the published layout on a CPU (INFERENCE.md
    section 3). The network that is given is used up.
    """
    network.eval()
    network.stem = _fused(network.stem)
    for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
        for block in layer.children():
            if isinstance(block, Block):
                block.conv1, block.conv2 = _fused(block.conv1), _fused(block.conv2)
                if block.downsample is not None:
                    block.downsample = _fused(block.downsample)
    return network.to(memory_format=torch.channels_last_3d)


def _fused(sequence: nn.Module) -> nn.Sequential:
    kept: list[nn.Module] = []
    for part in sequence.modules():
        if isinstance(part, nn.BatchNorm3d) and isinstance(kept[-1], nn.Conv3d):
            kept[-1] = fuse_conv_bn_eval(kept[-1], part)
        elif not isinstance(part, nn.Sequential):
            kept.append(part)
    return nn.Sequential(*kept)


def halved(network: EchoNet, dtype: torch.dtype) -> EchoNet:
    """The convolutions in half precision; pooling and the last layer stay in float32."""
    network.to(dtype)
    network.fc.float()
    return network
