"""How a page looks, as a small picture: what has moved, is missing, has another colour or lies over
something else is seen, whichever Chromium drew the letters.

A picture is an eighth as wide as the page, so that a letter is no more than a shade; videos are
flat, since their codec's version is in each pixel. They are compared where letters are as wide as
those of Liberation Sans: in others lines break elsewhere, and only layouts can be compared.
`tests.support.layout` says how to keep them anew.
"""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page

from tests.support.browser import SCREENSHOTS
from tests.support.layout import DATA, KEEP

type Picture = NDArray[np.uint8]  # (height, width, 3)

KEPT = DATA / "pictures"
DIFFERENCES = SCREENSHOTS / "differences"
SMALLER = 8  # times
STEP = 8  # between two shades that are kept: PNG packs fewer of them better
NEAR = 1  # small pixels: what moves by less is the same to the eye
# How far apart two small pixels may be, of 255 in any colour. Pages drawn at twice the size and
# halved, whose letters and thin lines are others to the pixel, stay below all three.
LOUD = 44  # anywhere, from all that is near
FAINT = 18  # all over a square of 16 px, in which no line lies, from all that is near
PALE = 10  # all over a square of 24 px, from what was right there
LEAST = 2  # small pixels side by side
LETTERS = "Liberation Sans, Arimo, Arial"
WORDS_ARE = 935.6  # px: how wide the words below are in them
# Set by script, since no style of a page's own may be inline.
FLATTEN = """letters => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`:root { --font: ${letters}, sans-serif; }
        video { object-position: -9999px; background: #555 !important; }
        video::-webkit-media-controls { display: none !important; }`);
    document.adoptedStyleSheets = [sheet];
    const drawn = document.createElement("canvas").getContext("2d");
    drawn.font = `100px ${letters}, monospace`;
    return drawn.measureText("Watch, then estimate").width;
}"""


@dataclass
class Pictures:
    """The pictures that were looked at and kept."""

    keeps: bool = KEEP
    shows_in: Path = DIFFERENCES
    seen: set[str] = field(default_factory=set[str])
    strange_letters: bool = False

    async def differs(self, page: Page, name: str) -> list[str]:
        """Where a page looks otherwise than it was kept; its pictures are put side by side."""
        width = await page.evaluate(FLATTEN, LETTERS)
        if abs(width - WORDS_ARE) > 2:
            self.strange_letters = True
            return []
        shot = await page.screenshot(full_page=True, animations="disabled")
        whole = np.asarray(cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        found, path = small(whole), KEPT / f"{name}.png"
        kept = np.asarray(cv2.imread(str(path)), np.uint8) if path.exists() else None
        self.seen.add(path.name)
        wrong = ["no picture of it is kept"] if kept is None else unlike(kept, found)
        if wrong and self.keeps:
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), found, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        if not wrong or self.keeps:
            return []
        self.shows_in.mkdir(parents=True, exist_ok=True)
        shown = self.shows_in / path.name
        cv2.imwrite(str(shown), side_by_side(kept, whole, found))
        return [f"{one} (kept, as it is, where they differ: {shown})" for one in wrong]


def small(whole: Picture) -> Picture:
    """A page as it is kept."""
    height, width = whole.shape[:2]
    size = round(width / SMALLER), round(height / SMALLER)
    shades = np.round(cv2.resize(whole, size, interpolation=cv2.INTER_AREA) / STEP) * STEP
    return np.minimum(shades, 255).astype(np.uint8)


def unlike(kept: Picture, found: Picture) -> list[str]:
    """How two small pictures differ, in words and the page's pixels."""
    if kept.shape[1] != found.shape[1]:
        return [f"{SMALLER * found.shape[1]} px wide, was {SMALLER * kept.shape[1]}"]
    wrong = []
    if abs(len(kept) - len(found)) > NEAR:
        wrong.append(f"about {SMALLER * len(found)} px high, was {SMALLER * len(kept)}")
    _, _, places, _ = cv2.connectedComponentsWithStats(difference(kept, found), connectivity=8)
    for left, top, width, height, count in sorted(places[1:].tolist(), key=lambda one: -one[4])[:3]:
        if count >= LEAST:
            at = f"{SMALLER * left}, {SMALLER * top}"
            wrong.append(f"{SMALLER * width}x{SMALLER * height} px at {at} look otherwise")
    return wrong


def difference(kept: Picture, found: Picture) -> NDArray[np.uint8]:
    """Small pixels of either picture that have nothing like them about their place in the other.

    returns: (height of the lower one, width), 1 where it is so.
    """
    height = min(len(kept), len(found))
    one, other = (picture[:height].astype(np.int16) for picture in (kept, found))
    apart = np.maximum(nearest(one, other), nearest(other, one))
    there = np.abs(one - other).max(axis=2)
    return (apart > LOUD).astype(np.uint8) | squares(apart > FAINT, 2) | squares(there > PALE, 3)


def squares(mask: NDArray[np.bool_], side: int) -> NDArray[np.uint8]:
    """What of this is as wide and as high as that."""
    square = np.ones((side, side), np.uint8)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, square).astype(np.uint8)


def nearest(one: NDArray[np.int16], other: NDArray[np.int16]) -> NDArray[np.int16]:
    """How far each pixel is from the most alike about its place in the other picture."""
    height, width = one.shape[:2]
    around = np.pad(other, ((NEAR, NEAR), (NEAR, NEAR), (0, 0)), mode="edge")
    steps = range(2 * NEAR + 1)
    shifted = (around[y : y + height, x : x + width] for y in steps for x in steps)
    return np.min([np.abs(one - there).max(axis=2) for there in shifted], axis=0)


def side_by_side(kept: Picture | None, whole: Picture, found: Picture) -> Picture:
    """What was kept, what is, and what is with the differences in red."""
    size = (whole.shape[1], SMALLER * len(found))
    known = found * 0 if kept is None else kept
    before = cv2.resize(known, None, fx=SMALLER, fy=SMALLER, interpolation=cv2.INTER_NEAREST)
    marked = cv2.resize(found, size, interpolation=cv2.INTER_NEAREST) // 2
    mask = cv2.resize(difference(known, found), (size[0], SMALLER * min(len(known), len(found))))
    marked[: len(mask)][mask > 0] = (0, 0, 255)
    tallest = max(len(before), len(whole), len(marked))
    framed = [
        cv2.copyMakeBorder(one, 0, tallest - len(one), 0, SMALLER, cv2.BORDER_CONSTANT)
        for one in (before, whole, marked)
    ]
    return np.hstack(framed).astype(np.uint8)
