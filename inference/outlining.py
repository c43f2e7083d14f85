"""`python -m inference.outlining FD`: outline the ventricle in one masked clip, beat by beat.

What comes out are outlines, areas and times: never a volume and never an LVEF, since even perfect
outlines of one plane miss the true LVEF by nine points (INFERENCE.md section 6).
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inference import child
from inference.cards import NoVerifiedWeights, read_outliner_card
from inference.deeplab import DeepLab
from inference.reading import Beat, ClipRefused, Outline, Tracing
from inference.sampling import FRAME_SIDE, Gray, Square, normalised
from inference.tracing import polygon_area, trace
from inference.watching import Watched, watched
from inference.weights import filled

type Points = NDArray[np.float64]

CPU_SECONDS: Final = 600  # a clip of 20 s has 500 frames to outline, each a tenth of a second
THREADS: Final = 1  # nobody waits for it; two would wait for each other on a busy machine
FINER: Final = 4  # times as many pixels a side: an outline runs between the network's own
POINTS: Final = 48
SMALLEST: Final = 0.005  # share of the sector's square: a ventricle is ten times as large
MOST_WITHOUT: Final = 0.1  # of the frames: where it is lost more often, nothing is told
NOTHING: Final = np.zeros((POINTS, 2))


def main() -> None:
    """Answer one request."""
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(0)
    asked = child.begin(cpu_seconds=CPU_SECONDS)
    times = cast("list[float]", asked["frame_times"])
    try:
        tracing = traced(child.clip(), times, Path(cast("str", asked["outliners"])))
    except ClipRefused as refused:
        child.refuse(refused)
    except NoVerifiedWeights as error:
        child.tell("unavailable", {"reason": str(error)})
    else:
        child.tell("tracing", {"tracing": tracing and tracing.to_primitives()})


def traced(clip: io.BufferedIOBase, frame_times: Sequence[float], folder: Path) -> Tracing | None:
    """The tracing of a masked clip by the installed outliner; None where it finds no beat."""
    card = read_outliner_card(folder)
    if card is None:
        raise NoVerifiedWeights("no outliner is installed")
    with torch.device("meta"):
        network = DeepLab()
    network = filled(network, card.file, card.sha256, folder)
    seen = watched(clip, frame_times)
    return tracing_of(network.to(memory_format=torch.channels_last), seen, card.name)


def tracing_of(network: DeepLab, seen: Watched, name: str) -> Tracing | None:
    """What the network's outlines tell of a clip.

    At most 25 frames a second are outlined; the areas of those between are read off the line.
    """
    chosen, times, square = seen.chosen, seen.times, seen.square
    outlines = outlines_of(network, seen.frames, square)
    if np.mean([polygon_area(outline) < SMALLEST for outline in outlines]) > MOST_WITHOUT:
        return None
    height, width = seen.frames[0].shape
    placed = [in_picture(outline, square, width, height) for outline in outlines]
    found = trace(placed, list(times[chosen]), source=name)
    return None if found is None else over_all_frames(found, chosen, times)


def outlines_of(network: DeepLab, frames: list[Gray], square: Square) -> list[Points]:
    """The ventricle's border in each frame, as (48, 2) shares of the square; all 0 for none."""
    outlines: list[Points] = []
    with torch.inference_mode():
        for small in normalised(frames, square):
            gray = torch.from_numpy(small)[None, None].expand(1, 3, FRAME_SIDE, FRAME_SIDE)
            placed = gray.contiguous(memory_format=torch.channels_last)
            outlines.append(outline_of(network(placed)[0].numpy()))
    return outlines


def outline_of(logits: NDArray[np.float32]) -> Points:
    """The border of the largest part above 0, in evenly spaced points."""
    side = FINER * len(logits)
    fine = cv2.resize(logits, (side, side), interpolation=cv2.INTER_LINEAR)
    inside = (fine > 0).astype(np.uint8)
    borders, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not borders:
        return NOTHING
    largest = max(borders, key=cv2.contourArea)
    return evenly(largest[:, 0].astype(np.float64) + 0.5) / side


def evenly(border: Points) -> Points:
    """As many points as wanted, equally far from each other along a closed line."""
    closed = np.concatenate([border, border[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    wanted = np.linspace(0, along[-1], POINTS, endpoint=False)
    return np.stack([np.interp(wanted, along, closed[:, axis]) for axis in (0, 1)], axis=1)


def in_picture(outline: Points, square: Square, width: int, height: int) -> Points:
    """Shares of the square as shares of the picture."""
    return (outline * square.side + (square.left, square.top)) / (width, height)


def over_all_frames(
    tracing: Tracing, chosen: NDArray[np.intp], times: NDArray[np.float64]
) -> Tracing:
    """The same, numbered by the frames of the whole clip."""
    areas = np.interp(times, times[chosen], tracing.areas)

    def numbered(outline: Outline) -> Outline:
        return replace(outline, frame=int(chosen[outline.frame]))

    return replace(
        tracing,
        areas=tuple(round(float(area), 1) for area in areas),
        beats=tuple(
            Beat(
                end_diastole=int(chosen[beat.end_diastole]),
                end_systole=int(chosen[beat.end_systole]),
            )
            for beat in tracing.beats
        ),
        end_diastole=numbered(tracing.end_diastole),
        end_systole=numbered(tracing.end_systole),
    )


if __name__ == "__main__":
    main()
