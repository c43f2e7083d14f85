"""From outlines of the ventricle to beats, rate and rhythm: areas and times, never a volume.

Beats are found as INFERENCE's rule has it: the median of three areas, then troughs at least a
third of a second apart that are deeper than two fifths of the range between the 5th and the 95th
percentile. That rule finds the same beats as EchoNet's own on nine real clips, at any frame rate.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.reading import Beat, Outline, Tracing

type Doubles = NDArray[np.float64]

SHORTEST_BEAT: Final = 0.33  # seconds
DEEP_ENOUGH: Final = 0.4  # of the range of areas
IRREGULAR_FROM: Final = 0.2  # how much longer the longest beat is than the shortest
OUTLINED_BEATS: Final = 4  # 130 points for each of their ends: some kilobytes of a page
BEATS_FOR_RHYTHM: Final = 3  # troughs: two beats can be compared


def trace(
    outlines: Sequence[NDArray[np.float64]], times: Sequence[float], *, source: str
) -> Tracing | None:
    """The tracing, or None where no beat can be seen.

    outlines: one (P, 2) polygon for each frame, shares of the picture's width and height.
    times:    seconds, ascending.
    """
    sizes = np.array([polygon_area(outline) for outline in outlines])
    areas = 100 * sizes / max(float(sizes.max()), 1e-9)
    seconds = np.asarray(times, np.float64)
    ends = troughs(areas, seconds)
    beats = beats_between(areas, ends)
    if not beats:
        return None
    rate, irregular = rhythm(seconds[ends])
    first, *others = beats[:OUTLINED_BEATS]
    return Tracing(
        source=source,
        areas=tuple(round(float(area), 1) for area in areas),
        beats=beats,
        end_diastole=_outline(outlines, first.end_diastole),
        end_systole=_outline(outlines, first.end_systole),
        heart_rate=rate,
        irregular=irregular,
        later=tuple(
            _outline(outlines, frame)
            for beat in others
            for frame in (beat.end_diastole, beat.end_systole)
        ),
    )


def polygon_area(outline: NDArray[np.float64]) -> float:
    """By the shoelace formula; the last point is joined to the first."""
    x, y = outline.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def troughs(areas: Doubles, seconds: Doubles) -> list[int]:
    """The frames of end systole, ascending."""
    smooth = np.median(np.stack([np.roll(areas, shift) for shift in (-1, 0, 1)]), axis=0)
    smooth[[0, -1]] = areas[[0, -1]]
    low, high = np.percentile(smooth, [5, 95])
    found: list[int] = []
    for frame in np.argsort(smooth, kind="stable"):
        far = all(abs(seconds[frame] - seconds[other]) >= SHORTEST_BEAT for other in found)
        if far and _depth(smooth, int(frame)) >= DEEP_ENOUGH * (high - low) > 0:
            found.append(int(frame))
    return sorted(found)


def _depth(areas: Doubles, frame: int) -> float:
    """How far one has to climb on both sides before one comes to a deeper place."""
    before, after = areas[:frame][::-1], areas[frame + 1 :]
    return min(_climb(before, areas[frame]), _climb(after, areas[frame]))


def _climb(path: Doubles, start: float) -> float:
    deeper = np.flatnonzero(path < start)
    way = path[: deeper[0]] if len(deeper) else path
    return float(way.max() - start) if len(way) else 0.0


def beats_between(areas: Doubles, ends: Sequence[int]) -> tuple[Beat, ...]:
    """Each end systole with the largest area since the one before, or since the clip's start."""
    beats: list[Beat] = []
    for before, end in zip([0, *ends], ends, strict=False):
        if end > before:
            largest = before + int(np.argmax(areas[before:end]))
            beats.append(Beat(end_diastole=largest, end_systole=end))
    return tuple(beats)


def rhythm(ends: Doubles) -> tuple[float | None, bool | None]:
    """Beats per minute, and whether they come irregularly, from the seconds of end systole."""
    if len(ends) < 2:
        return None, None
    lengths = np.diff(ends)
    rate = round(60 / float(lengths.mean()), 1)
    if len(ends) < BEATS_FOR_RHYTHM:
        return rate, None
    return rate, bool(lengths.max() > (1 + IRREGULAR_FROM) * lengths.min())


def _outline(outlines: Sequence[NDArray[np.float64]], frame: int) -> Outline:
    points = tuple((round(float(x), 4), round(float(y), 4)) for x, y in outlines[frame])
    return Outline(frame=frame, points=points)
