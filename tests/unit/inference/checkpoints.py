"""Checkpoints of the published structure with seeded weights, which know nothing of hearts."""

import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inference.cards import ECHONET, ECHONET_CARD
from inference.checkpoint import LOOKS, RMSE, phantom_clips
from inference.deeplab import DeepLab
from inference.echonet import EchoNet
from inference.painting import contours, paint
from inference.practice import practice_phantoms
from inference.sampling import normalised, sector_square
from inference.weights import machine

type State = dict[str, Tensor]

MODEL = "R(2+1)D-18 with seeded weights"
HEART_FRAMES = 24
SAID = (40.0, 60.0)  # what the seeded network says of the two phantoms of the sanity check


@cache
def seeded_state() -> State:
    """A state whose last layer tells the two phantoms apart; do not change it in place."""
    torch.manual_seed(7)
    network = EchoNet().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv3d):
            torch.nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    with torch.inference_mode():
        clips = torch.from_numpy(phantom_clips())
        first, second = (network.features(clip[None]).mean((2, 3, 4))[0] for clip in clips)
    apart = second - first
    weight = apart * (SAID[1] - SAID[0]) / apart.square().sum()
    with torch.no_grad():
        network.fc.weight.copy_(weight[None])
        network.fc.bias.copy_(SAID[0] - weight @ first)
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@cache
def seeded_outliner() -> State:
    """A state whose last layer was fitted to one drawn heart's border; do not change it in place.

    Random features do for that: it knows this one heart, and nothing else.
    """
    torch.manual_seed(11)
    network = DeepLab()
    frames, inside = outlined_heart()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the plain mean of what it has seen
    with torch.no_grad():
        network(frames)
        network.eval()
        features = network.classifier[:-1](network.backbone(frames))
        wanted = 2 * functional.adaptive_avg_pool2d(inside[:, None], features.shape[-2:]) - 1
        known = features.permute(0, 2, 3, 1).flatten(0, 2).double()
        known = torch.cat([known, torch.ones(len(known), 1)], dim=1)
        square = known.T @ known
        fitted = torch.linalg.solve(
            square + 1e-6 * square.diagonal().mean() * torch.eye(len(square)),
            known.T @ wanted.flatten().double(),
        )
        last = cast("nn.Conv2d", network.classifier[-1])
        last.weight.copy_(fitted[:-1].reshape(last.weight.shape))
        said = known @ fitted
        share = float((wanted > 0).double().mean())
        last.bias.copy_(fitted[-1] - said.quantile(1 - share))
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def heart_to_outline() -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Frames of a drawn heart, 25 a second, and its border in each: (T, 224, 224), (T, 130, 2)."""
    phantom, times = practice_phantoms()[0], np.arange(HEART_FRAMES, dtype=np.float32) / 25
    return paint(phantom, times, 224), contours(phantom, times)


def outlined_heart() -> tuple[Tensor, Tensor]:
    """The same as the network sees them, and where its ventricle is."""
    frames, borders = heart_to_outline()
    square = sector_square(frames)
    inside = np.zeros((len(frames), 112, 112), np.uint8)
    for picture, border in zip(inside, borders, strict=True):
        placed = (border * 224 - (square.left, square.top)) / square.side * 112
        cv2.fillPoly(picture, [placed.round().astype(np.int32)], 1)
    seen = torch.from_numpy(normalised(frames, square))
    return seen[:, None].repeat(1, 3, 1, 1), torch.from_numpy(inside).float()


def published_outliner(state: State) -> bytes:
    """A file as echonet/dynamic writes it after training for segmentation."""
    whole = torch.load(io.BytesIO(published(state)), weights_only=False)
    return saved({name: whole[name] for name in whole if name not in {"period", "frames", "r2"}})


def published(state: State, **changed: object) -> bytes:
    """A file as echonet/dynamic writes it after training on several GPUs with momentum."""
    prefixed = {f"module.{name}": tensor for name, tensor in state.items()}
    learnt = [tensor for name, tensor in state.items() if name.endswith(("weight", "bias"))]
    held: dict[str, object] = {
        "epoch": 44,
        "state_dict": prefixed,
        "period": 2,
        "frames": 32,
        "best_loss": np.float64(17.2),
        "loss": 17.4,
        "r2": np.float64(0.81),
        "opt_dict": {
            "state": {n: {"momentum_buffer": torch.zeros_like(t)} for n, t in enumerate(learnt)},
            "param_groups": [{"lr": 1e-4, "momentum": 0.9, "weight_decay": 1e-4}],
        },
        "scheduler_dict": {"step_size": 15, "gamma": 0.1, "_last_lr": [1e-4]},
    }
    return saved(held | changed)


def saved(held: object) -> bytes:
    """What torch.save writes."""
    file = io.BytesIO()
    torch.save(held, file)
    return file.getvalue()


def installed_for_tests(folder: Path) -> Path:
    """A models folder as an operator's, whose model says that it knows nothing."""
    weights = saved(seeded_state())
    (folder / "seeded.pt").write_bytes(weights)
    card = {
        "name": MODEL,
        "label": "seeded weights: for tests only",
        "demo": False,
        "file": "seeded.pt",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "network": ECHONET,
        "held_out": {"rmse": RMSE},
        "looks": LOOKS,
        "bfloat16": machine() if torch.cpu.get_capabilities().get("avx512_bf16") else None,
    }
    (folder / ECHONET_CARD).write_text(json.dumps(card))
    return folder
