"""Scanner pages with everything that must go: name, number, date, clock, ECG, ruler, results."""

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.footage import footage_of
from inference.masking import kept_pixels
from inference.prepare import survey_of
from inference.video import WHOLE
from tests.unit.inference import clips

type Mask = NDArray[np.bool_]

NAMES = ("DOE JANE", "SMITH, JOHN A.", "MUELLER ANNA", "NGUYEN VAN AN", "O'BRIEN P")
FONTS = (0, 2, 3, 4)
TISSUE_LEVEL = 20
MOVES_BY = 14  # gray levels: the real clips hold a scanner's still marks at their edges
EDGE = 5  # pixels around the sector in which text counts as lying over it


@dataclass(frozen=True, slots=True)
class Page:
    """Frames of a page, where its tissue is, and where its writing is."""

    frames: clips.Gray
    tissue: Mask
    writing: Mask

    @property
    def outside(self) -> Mask:
        """Writing that lies clear of the sector."""
        disk = np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)
        corners = cv2.convexHull(np.argwhere(self.tissue)[:, ::-1].astype(np.int32))
        near = cv2.fillConvexPoly(np.zeros(self.tissue.shape, np.uint8), corners, (1,))
        return self.writing & (cv2.dilate(near, disk) == 0)


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of 0..1."""

    tissue_kept: float
    text_gone: float


def scanned(hearts: clips.Gray, seed: int, *, width: int = 640, height: int = 480) -> Page:
    """The hearts on a page of writing that differs by its seed."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(height * 0.66, height * 0.8))
    left = int(rng.integers(width * 0.2, width * 0.8 - side + 1)) if side < width * 0.6 else 80
    top = int(rng.integers(40, height - side - 30))
    frames = np.zeros((len(hearts), height, width), np.uint8)
    written = np.zeros_like(frames)
    for number, heart in enumerate(hearts):
        frames[number, top : top + side, left : left + side] = cv2.resize(heart, (side, side))
        _write(written[number], number, np.random.default_rng(seed))
        _trace(written[number], number / len(hearts), seed)
    moves = frames.max(0) - frames.min(0) > MOVES_BY
    tissue = moves & (frames.max(0) > TISSUE_LEVEL)
    return Page(np.maximum(frames, written), tissue, written.max(0) > 60)


def _write(page: clips.Gray, number: int, rng: np.random.Generator) -> None:
    height, width = page.shape
    font, size = int(rng.choice(FONTS)), float(rng.uniform(0.4, 0.65))
    ink = (int(rng.integers(150, 256)),)
    seconds = 20 + number / 30
    lines = (
        (str(rng.choice(NAMES)), 6, 18),
        (f"MRN {rng.integers(100000, 999999)}", 6, 38),
        ("ST MARY HOSPITAL", width - 230, 18),
        ("23/11/2026", width - 110, 38),
        (f"10:42:{seconds:05.2f}", width - 110, 58),
        ("EF 35 %", 6, height // 2),
        ("EDV 142 ml", 6, height // 2 + 20),
        ("HR 72", width - 80, height - 60),
    )
    for words, x, y in lines:
        cv2.putText(page, words, (x, y), font, size, ink, 1, cv2.LINE_AA)
    page[60 : height - 60 : 16, width - 10 : width - 4] = 255


def _trace(page: clips.Gray, done: float, seed: int) -> None:
    """An ECG that is swept from left to right along the foot of the page."""
    height, width = page.shape
    x = np.arange(int(done * width) + 1)
    beat = np.abs((x + 7 * seed) % 120 - 60) < 4
    y = height - 12 - np.where(beat, 14, 0) - np.round(2 * np.sin(x / 9)).astype(int)
    points = np.stack([x, y], axis=1).astype(np.int32)
    cv2.polylines(page, [points], False, (200,), 1)


def scored(page: Page, content: bytes) -> Score:
    """How well the page is masked when it comes in this file."""
    footage = footage_of(io.BytesIO(content))
    survey, _ = survey_of(footage, WHOLE)
    kept = kept_pixels(survey)
    outside = page.outside
    return Score(float(kept[page.tissue].mean()), float((~kept[outside]).mean()))
