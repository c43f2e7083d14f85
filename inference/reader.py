"""`python -m inference.reader FD`: read the LVEF of one masked clip."""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inference import child, weights
from inference.network import PhantomNetwork
from inference.reading import (
    DEMO_MODEL_ON_REAL_HEART,
    FRAME_RATE_TOLD,
    FULL_SECONDS,
    SHORT_CLIP,
    VIEW_NOT_CONFIRMED,
    ClipRefused,
    Outcome,
    Reading,
    RefusalCode,
    Verdict,
    Versions,
    agreement_is_low,
)
from inference.sampling import network_clips
from inference.triage import BLACK, VERSION, local_verdict
from inference.video import frames_of

CLIPS: Final = 4
CPU_SECONDS: Final = 300
THREADS: Final = 2
IN_RANGE: Final = 1.28  # standard deviations: four of five errors lie within, if they are normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is known of the masked clip besides its bytes."""

    frame_times: Sequence[float]
    phantom: bool
    frame_rate_told: bool


def main() -> None:
    """Answer one request."""
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(0)
    asked = child.begin(cpu_seconds=CPU_SECONDS)
    request = Request(
        frame_times=cast("list[float]", asked["frame_times"]),
        phantom=asked["phantom"] is True,
        frame_rate_told=asked["frame_rate_told"] is True,
    )
    try:
        reading = read(child.clip(), request, Path(cast("str", asked["models"])))
    except ClipRefused as refused:
        child.refuse(refused)
    except weights.NoVerifiedWeights as error:
        child.tell("unavailable", {"reason": str(error)})
    else:
        child.tell("reading", reading.to_primitives())


def read(clip: io.BufferedIOBase, request: Request, models: Path = weights.FOLDER) -> Reading:
    """The reading of a masked clip; the same bytes and versions give the same reading."""
    began = time.perf_counter()
    card = weights.read_card(models)
    network = weights.load_network(card, models)
    loaded = time.perf_counter()
    frames, times = _frames(clip, request.frame_times)
    verdict = local_verdict(frames)
    _refuse_rejected(verdict)
    decoded = time.perf_counter()
    clips = network_clips(frames, times, clips=CLIPS)
    lvefs = clip_lvefs(network, clips)
    stages = {
        "load": loaded - began,
        "decode": decoded - loaded,
        "network": time.perf_counter() - decoded,
    }
    return _reading(card, lvefs, verdict, _warnings(request, times, card), stages)


def _frames(
    clip: io.BufferedIOBase, frame_times: Sequence[float]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The masked frames, and when each is shown by the row that describes the clip."""
    frames = np.stack([frame.gray for frame in frames_of(clip)])
    if len(frames) != len(frame_times):
        raise ClipRefused(RefusalCode.UNREADABLE, {"frames": len(frames)})
    return frames, np.asarray(frame_times, np.float64)


def _refuse_rejected(verdict: Verdict) -> None:
    """A rejected clip has no reading."""
    if verdict.outcome is Outcome.REJECTED:
        dark = BLACK in verdict.reasons
        raise ClipRefused(RefusalCode.NO_SECTOR if dark else RefusalCode.STILL_IMAGE)


def clip_lvefs(network: PhantomNetwork, clips: NDArray[np.float32]) -> list[float]:
    """One LVEF in percent per clip of (K, 3, 32, 112, 112), one clip at a time."""
    with torch.inference_mode():
        answers = [float(network(torch.from_numpy(clip[np.newaxis]))[0]) for clip in clips]
    return [round(min(100.0, max(0.0, answer)), 2) for answer in answers]


def _warnings(request: Request, times: NDArray[np.float64], card: weights.Card) -> tuple[str, ...]:
    seconds = len(times) * float(np.median(np.diff(times)))
    known = {
        SHORT_CLIP: seconds < FULL_SECONDS,
        FRAME_RATE_TOLD: request.frame_rate_told,
        VIEW_NOT_CONFIRMED: not request.phantom,
        DEMO_MODEL_ON_REAL_HEART: card.demo and not request.phantom,
    }
    return tuple(warning for warning, applies in known.items() if applies)


def _reading(
    card: weights.Card,
    lvefs: list[float],
    verdict: Verdict,
    warnings: tuple[str, ...],
    stages: dict[str, float],
) -> Reading:
    spread = float(np.std(lvefs))
    unknown = DEMO_MODEL_ON_REAL_HEART in warnings
    half_width = None if unknown else round(IN_RANGE * float(np.hypot(card.rmse, spread)), 2)
    return Reading(
        lvef=round(float(np.mean(lvefs)), 2),
        half_width=half_width,
        spread=round(spread, 2),
        clip_lvefs=tuple(lvefs),
        low_agreement=agreement_is_low(len(lvefs), spread, half_width),
        warnings=warnings,
        verdict=verdict,
        versions=_versions(card, len(lvefs)),
        stages=stages,
    )


def _versions(card: weights.Card, clips: int) -> Versions:
    return Versions(
        model=card.name,
        model_sha256=card.sha256,
        demo_model=card.demo,
        code=child.code_version("reader", "sampling", "network", "video"),
        triage=VERSION,
        device="cpu",
        dtype="float32",
        clips=clips,
    )


if __name__ == "__main__":
    main()
