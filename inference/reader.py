"""`python -m inference.reader FD`: read the LVEF of one masked clip."""

import dataclasses
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inference import child
from inference.cards import FOLDER, Card, NoVerifiedWeights
from inference.doubts import Doubts, doubts_of
from inference.reading import (
    DEMO_MODEL_ON_REAL_HEART,
    FRAME_RATE_TOLD,
    FULL_SECONDS,
    SHORT_CLIP,
    VIEW_NOT_CONFIRMED,
    ClipRefused,
    Outcome,
    Reading,
    Verdict,
    Versions,
    agreement_is_low,
    categories_within,
)
from inference.sampling import clips_of, normalised, resampled
from inference.triage import local_triage
from inference.triaged import ClipNotAccepted, Triaged
from inference.watching import Watched, watched
from inference.weights import Model, load_model

CPU_SECONDS: Final = 300
THREADS: Final = 2
IN_RANGE: Final = 1.28  # standard deviations: four of five errors lie within, if they are normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is known of the masked clip besides its bytes."""

    frame_times: Sequence[float]
    phantom: bool
    frame_rate_told: bool
    triaged: Triaged | None = None

    @classmethod
    def of(cls, asked: Mapping[str, object]) -> Self:
        """The request as it comes from another process."""
        triaged = cast("dict[str, object] | None", asked.get("triaged"))
        return cls(
            frame_times=cast("list[float]", asked["frame_times"]),
            phantom=asked["phantom"] is True,
            frame_rate_told=asked["frame_rate_told"] is True,
            triaged=None if triaged is None else Triaged.from_primitives(triaged),
        )


def main() -> None:
    """Answer one request."""
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(0)
    asked = child.begin(cpu_seconds=CPU_SECONDS)
    try:
        reading = read(child.clip(), Request.of(asked), Path(cast("str", asked["models"])))
    except ClipRefused as refused:
        child.refuse(refused)
    except NoVerifiedWeights as error:
        child.tell("unavailable", {"reason": str(error)})
    else:
        child.tell("reading", reading.to_primitives())


def read(clip: io.BufferedIOBase, request: Request, models: Path = FOLDER) -> Reading:
    """The reading of a masked clip by the installed model."""
    began = time.perf_counter()
    model = load_model(models)
    loaded = time.perf_counter() - began
    return read_with(model, clip, request, {"load": loaded})


def read_with(
    model: Model, clip: io.BufferedIOBase, request: Request, stages: dict[str, float]
) -> Reading:
    """The reading; the same bytes, request and versions give the same one.

    stages: the seconds that were spent before.
    """
    began = time.perf_counter()
    seen = watched(clip, request.frame_times)
    triaged = _accepted(local_triage(seen.motion), request.triaged)
    video = network_video(seen)
    doubts = doubts_of(video)
    decoded = time.perf_counter()
    lvefs = model.lvefs(clips_of(video, clips=model.clips))
    spent = {"decode": decoded - began, "network": time.perf_counter() - decoded}
    warnings = _warnings(request, doubts, model.card, triaged.verdict)
    reading = _reading(model, lvefs, triaged, warnings, stages | spent)
    return dataclasses.replace(reading, heart_rate=doubts.heart_rate)


def network_video(seen: Watched) -> NDArray[np.float32]:
    """The whole clip at 25 Hz as the network sees it: (F, 112, 112) float32."""
    ticks = np.searchsorted(seen.chosen, resampled(seen.times))
    return normalised(seen.frames, seen.square)[ticks]


def _accepted(local: Triaged, asked: Triaged | None) -> Triaged:
    """The verdict that counts: what was asked, else the local check's."""
    if asked is not None and asked.verdict.outcome is Outcome.REJECTED:
        raise ClipNotAccepted(asked)
    return asked or local


def _warnings(request: Request, doubts: Doubts, card: Card, verdict: Verdict) -> tuple[str, ...]:
    times = np.asarray(request.frame_times)
    known = {
        SHORT_CLIP: len(times) * float(np.median(np.diff(times))) < FULL_SECONDS,
        FRAME_RATE_TOLD: request.frame_rate_told,
        VIEW_NOT_CONFIRMED: not request.phantom and verdict.outcome is not Outcome.ACCEPTED,
        DEMO_MODEL_ON_REAL_HEART: card.demo and not request.phantom,
    }
    told = tuple(warning for warning, applies in known.items() if applies)
    return told + doubts.warnings(card.looks)


def _reading(
    model: Model,
    lvefs: list[float],
    triaged: Triaged,
    warnings: tuple[str, ...],
    stages: dict[str, float],
) -> Reading:
    spread = float(np.std(lvefs))
    unknown = DEMO_MODEL_ON_REAL_HEART in warnings
    lvef = round(float(np.mean(lvefs)), 2)
    half_width = None if unknown else round(IN_RANGE * float(np.hypot(model.card.rmse, spread)), 2)
    return Reading(
        lvef=lvef,
        half_width=half_width,
        spread=round(spread, 2),
        clip_lvefs=tuple(lvefs),
        low_agreement=agreement_is_low(len(lvefs), spread, half_width),
        warnings=warnings,
        verdict=triaged.verdict,
        versions=_versions(model, triaged, len(lvefs)),
        stages=stages,
        categories=categories_within(lvef, half_width),
    )


def _versions(model: Model, triaged: Triaged, clips: int) -> Versions:
    return Versions(
        model=model.card.name,
        model_sha256=model.card.sha256,
        demo_model=model.card.demo,
        code=child.code_version(
            "reader", "weights", "doubts", "sampling", "network", "echonet", "video", "watching"
        ),
        triage=triaged.version,
        device=model.device,
        dtype=str(model.dtype).removeprefix("torch."),
        clips=clips,
    )


if __name__ == "__main__":
    main()
