"""`python -m inference.sheet FD`: some frames of a masked clip side by side, as one PNG; and, where
the ventricle was outlined, its outline at end diastole and at end systole."""

import io
from collections.abc import Sequence
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import child
from inference.prepare import CPU_SECONDS, IMPORTED_LATE, MEMORY
from inference.reading import ClipRefused, Outline, RefusalCode, Tracing
from inference.video import Gray, frames_of

SIDE: Final = 256  # pixels: each picture fits into such a square
PER_ROW: Final = 4
LARGE: Final = 512  # two of them fill a row
FINE_BITS: Final = 3  # an outline is drawn in eighths of a pixel
FINE: Final = 1 << FINE_BITS
LINE: Final = 24
FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
CAPTION: Final = (190,)
WORDS: Final = (255,)
TYPOGRAPHY: Final = str.maketrans(
    {"–": "-", "±": "+-", "·": "-", "≤": "<=", "≥": ">=", "…": "...", "×": "x"}
)


def main() -> None:
    """Answer one request."""
    cv2.setNumThreads(0)
    request = child.begin(cpu_seconds=CPU_SECONDS, memory=MEMORY)
    child.seal(*IMPORTED_LATE)
    times, lines = cast("list[float]", request["times"]), cast("list[str]", request["lines"])
    told = cast("dict[str, object] | None", request["tracing"])
    tracing = None if told is None else Tracing.from_primitives(told)
    try:
        picture = sheet(child.clip(), times, lines, int(cast("int", request["frames"])), tracing)
    except ClipRefused as refused:
        child.refuse(refused)
    else:
        child.tell("sheet", {}, picture)


def sheet(
    masked: io.BufferedIOBase,
    times: Sequence[float],
    lines: Sequence[str],
    count: int,
    tracing: Tracing | None = None,
) -> bytes:
    """`count` frames spread evenly, each with its second; both outlines; and lines of words below.

    raises: ClipRefused: UNREADABLE when the frames are not as many as the times.
    """
    frames = [frame.gray for frame in frames_of(masked)]
    if len(frames) != len(times):
        raise ClipRefused(RefusalCode.UNREADABLE, {"frames": len(frames)})
    chosen = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
    tiles = [_tile(frames[number], f"{times[number]:.2f} s") for number in chosen]
    while len(tiles) % PER_ROW:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[start : start + PER_ROW]) for start in range(0, len(tiles), PER_ROW)]
    if tracing is not None:
        rows.append(np.hstack([_outlined(*each, frames, times) for each in _ends(tracing)]))
    _, coded = cv2.imencode(".png", np.vstack([*rows, _words(lines)]))
    return coded.tobytes()


def _ends(tracing: Tracing) -> tuple[tuple[str, Outline], ...]:
    return ("End diastole", tracing.end_diastole), ("End systole", tracing.end_systole)


def _outlined(
    words: str, outline: Outline, frames: Sequence[Gray], times: Sequence[float]
) -> NDArray[np.uint8]:
    """One large frame with the outline over it: black beside white, to be seen on any gray."""
    frame = frames[outline.frame]
    tile, corner, size = _placed(frame, LARGE, f"{words}, {times[outline.frame]:.2f} s")
    points = (np.array(outline.points) * size + corner) * FINE
    border = np.rint(points).astype(np.int32)
    for gray, width in ((0, 3), (255, 1)):
        cv2.polylines(tile, [border], True, (gray,), width, cv2.LINE_AA, FINE_BITS)
    return tile


def _tile(frame: Gray, caption: str) -> NDArray[np.uint8]:
    return _placed(frame, SIDE, caption)[0]


def _placed(
    frame: Gray, side: int, caption: str
) -> tuple[NDArray[np.uint8], tuple[int, int], tuple[int, int]]:
    """The frame in the middle of a square, its caption below it; its left top corner, its size."""
    height, width = frame.shape
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(frame, size, interpolation=shrinks)
    tile = np.zeros((side + LINE, side), np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    cv2.putText(tile, caption, (4, side + LINE - 8), FONT, 0.42, CAPTION, 1, cv2.LINE_AA)
    return tile, (left, top), size


def _words(lines: Sequence[str]) -> NDArray[np.uint8]:
    """OpenCV's letters are ASCII alone: typographic signs are spelt out."""
    plate = np.zeros((LINE * len(lines) + LINE // 2, SIDE * PER_ROW), np.uint8)
    for number, line in enumerate(lines, start=1):
        said = line.translate(TYPOGRAPHY).encode("ascii", "replace").decode()
        cv2.putText(plate, said, (6, LINE * number - 6), FONT, 0.5, WORDS, 1, cv2.LINE_AA)
    return plate


if __name__ == "__main__":
    main()
