"""Train the demo model on phantoms and write its checkpoint and card.

`python -m inference.train_phantom`: 40 CPU minutes, and three more for what it
reports; every phantom is drawn from a seed, so that anyone can repeat it. Never tuned to a real
clip.

A fifth of them come from the first generator, whose walls and speckle move in another way: what
both have in common is nearer to the heart than the manner of either. All are bent and unevenly
lit, anew in each epoch, so that it relies on motion more than on looks.

While it learns, the network also has to find the cavity and to follow its volume over the beat;
the layers that say so are thrown away. What it keeps is the mean of its weights over the last
steps, stretched so that over a second set of phantoms a rise of one point reads as one point: a
network that doubts draws everything toward the mean, and would call a failing heart a fair one.
"""

import argparse
import copy
import ctypes
import hashlib
import json
import multiprocessing
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inference.disturbing import bent, laid, lights, moved, relit, sampled
from inference.doubts import ANATOMY, blocks
from inference.lessons import (
    HELD_OUT_SEED,
    STRETCHING_SEED,
    TRAINING_FRAMES,
    TRAINING_SEED,
    Grays,
    draw_for_reading,
    first_lesson,
    lesson,
)
from inference.measuring import figures, read_all
from inference.network import (
    CHANNELS,
    COARSE_SIDE,
    LVEF_DEVIATION,
    MEAN_LVEF,
    SEEN_SIDE,
    PhantomNetwork,
    in_contrast,
)
from inference.optimising import Optimisers, Rates, inner_kernels
from inference.sampling import CLIP_FRAMES, FRAME_SIDE

FOLDER: Final = Path(__file__).parent / "models"
HELD_OUT: Final = 300
PHANTOMS: Final = 9600
EPOCHS: Final = 19
RATES: Final = Rates(adamw=8e-3, muon=3.3e-2, muon_decay=5e-2)
BY_FIRST: Final = 5  # one phantom in so many is drawn by the first generator
BATCH: Final = 32  # half of it takes a twentieth longer, and errs no less
BLOCK: Final = 100  # phantoms
MASK_SIDE: Final = COARSE_SIDE // 2
SHARE: Final = SEEN_SIDE / COARSE_SIDE
WINDOW: Final = torch.tensor([[SHARE, 0, 0], [0, SHARE, SHARE - 1], [0, 0, 1]])  # what is seen
STEP: Final = 4  # frames that the network's last layers see as one moment
MEAN_VOLUME: Final = 80.0  # percent of the beat's largest: where the layer that follows it starts
VOLUME_DEVIATION: Final = 20.0
KEPT: Final = 0.98  # of the mean of the weights, at each step
TRIM_THRESHOLD: Final = -1  # glibc's names for what mallopt sets
MMAP_THRESHOLD: Final = -3
KEPT_BYTES: Final = 2**30


@dataclass(frozen=True, slots=True)
class Cases:
    """Rendered phantoms, in percent and gray levels: what is seen, and what is true.

    frames:  (N, 36, 70, 70) uint8 gray.
    masks:   (N, 36, 35, 35) uint8, 255 where the cavity is.
    volumes: (N, 40) float32, percent of the beat's largest.
    lvef:    (N,) float32.
    """

    frames: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    volumes: NDArray[np.float32]
    lvef: NDArray[np.float32]


