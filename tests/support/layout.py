"""How a page is laid out, as far as no font decides it: what stands where across, what above what,
about how high, in which colours.

What is kept here was looked at. A page that differs has to be looked at again, and then
`EYEBALL_KEEP_LOOKS=1 pytest tests/e2e/test_states.py` keeps its layout, and its small picture (see
`tests.support.pictures`: what a layout knows nothing of, such as what is drawn in a block, or over
it). Layouts hold in any letters, and say in words what has moved.
"""

import json
import os
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, override

from playwright.async_api import Page

DATA = Path(__file__).parents[1] / "data"
KEPT = DATA / "layouts.json"
KEEP = os.environ.get("EYEBALL_KEEP_LOOKS") == "1"
LEEWAY = 6  # px: roundings
LINES = 64  # px: two lines of text more or fewer
TALLER = 1.5
PALETTE = "colours of the {theme} theme"
# What fills a place of its own, so that its edges do not hang on its words.
LAYOUT = """() => {
    const blocks = "body > header, body > footer, main, h1, .intro, .columns > *, .card, .alert,"
        + " .stage, .stage video, .stage .row, .bar, form.fields, .pair > .field, .cases,"
        + " .charts > *, .plot, dl.facts, .caution, .scroll, .worked";
    const named = name => name.startsWith("htmx-") ? "" : `.${name}`;
    const said = one => one.tagName.toLowerCase() + [...one.classList].map(named).join("");
    const shade = one => {
        const { color, backgroundColor } = getComputedStyle(one);
        return `${color} on ${backgroundColor}`;
    };
    const found = [...document.querySelectorAll(blocks)]
        .filter(one => one.getClientRects().length && !one.closest(".unseen, details:not([open])"));
    const boxes = found.map(one => [one, one.getBoundingClientRect()]);
    // Above counts within one column: how columns stand to each other is for fonts to say, and what
    // sticks stands where the window ends.
    const flows = ([one]) => getComputedStyle(one).position !== "sticky";
    const over = ([, a]) => ([, b]) =>
        a.bottom <= b.top + 1 && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1;
    const above = box => flows(box) ? boxes.filter(flows).filter(one => over(one)(box)).length : 0;
    const laid = boxes.map(box => {
        const { left, width, height } = box[1];
        return [said(box[0]), ...[left, width, above(box), height].map(Math.round)];
    });
    return [laid, [...new Set(found.map(shade))].sort()];
}"""


class Block(NamedTuple):
    """One block of a page; above: how many others end where it begins or higher, in its column."""

    what: str
    left: int
    width: int
    above: int
    height: int

    @override
    def __str__(self) -> str:
        return f"{self.what} {self.left}+{self.width} {self.above}^{self.height}"


class Layouts:
    """The layouts that were looked at and kept."""

    def __init__(self, *, keep: bool = KEEP) -> None:
        self.keeps = keep
        self.kept: dict[str, str] = json.loads(KEPT.read_text()) if KEPT.exists() else {}

    async def differs(self, page: Page, name: str, theme: str) -> list[str]:
        """How a page differs from how it was kept: what stands elsewhere, and strange colours."""
        boxes, shades = await page.evaluate(LAYOUT)
        found = [Block(*box) for box in boxes]
        palette = PALETTE.format(theme=theme)
        known = set(self.kept.get(palette, "").split("; "))
        if self.keeps:
            self.kept[name] = "; ".join(map(str, found))
            self.kept[palette] = "; ".join(sorted((known | set(shades)) - {""}))
        wrong = [f"{shade}: no colours of the {theme} theme" for shade in set(shades) - known]
        if not same(before := blocks(self.kept.get(name, "")), found):
            pairs = zip_longest(before, found)
            odd = [f"was {a}, is {b}" for a, b in pairs if not (a and b and alike(a, b))]
            wrong += [*odd[:4], *([f"and {len(odd) - 4} more"] if len(odd) > 4 else [])]
        return [] if self.keeps else wrong

    def keep(self) -> None:
        """Write down what was seen, where that was asked for."""
        if self.keeps:
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(f"{json.dumps(self.kept, indent=0, sort_keys=True)}\n")


def blocks(kept: str) -> list[Block]:
    """What was kept of a page."""
    found: list[Block] = []
    for one in filter(None, kept.split("; ")):
        what, across, down = one.rsplit(" ", 2)
        left, width = map(int, across.split("+"))
        above, height = map(int, down.split("^"))
        found.append(Block(what, left, width, above, height))
    return found


def same(known: list[Block], found: list[Block]) -> bool:
    """Whether two layouts are one to the eye."""
    return len(known) == len(found) and all(map(alike, known, found))


def alike(known: Block, found: Block) -> bool:
    """Whether a block is where it was: heights hang on fonts, so that only a leap is one."""
    low, high = sorted((known.height, found.height))
    return (
        (known.what, known.above) == (found.what, found.above)
        and abs(known.left - found.left) <= LEEWAY
        and abs(known.width - found.width) <= LEEWAY
        and (high - low <= LINES or high <= TALLER * low)
    )
