"""EchoNet-Dynamic's segmentation network: DeepLabV3 on ResNet-50 with one output.

source: Chen et al., arXiv 1706.05587; echonet/dynamic@e01d029 takes torchvision's
        `deeplabv3_resnet50` without its auxiliary head and gives it one output. Names, strides and
        dilations must be theirs, since the published state is loaded strictly. 39.6 million
        parameters, 7.8 GMAC a frame.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

PARAMETERS: Final = 39_633_729
BLOCKS: Final = (3, 4, 6, 3)
WIDTHS: Final = (64, 128, 256, 512)
STRIDES: Final = (1, 2, 1, 1)  # the last two layers look wider instead of shrinking the picture
FIRST_DILATIONS: Final = (1, 1, 1, 2)
DILATIONS: Final = (1, 1, 2, 4)
EXPANSION: Final = 4
RATES: Final = (12, 24, 36)  # of the pyramid
PYRAMID: Final = 256


class DeepLab(nn.Module):
    """Whether each pixel lies in the left ventricle: above 0 it does.

    input:   (N, 3, H, W) float32, three equal gray channels, normalised.
    returns: (N, H, W) float32 logits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        deep = WIDTHS[-1] * EXPANSION
        self.classifier = nn.Sequential(
            Pyramid(deep),
            nn.Conv2d(PYRAMID, PYRAMID, 3, padding=1, bias=False),
            nn.BatchNorm2d(PYRAMID),
            nn.ReLU(inplace=True),
            nn.Conv2d(PYRAMID, 1, 1),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Logits in the size of the frames."""
        found: Tensor = self.classifier(self.backbone(frames))
        return _in_size(found, frames).squeeze(1)


class Backbone(nn.Module):
    """ResNet-50 without its last two steps of shrinking: (N, 3, H, W) to (N, 2048, H/8, W/8)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        inputs = (WIDTHS[0], *(width * EXPANSION for width in WIDTHS[:-1]))
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            _layer(inputs[at], WIDTHS[at], BLOCKS[at], STRIDES[at], at) for at in range(4)
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Features."""
        found = torch.relu_(self.bn1(self.conv1(frames)))
        found = functional.max_pool2d(found, 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            found = layer(found)
        return found


class Bottleneck(nn.Module):
    """Narrow, look around, widen, beside a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        outputs = width * EXPANSION
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, frames: Tensor) -> Tensor:
        """What the convolutions find, added to what came."""
        shortcut: Tensor = frames if self.downsample is None else self.downsample(frames)
        found = torch.relu_(self.bn1(self.conv1(frames)))
        found = torch.relu_(self.bn2(self.conv2(found)))
        return torch.relu_(self.bn3(self.conv3(found)) + shortcut)


class Pyramid(nn.Module):
    """The same features seen at five widths, from one pixel to the whole picture."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        near = _step(nn.Conv2d(inputs, PYRAMID, 1, bias=False))
        wider = [
            _step(nn.Conv2d(inputs, PYRAMID, 3, padding=rate, dilation=rate, bias=False))
            for rate in RATES
        ]
        whole = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), *_step(nn.Conv2d(inputs, PYRAMID, 1, bias=False))
        )
        self.convs = nn.ModuleList([near, *wider, whole])
        self.project = _step(nn.Conv2d(len(self.convs) * PYRAMID, PYRAMID, 1, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        """(N, 2048, h, w) to (N, 256, h, w)."""
        seen: list[Tensor] = [_in_size(look(features), features) for look in self.convs]
        found: Tensor = self.project(torch.cat(seen, dim=1))
        return found


def _layer(inputs: int, width: int, blocks: int, stride: int, at: int) -> nn.Sequential:
    first = Bottleneck(inputs, width, stride, FIRST_DILATIONS[at])
    wide = width * EXPANSION
    others = [Bottleneck(wide, width, 1, DILATIONS[at]) for _ in range(blocks - 1)]
    return nn.Sequential(first, *others)


def _step(convolution: nn.Conv2d) -> nn.Sequential:
    norm = nn.BatchNorm2d(convolution.out_channels)
    return nn.Sequential(convolution, norm, nn.ReLU(inplace=True))


def _in_size(found: Tensor, wanted: Tensor) -> Tensor:
    size = wanted.shape[-2:]
    if found.shape[-2:] == size:
        return found
    return functional.interpolate(found, size=size, mode="bilinear", align_corners=False)