class Teaching(nn.Module):
    """The network and the layers that only training needs."""

    def __init__(self) -> None:
        super().__init__()
        self.network = PhantomNetwork()
        self.mask = nn.Conv2d(CHANNELS[-1], 16, 1)
        self.volume = nn.Linear(2 * CHANNELS[-1], 1)

    def losses(self, gray: Tensor, cases: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """How wrong it is about the LVEF, and above all about the cavity and its volume: a quarter
        of the weight on them left an error of 4.0 points where this left 3.8.
        """
        masks, volumes, lvef = cases
        with torch.autocast("cpu", torch.bfloat16):  # three times faster; the answer stays exact
            features = self.network.features(gray)
            cavity = functional.pixel_shuffle(self.mask(features.transpose(1, 2).flatten(0, 1)), 4)
        features = features.float()
        over_time = self.network.over_time(features).transpose(1, 2)
        followed = MEAN_VOLUME + VOLUME_DEVIATION * self.volume(over_time).squeeze(2)
        found = functional.binary_cross_entropy_with_logits(
            cavity.float().squeeze(1), masks.flatten(0, 1)
        )
        wrong = functional.smooth_l1_loss(self.network.answer(features), lvef, beta=4.0)
        return wrong + 1.2 * functional.smooth_l1_loss(followed, volumes, beta=4.0) + 32 * found


def main() -> None:
    """Render, train, stretch, measure on new phantoms, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=int, default=PHANTOMS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--held-out", type=int, default=HELD_OUT)
    parser.add_argument("--cases", type=Path, help="keep rendered phantoms here, for another run")
    parser.add_argument("--processes", type=int, default=1, help="that render")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    keep_memory()
    cases = render_all(chosen.phantoms, chosen.cases, chosen.processes)
    say(f"{chosen.phantoms} phantoms rendered in {cpu_seconds():.0f} CPU seconds")
    network = train(cases, chosen.epochs)
    stretched = stretch(network, max(40, chosen.held_out // 2))
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + chosen.held_out)
    found = figures(network, seeds, draw_for_reading)
    training = {
        "phantoms": chosen.phantoms,
        "by_first_generator": sum(by_first(TRAINING_SEED + n) for n in range(chosen.phantoms)),
        "epochs": chosen.epochs,
        "cpu_seconds": round(cpu_seconds()),
        "stretched": round(stretched, 3),
    }
    say(json.dumps({**training, **found}, indent=1))
    write(network, found, training, looks_of(cases), chosen.folder)


def say(words: str) -> None:
    """One line of progress."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def keep_memory() -> None:
    """Let the C library keep what is freed: each step would ask the kernel for the same again."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # glibc's
        library.mallopt(MMAP_THRESHOLD, KEPT_BYTES)
        library.mallopt(TRIM_THRESHOLD, KEPT_BYTES)


def cpu_seconds() -> float:
    """Of this process and of those that have rendered for it."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def render_all(count: int, folder: Path | None, processes: int) -> Cases:
    """The training phantoms, a block of them a file if there is a folder."""
    blocks = [range(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)]
    asked = [(block, folder) for block in blocks]
    with multiprocessing.get_context("spawn").Pool(processes, _begin) as pool:
        drawn = []
        for number, block in enumerate(pool.imap(_render_block, asked), start=1):
            drawn.append(block)
            say(f"{number} of {len(blocks)} blocks of {BLOCK} phantoms")
    columns = ("frames", "masks", "volumes", "lvef")
    return Cases(*(np.concatenate([block[column] for block in drawn]) for column in columns))


def _begin() -> None:
    os.nice(5)
    cv2.setNumThreads(0)


def _render_block(asked: tuple[range, Path | None]) -> dict[str, NDArray[np.generic]]:
    block, folder = asked
    kept = None if folder is None else folder / f"{block.start}-{block.stop}.npz"
    if kept is not None and kept.exists():
        with np.load(kept) as found:
            return dict(found)
    frames, masks, volumes, lvef = zip(
        *(render_case(TRAINING_SEED + number) for number in block), strict=True
    )
    drawn: dict[str, NDArray[np.generic]] = {
        "frames": np.stack(frames),
        "masks": np.stack(masks),
        "volumes": np.stack(volumes),
        "lvef": np.array(lvef, np.float32),
    }
    if kept is not None:
        np.savez(kept, allow_pickle=False, **drawn)
    return drawn


def render_case(seed: int) -> tuple[Grays, Grays, NDArray[np.float32], float]:
    """One training case, as small as the network sees it."""
    drawn = first_lesson(seed) if by_first(seed) else lesson(seed)
    return drawn.seen(COARSE_SIDE), drawn.cavities(MASK_SIDE), drawn.volumes, drawn.lvef


def by_first(seed: int) -> bool:
    """Whether the first generator draws this heart."""
    return seed % BY_FIRST == 0


def train(cases: Cases, epochs: int) -> PhantomNetwork:
    """Fit by Huber loss in one cycle of the learning rates; what is kept is the mean weights."""
    torch.manual_seed(TRAINING_SEED)
    rng = np.random.default_rng(TRAINING_SEED)
    teaching = Teaching()
    for layer in teaching.modules():
        if isinstance(layer, nn.Conv2d):
            layer.to(memory_format=torch.channels_last)  # a fifth faster
    steps = epochs * (len(cases.lvef) // BATCH)
    kernels = inner_kernels(teaching.network.layers)
    optimisers = Optimisers(teaching, kernels, RATES, steps)
    kept = copy.deepcopy(teaching)
    for epoch in range(epochs):
        losses: list[float] = []
        order = rng.permutation(len(cases.lvef))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            gray, truth = _batch(cases, order[first : first + BATCH], rng)
            loss = teaching.losses(gray, truth)
            optimisers.step(loss)
            follow(kept, teaching)
            losses.append(float(loss.detach()))
        say(f"epoch {epoch + 1}: loss {np.mean(losses):.2f}, {cpu_seconds():.0f} CPU seconds")
    return kept.network.eval()


def follow(kept: nn.Module, network: nn.Module) -> None:
    """Let the kept weights drift toward the ones that just learnt; counters are copied."""
    with torch.no_grad():
        for mean, now in zip(
            kept.state_dict().values(), network.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - KEPT)
            else:
                mean.copy_(now)


def _batch(
    cases: Cases, chosen: NDArray[np.intp], rng: np.random.Generator
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    """Random starts; shifted, turned, zoomed, mirrored, bent; other light and grain.

    returns: (N, 1, 32, 56, 56) bfloat16, in contrast, and what is true of it.
    """
    starts = rng.integers(0, TRAINING_FRAMES - CLIP_FRAMES + 1, len(chosen))
    spans = starts[:, np.newaxis] + np.arange(CLIP_FRAMES)
    masks = torch.from_numpy(cases.masks[chosen[:, np.newaxis], spans[:, 1::STEP]]).float() / 255
    volumes = torch.from_numpy(cases.volumes[chosen[:, np.newaxis], spans[:, 1::STEP]])
    where = moved(len(chosen), rng) @ WINDOW
    bends = bent(len(chosen), rng) * WINDOW[0, 0]
    grid = laid(where, bends, [SEEN_SIDE, SEEN_SIDE])
    gray = torch.empty(len(chosen), 1, CLIP_FRAMES, SEEN_SIDE, SEEN_SIDE, dtype=torch.bfloat16)
    for clip, case, first, light in zip(
        range(len(chosen)), chosen, starts, lights(len(chosen), SEEN_SIDE, rng), strict=True
    ):
        seen = relit(cases.frames[case, first : first + CLIP_FRAMES], grid[clip], light)
        gray[clip] = in_contrast(seen[np.newaxis, np.newaxis])[0]
    masks = sampled(masks, where, bends, SEEN_SIDE // 2)
    return gray, (masks, volumes, torch.from_numpy(cases.lvef[chosen]))


def stretch(network: PhantomNetwork, count: int) -> float:
    """Undo the pull toward the mean, found on phantoms that neither trained nor measured it."""
    seeds = range(STRETCHING_SEED, STRETCHING_SEED + count)
    truth, _, mean, _ = read_all(network, seeds, draw_for_reading)
    slope, offset = np.polyfit(truth, mean, 1)
    straighten(network, float(slope), float(offset))
    return float(1 / slope)


def straighten(network: PhantomNetwork, slope: float, offset: float) -> None:
    """Let each answer a become (a - offset) / slope."""
    with torch.no_grad():
        network.output.weight /= slope
        start = (MEAN_LVEF - offset) / LVEF_DEVIATION
        network.output.bias.add_(start).div_(slope).sub_(MEAN_LVEF / LVEF_DEVIATION)


def looks_of(cases: Cases) -> dict[str, list[float]]:
    """The least and the greatest mean and deviation of a training clip's gray levels."""
    coarse = [blocks(frames, ANATOMY * COARSE_SIDE // FRAME_SIDE) for frames in cases.frames]
    columns = {"mean": [each.mean() for each in coarse], "deviation": [e.std() for e in coarse]}
    return {
        name: [round(float(min(column)), 2), round(float(max(column)), 2)]
        for name, column in columns.items()
    }


def write(
    network: PhantomNetwork,
    held_out: dict[str, object],
    training: Mapping[str, object],
    looks: dict[str, list[float]],
    folder: Path,
) -> None:
    """Write the checkpoint, then the card that vouches for its sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "phantom.pt"
    torch.save(network.state_dict(), weights)
    card = {
        "name": "Phantom demo model 2",
        "label": "phantom model: not for real hearts",
        "demo": True,
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "seed": TRAINING_SEED,
        "held_out_seed": HELD_OUT_SEED,
        "training": training,
        "looks": looks,
        "held_out": held_out,
    }
    (folder / "phantom.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
