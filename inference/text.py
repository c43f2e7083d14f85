"""Find writing that lies over the picture: RapidOCR's detector, then its recogniser.

The two models are run directly: `rapidocr` itself would bring its own threads and downloads. The
detector alone sees words in speckle; what the recogniser cannot read with confidence is dropped,
unless it stands still as only drawn lines do: the recogniser knows neither Cyrillic nor Arabic.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

from inference.reading import Box

type Gray = NDArray[np.uint8]
type Floats = NDArray[np.float32]

FRAMES_LOOKED_AT: Final = 27
TOGETHER: Final = 3  # frames, whose median has less speckle than each
THICKEST_STROKE: Final = 0.045  # of the long side: the sector itself would be read as a letter
TALLEST_LINE: Final = 0.4  # of the height
SHORTEST_LINE: Final = 6  # pixels
DETECTION_SIDE: Final = 640  # of the long side; smaller pictures are enlarged to it
INK: Final = 0.3  # the detector's own thresholds
BOX_SCORE: Final = 0.5
LINE_HEIGHT: Final = 48  # what the recogniser was trained on
LONGEST_LINE: Final = 480
READ_SCORE: Final = 0.75
SHORTEST_WORD: Final = 2
LEGIBLE_SCORE: Final = 0.9  # from here on nobody may say that it is no writing
LEGIBLE_WORD: Final = 4
LASTING: Final = 30  # gray levels above what is around, in every frame
LASTING_SHARE: Final = 0.12  # of a line's box: letters of any script reach 0.2, speckle 0.05
LINE_LONGER: Final = 1.5  # times than high, or higher than long; a still echo is a dot
LINE_SIDE: Final = 8  # pixels
FEWEST_STROKES: Final = 4  # that one line through the letters crosses; a wall of the heart is one


def _model(name: str) -> bytes:
    """Read at import: a sealed child can open nothing later."""
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("rapidocr, which carries the models, is not installed")
    return (Path(spec.submodule_search_locations[0]) / "models" / name).read_bytes()


DETECTOR: Final = _model("PP-OCRv6_det_small.onnx")
RECOGNISER: Final = _model("PP-OCRv6_rec_small.onnx")


@dataclass(slots=True)
class Sample:
    """A few frames of a clip of known length, taken while they pass by."""

    frames: int
    taken: list[Gray] = field(default_factory=list[Gray])
    cut: tuple[Gray, ...] = ()  # the two frames between which the picture changes most

    def of(self, passing: Iterable[Gray]) -> Iterator[Gray]:
        """Let the frames pass, and keep up to 27, evenly spread, and the sharpest cut."""
        spread = np.linspace(0, self.frames - 1, FRAMES_LOOKED_AT)
        wanted = set(spread.round().astype(int).tolist())
        before, largest = None, 0.0
        for number, gray in enumerate(passing):
            if number in wanted:
                self.taken.append(gray)
            change = 0.0 if before is None else _change(before, gray)
            if before is not None and change > largest:
                self.cut, largest = (before, gray), change
            before = gray
            yield gray

    def inks(self) -> "Inks":
        """What is thin and bright: always, at one moment, and at any time."""
        starts = range(0, max(1, len(self.taken) - TOGETHER + 1), TOGETHER)
        by_turns = [_ink(self.taken[start : start + TOGETHER]) for start in starts]
        at_the_cut = [strokes(gray) for gray in self.cut]
        middle = strokes(self.taken[len(self.taken) // 2])
        steady = _ink(self.taken[:: max(1, len(self.taken) // 9)])
        ever, least = np.max(by_turns + at_the_cut, axis=0), np.min(by_turns, axis=0)
        return Inks((steady, middle, ever), least > LASTING)


@dataclass(frozen=True, slots=True)
class Inks:
    """What may be writing.

    pictures: (H, W) uint8 each, only what is thin and bright: in the median of the clip, in which
              still writing stands out; in one frame, for what moves; and at any time, for what is
              shown during a part of the clip only, be it a list of patients in its last frame.
    lasting:  (H, W) bool, where it never goes.
    """

    pictures: tuple[Gray, ...]
    lasting: NDArray[np.bool_]


def _change(before: Gray, after: Gray) -> float:
    return float(cv2.norm(before[::4, ::4], after[::4, ::4], cv2.NORM_L1))


def _ink(frames: Sequence[Gray]) -> Gray:
    return strokes(np.median(np.stack(frames), axis=0).astype(np.uint8))


def text_boxes(inks: Inks) -> tuple[Box, ...]:
    """Rectangles around everything that reads as a word in any of the pictures, and around every
    line that is drawn, whatever its script."""
    detector, recogniser = _session(DETECTOR), None
    found: list[Box] = []
    for picture in inks.pictures:
        for box in detected(detector, picture):
            if any(_overlap(box, other) for other in found):
                continue
            recogniser = recogniser or _session(RECOGNISER)
            said, score = recognised(recogniser, _cut(picture, box))
            if is_word(said, score) or is_drawn(box, inks.lasting):
                found.append(replace(box, legible=is_legible(said, score)))
    return tuple(found)


def strokes(picture: Gray) -> Gray:
    """Only what is bright and thin, as letters are."""
    side = max(9, round(max(picture.shape) * THICKEST_STROKE) | 1)
    thin = cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, np.ones((side, side), np.uint8))
    return np.asarray(thin, np.uint8)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    """One thread, and no arena: the child has little memory."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def detected(session: onnxruntime.InferenceSession, picture: Gray) -> list[Box]:
    """Where the detector sees lines of text, in pixels of the picture."""
    height, width = picture.shape
    scale = DETECTION_SIDE / max(height, width)
    rows, columns = (max(32, round(side * scale / 32) * 32) for side in (height, width))
    resized = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_LINEAR)
    ink = _run(session, np.asarray(resized, np.uint8))[0]
    count, labels, measures, _ = cv2.connectedComponentsWithStats((ink > INK).astype(np.uint8))
    boxes: list[Box] = []
    for number in range(1, count):
        x, y, wide, high, area = (int(value) for value in measures[number])
        part = labels[y : y + high, x : x + wide] == number
        if min(wide, high) < 3 or ink[y : y + high, x : x + wide][part].mean() < BOX_SCORE:
            continue
        grown = 1.6 * area / (2 * (wide + high))  # the detector shrinks lines by so much
        start = (x - grown) * width / columns, (y - grown) * height / rows
        end = (x + wide + grown) * width / columns, (y + high + grown) * height / rows
        box = _box(start, end, picture.shape)
        if SHORTEST_LINE <= box.height <= TALLEST_LINE * height:
            boxes.append(box)
    return boxes


