"""Train the network that outlines drawn hearts, and write its checkpoint and card.

`python -m inference.train_outliner`: a quarter of an hour on one core; every phantom is drawn from
a seed, and its cavity is known exactly. It touches no weights but its own, stored in half
precision, which moves no border by as much as a pixel.
"""

import argparse
import copy
import hashlib
import json
import multiprocessing
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inference.cards import PHANTOM_OUTLINER_CARD, PHANTOM_UNET
from inference.disturbing import moved, sampled, toned
from inference.lessons import HELD_OUT_SEED, TRAINING_SEED, draw_for_reading, lesson
from inference.measuring import outline_figures
from inference.outline_network import MOMENTS, SIDE, OutlineNetwork
from inference.painting import cavity_masks
from inference.phantom import draw_phantom
from inference.reading import PHANTOM_OUTLINES
from inference.sampling import FRAME_SIDE, GRAY_DEVIATION, MEAN_GRAY, normalised, sector_square
from inference.train_phantom import BLOCK, FOLDER, follow, say

type Grays = NDArray[np.uint8]

TAKEN: Final = 12  # frames of each phantom in each epoch
BATCH: Final = 16  # phantoms
LEARNING_RATE: Final = 4e-3
HELD_OUT: Final = 150


@dataclass(frozen=True, slots=True)
class Outlined:
    """Rendered phantoms: (N, 36, 56, 56) uint8 gray, and the cavity, 255 within."""

    frames: Grays
    masks: Grays


def main() -> None:
    """Render, train, measure on new phantoms, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=int, default=3600)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--held-out", type=int, default=HELD_OUT)
    parser.add_argument("--processes", type=int, default=2, help="that render")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    cases, rendering = render_all(chosen.phantoms, chosen.processes)
    say(f"{chosen.phantoms} phantoms rendered in {rendering:.0f} CPU seconds")
    network = stored(train(cases, chosen.epochs))
    training = {
        "phantoms": chosen.phantoms,
        "epochs": chosen.epochs,
        "cpu_seconds": round(rendering + time.process_time()),
    }
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + chosen.held_out)
    found = outline_figures(network, seeds, draw_with_cavity)
    say(json.dumps({**training, **found}, indent=1))
    write(network, {"training": training, "held_out": found}, chosen.folder)


def render_all(count: int, processes: int) -> tuple[Outlined, float]:
    """The training phantoms, and the CPU seconds that they took."""
    blocks = [range(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)]
    drawn: list[tuple[Grays, Grays, float]] = []
    with multiprocessing.get_context("spawn").Pool(processes, _begin) as pool:
        for number, block in enumerate(pool.imap(_render_block, blocks), start=1):
            drawn.append(block)
            say(f"{number} of {len(blocks)} blocks of {BLOCK} phantoms")
    frames, masks, seconds = zip(*drawn, strict=True)
    return Outlined(np.concatenate(frames), np.concatenate(masks)), sum(seconds)


def _begin() -> None:
    os.nice(5)
    cv2.setNumThreads(0)


def _render_block(block: range) -> tuple[Grays, Grays, float]:
    began = time.process_time()
    frames, masks = zip(*(render_case(TRAINING_SEED + number) for number in block), strict=True)
    return np.stack(frames), np.stack(masks), time.process_time() - began


def render_case(seed: int) -> tuple[Grays, Grays]:
    """The phantoms of the other training, with their cavities as fine as their frames."""
    drawn = lesson(seed)
    return drawn.seen(SIDE), drawn.cavities(SIDE)


def train(cases: Outlined, epochs: int) -> OutlineNetwork:
    """Fit by cross entropy with AdamW and one cycle of the learning rate; keep the mean weights."""
    torch.manual_seed(TRAINING_SEED)
    rng = np.random.default_rng(TRAINING_SEED)
    network = OutlineNetwork().to(memory_format=torch.channels_last)
    steps = epochs * (len(cases.frames) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps)
    kept = copy.deepcopy(network)
    for epoch in range(epochs):
        losses: list[float] = []
        order = rng.permutation(len(cases.frames))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            loss = _loss(network, *_batch(cases, order[first : first + BATCH], rng))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            follow(kept, network)
            losses.append(float(loss.detach()))
        say(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.process_time():.0f} CPU seconds")
    return kept.eval()


def _loss(network: nn.Module, gray: Tensor, masks: Tensor) -> Tensor:
    """How far it is from the cavity: pixel by pixel, and in the share that both have in common."""
    with torch.autocast("cpu", torch.bfloat16):
        said = network(gray.contiguous(memory_format=torch.channels_last))
    said = said.float()
    inside = said.sigmoid()
    common = 2 * (inside * masks).sum((1, 2)) + 1
    dice = common / (inside.sum((1, 2)) + masks.sum((1, 2)) + 1)
    return functional.binary_cross_entropy_with_logits(said, masks) + 0.2 * (1 - dice).mean()


def _batch(
    cases: Outlined, chosen: NDArray[np.intp], rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Frames between their neighbours, (N * 12, 3, 56, 56) normalised, and their cavities."""
    last = cases.frames.shape[1] - 1
    ticks = np.stack([rng.choice(last + 1, TAKEN, replace=False) for _ in chosen])
    around = np.clip(ticks[..., np.newaxis] + np.array(MOMENTS), 0, last)
    rows = chosen[:, np.newaxis]
    where = moved(len(chosen), rng)
    gray = torch.from_numpy(cases.frames[rows[..., np.newaxis], around]).float()
    gray = toned(sampled(gray.flatten(1, 2), where), rng)
    masks = sampled(torch.from_numpy(cases.masks[rows, ticks]).float() / 255, where)
    return gray.unflatten(1, (TAKEN, len(MOMENTS))).flatten(0, 1), masks.flatten(0, 1)


def stored(network: OutlineNetwork) -> OutlineNetwork:
    """The network with the weights that the file will hold, which are the ones to measure."""
    return network.to(memory_format=torch.contiguous_format).half().float()


def draw_with_cavity(seed: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A new phantom as the outliner sees it, and the cavity that every frame of it truly has."""
    _, frames, times = draw_for_reading(seed)
    square = sector_square(frames)
    cavity = cavity_masks(draw_phantom(seed), times.astype(np.float32), FRAME_SIDE)
    white = np.where(cavity, np.uint8(255), np.uint8(0))
    gray = normalised(white, square) * GRAY_DEVIATION + MEAN_GRAY
    return normalised(frames, square), gray > 127


def write(network: OutlineNetwork, facts: dict[str, object], folder: Path) -> None:
    """Write the checkpoint, then the card that vouches for its sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "phantom_outlines.pt"
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    torch.save(state, weights)
    card = {
        "name": PHANTOM_OUTLINES,
        "label": "phantom model: not for real hearts",
        "demo": True,
        "network": PHANTOM_UNET,
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "seed": TRAINING_SEED,
        "held_out_seed": HELD_OUT_SEED,
        **facts,
    }
    (folder / PHANTOM_OUTLINER_CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
