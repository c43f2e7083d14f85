"""How far a phantom network errs on drawn hearts: error, bias by band, rank, and honest doubt; and
how well another outlines their cavities.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from inference.borders import filled_in, outline_of
from inference.network import PhantomNetwork
from inference.outline_network import OutlineNetwork
from inference.phantom_outlines import cavity_logits
from inference.sampling import (
    FRAME_SIDE,
    FRAMES_PER_SECOND,
    clips_of,
    normalised,
    sector_square,
)
from inference.tracing import polygon_area, troughs

type Doubles = NDArray[np.float64]
type Drawn = tuple[float, NDArray[np.uint8], NDArray[np.float64]]  # LVEF, frames at 25 Hz, seconds

BANDS: Final = ((8, 30), (30, 45), (45, 65), (65, 78))
CLIPS: Final = 8
NEAR: Final = 3  # frames at 25 Hz: how far a found end systole may lie from a true one
IN_RANGE: Final = 1.28  # deviations: four of five errors, if they are normal


def figures(
    network: PhantomNetwork, seeds: Sequence[int], draw: Callable[[int], Drawn]
) -> dict[str, object]:
    """Errors in points on the hearts of these seeds, by the reader's own sampling."""
    truth, one, mean, spread = read_all(network, seeds, draw)
    error = np.abs(mean - truth)
    rmse = float(np.sqrt((error**2).mean()))
    within = error <= IN_RANGE * np.hypot(rmse, spread)
    thirds = np.array_split(np.argsort(spread), 3)
    bands = {
        f"{low}-{high}": _errors(mean[inside] - truth[inside])
        for low, high in BANDS
        if (inside := (truth >= low) & (truth < high)).any()
    }
    return {
        "phantoms": len(truth),
        "clips": CLIPS,
        **_errors(mean - truth),
        "one_clip_mae": _errors(one - truth)["mae"],
        "rank_correlation": round(_rank_correlation(truth, mean), 3),
        "constant_mae": round(float(np.abs(np.median(truth) - truth).mean()), 2),
        "median_spread": round(float(np.median(spread)), 2),
        "spread_and_error": round(_rank_correlation(spread, error), 2),
        "mae_by_third_of_spread": [round(float(error[third].mean()), 2) for third in thirds],
        "within_range": round(float(within.mean()), 3),
        "bands": bands,
    }


def read_all(
    network: PhantomNetwork, seeds: Sequence[int], draw: Callable[[int], Drawn]
) -> Doubles:
    """True LVEF, one clip's answer, the mean's, and the spread: (4, N).

    The frames are those that the reader would choose. Chosen from once more by their uneven times,
    those of a scanner at 40 Hz would end in a still of most of a second.
    """
    answers: list[tuple[float, float, float, float]] = []
    for seed in seeds:
        lvef, frames, _ = draw(seed)
        video = normalised(frames, sector_square(frames))
        with torch.inference_mode():
            answer = network(torch.from_numpy(clips_of(video, clips=CLIPS)))
        said = np.clip(answer.numpy().astype(np.float64), 0, 100)
        answers.append((lvef, float(said[0]), float(said.mean()), float(said.std())))
    return np.array(answers, np.float64).T


def outline_figures(
    network: OutlineNetwork,
    seeds: Sequence[int],
    draw: Callable[[int], tuple[NDArray[np.float32], NDArray[np.bool_]]],
) -> dict[str, object]:
    """Dice, the share of end systoles that are found, and how alike both area curves are.

    draw: a phantom at 25 Hz and its true cavity, both (T, 112, 112), as the outliner's square has
          them.
    """
    dices: list[float] = []
    alike: list[float] = []
    near: list[bool] = []
    for seed in seeds:
        video, truth = draw(seed)
        outlines = [outline_of(each) for each in cavity_logits(network, video)]
        found = np.stack([filled_in(outline, FRAME_SIDE) > 0 for outline in outlines])
        true_areas = truth.sum((1, 2)).astype(np.float64)
        areas = np.array([polygon_area(outline) for outline in outlines])
        common = (found & truth).sum((1, 2))
        dices.append(float((2 * common / (found.sum((1, 2)) + true_areas + 1e-9)).mean()))
        alike.append(float(np.corrcoef(areas, true_areas)[0, 1]))
        near += _found_ends(areas, true_areas)
    return {
        "phantoms": len(dices),
        "dice": round(float(np.mean(dices)), 3),
        "dice_of_worst_tenth": round(float(np.quantile(dices, 0.1)), 3),
        "end_systole_within_3_frames": round(float(np.mean(near)), 3),
        "area_correlation": round(float(np.mean(alike)), 3),
    }


def _found_ends(areas: Doubles, true_areas: Doubles) -> list[bool]:
    """Of every true end systole, whether one was found beside it."""
    seconds = np.arange(len(areas)) / FRAMES_PER_SECOND
    ends = np.array(troughs(areas, seconds), np.float64)
    return [
        bool(len(ends) and np.abs(ends - true).min() <= NEAR)
        for true in troughs(true_areas, seconds)
    ]


def _rank_correlation(first: Doubles, second: Doubles) -> float:
    one, other = (np.argsort(np.argsort(values)) for values in (first, second))
    return float(np.corrcoef(one, other)[0, 1])


def _errors(error: Doubles) -> dict[str, float]:
    return {
        "mae": round(float(np.abs(error).mean()), 2),
        "rmse": round(float(np.sqrt((error**2).mean())), 2),
        "bias": round(float(error.mean()), 2),
    }