def _box(start: tuple[float, float], end: tuple[float, float], shape: tuple[int, ...]) -> Box:
    left, top = max(0, int(start[0])), max(0, int(start[1]))
    right, bottom = min(shape[1], int(end[0]) + 1), min(shape[0], int(end[1]) + 1)
    return Box(left, top, right - left, bottom - top)


def _run(session: onnxruntime.InferenceSession, gray: Gray) -> Floats:
    """What a model says of (H, W) uint8, given to it as (1, 3, H, W) in -1..1."""
    scaled = (gray.astype(np.float32) / 127.5 - 1)[np.newaxis, np.newaxis]
    try:
        [answer] = session.run(None, {"x": np.repeat(scaled, 3, axis=1)})
    except (Fail, RuntimeException) as error:  # so it tells of a failed allocation
        raise MemoryError from error
    return cast("Floats", answer)[0]


def _cut(picture: Gray, box: Box) -> Gray:
    return picture[box.y : box.y + box.height, box.x : box.x + box.width]


def recognised(session: onnxruntime.InferenceSession, line: Gray) -> tuple[str, float]:
    """What a line says, and the mean confidence of its characters."""
    width = min(LONGEST_LINE, max(16, round(line.shape[1] * LINE_HEIGHT / line.shape[0])))
    resized = cv2.resize(line, (width, LINE_HEIGHT), interpolation=cv2.INTER_CUBIC)
    chances = _run(session, np.asarray(resized, np.uint8))
    characters = _characters(session)
    best = chances.argmax(axis=1)
    changed = np.r_[True, best[1:] != best[:-1]] & (best > 0)  # CTC: 0 is the blank
    if not changed.any():
        return "", 0.0
    said = "".join(characters[number - 1] for number in best[changed])
    return said, float(chances.max(axis=1)[changed].mean())


def _characters(session: onnxruntime.InferenceSession) -> list[str]:
    return [*session.get_modelmeta().custom_metadata_map["character"].split("\n"), " "]


def is_word(said: str, score: float) -> bool:
    """Two letters or digits that were read with confidence."""
    return score >= READ_SCORE and _signs(said) >= SHORTEST_WORD


def is_drawn(box: Box, lasting: NDArray[np.bool_]) -> bool:
    """A line that stands as still as only a machine draws; tissue moves, or is no line."""
    shorter, longer = sorted((box.width, box.height))
    shaped = shorter >= LINE_SIDE and longer >= LINE_LONGER * shorter
    there = lasting[box.y : box.y + box.height, box.x : box.x + box.width]
    if not shaped or float(there.mean()) < LASTING_SHARE:
        return False
    along = there if box.width >= box.height else there.T
    begun = np.diff(along.astype(np.int8), axis=1, prepend=0) == 1
    return int(begun.sum(axis=1).max()) >= FEWEST_STROKES


def is_legible(said: str, score: float) -> bool:
    """A word that the recogniser cannot have made up of speckle."""
    return score >= LEGIBLE_SCORE and _signs(said) >= LEGIBLE_WORD


def _signs(said: str) -> int:
    return sum(sign.isalnum() for sign in said)


def _overlap(one: Box, other: Box) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if across <= 0 or down <= 0:
        return False
    return across * down > 0.5 * min(one.width * one.height, other.width * other.height)
