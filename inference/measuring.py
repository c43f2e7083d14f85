"""How far a phantom network errs on drawn hearts: error, bias by band, rank, and honest doubt."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from inference.network import PhantomNetwork
from inference.sampling import network_clips

type Doubles = NDArray[np.float64]
type Drawn = tuple[float, NDArray[np.uint8], NDArray[np.float64]]  # LVEF, frames, seconds

BANDS: Final = ((8, 30), (30, 45), (45, 65), (65, 78))
CLIPS: Final = 8
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
    """True LVEF, one clip's answer, the mean's, and the spread: (4, N)."""
    answers: list[tuple[float, float, float, float]] = []
    for seed in seeds:
        lvef, frames, times = draw(seed)
        clips = torch.from_numpy(network_clips(frames, times, clips=CLIPS))
        with torch.inference_mode():
            said = np.clip(network(clips).numpy().astype(np.float64), 0, 100)
        answers.append((lvef, float(said[0]), float(said.mean()), float(said.std())))
    return np.array(answers, np.float64).T


def _rank_correlation(first: Doubles, second: Doubles) -> float:
    one, other = (np.argsort(np.argsort(values)) for values in (first, second))
    return float(np.corrcoef(one, other)[0, 1])


def _errors(error: Doubles) -> dict[str, float]:
    return {
        "mae": round(float(np.abs(error).mean()), 2),
        "rmse": round(float(np.sqrt((error**2).mean())), 2),
        "bias": round(float(error.mean()), 2),
    }
