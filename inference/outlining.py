"""`python -m inference.outlining FD`: outline the ventricle in one masked clip, beat by beat.

A real heart is outlined by the model that the operator has installed for it, or not at all; one
that is told to be a phantom by a network that has learnt from phantoms alone.

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
from inference.borders import Points, outline_of
from inference.cards import NoVerifiedWeights, read_outliner_card
from inference.deeplab import DeepLab
from inference.phantom_outlines import load_phantom_outliner, phantom_outlines
from inference.reading import Beat, ClipRefused, Outline, Tracing
from inference.sampling import FRAME_SIDE, Gray, Square, normalised
from inference.tracing import polygon_area, trace
from inference.watching import Watched, watched
from inference.weights import filled

CPU_SECONDS: Final = 600  # a clip of 20 s has 500 frames to outline, each a tenth of a second
THREADS: Final = 1  # nobody waits for it; two would wait for each other on a busy machine
SMALLEST: Final = 0.005  # share of the sector's square: a ventricle is ten times as large
MOST_WITHOUT: Final = 0.1  # of the frames: where it is lost more often, nothing is told


def main() -> None:
    """Answer one request."""
    torch.set_num_threads(THREADS)
    cv2.setNumThreads(0)
    asked = child.begin(cpu_seconds=CPU_SECONDS)
    times = cast("list[float]", asked["frame_times"])
    try:
        folder = Path(cast("str", asked["folder"]))
        outline = phantom_traced if asked["phantom"] is True else traced
        tracing = outline(child.clip(), times, folder)
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


def phantom_traced(
    clip: io.BufferedIOBase, frame_times: Sequence[float], folder: Path
) -> Tracing | None:
    """The tracing of a phantom's masked clip by its own model; None where that finds no beat."""
    name, network = load_phantom_outliner(folder)
    seen = watched(clip, frame_times)
    return tracing_by(phantom_outlines(network, seen), seen, name)


def tracing_of(network: DeepLab, seen: Watched, name: str) -> Tracing | None:
    """What the network's outlines tell of a clip."""
    return tracing_by(outlines_of(network, seen.frames, seen.square), seen, name)


def tracing_by(outlines: list[Points], seen: Watched, name: str) -> Tracing | None:
    """What outlines, as shares of the square, tell of a clip.

    At most 25 frames a second are outlined; the areas of those between are read off the line.
    """
    chosen, times, square = seen.chosen, seen.times, seen.square
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
        later=tuple(map(numbered, tracing.later)),
    )


if __name__ == "__main__":
    main()
