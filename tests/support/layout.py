"""How a page is laid out, as far as no font decides it: what stands where across, in which colours.

What is kept here was looked at. A page that differs has to be looked at again, and then
`EYEBALL_KEEP_LAYOUTS=1 pytest tests/e2e/test_states.py` keeps it.
"""

import json
import os
from pathlib import Path

from playwright.async_api import Page

KEPT = Path(__file__).parents[1] / "data" / "layouts.json"
KEEP = os.environ.get("EYEBALL_KEEP_LAYOUTS") == "1"
LEEWAY = 6  # px: roundings
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
    const boxes = found.map(one => [one, one.getBoundingClientRect()])
        .map(([one, { left, width }]) => [said(one), Math.round(left), Math.round(width)]);
    return [boxes, [...new Set(found.map(shade))].sort()];
}"""

type Block = tuple[str, int, int]


class Layouts:
    """The layouts that were looked at and kept."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = json.loads(KEPT.read_text()) if KEPT.exists() else {}

    async def differs(self, page: Page, name: str, theme: str) -> list[str]:
        """How a page differs from how it was kept: what stands elsewhere, and strange colours."""
        boxes, shades = await page.evaluate(LAYOUT)
        found = [(what, left, width) for what, left, width in boxes]
        palette = PALETTE.format(theme=theme)
        known = set(self.kept.get(palette, "").split("; "))
        if KEEP:
            self.kept[name] = "; ".join(f"{what} {left}+{width}" for what, left, width in found)
            self.kept[palette] = "; ".join(sorted((known | set(shades)) - {""}))
        wrong = [f"{shade}: no colours of the {theme} theme" for shade in set(shades) - known]
        if not same(before := blocks(self.kept.get(name, "")), found):
            gone = [one for one in before if one not in found]
            wrong += [f"was {gone[:5]}, is {[one for one in found if one not in before][:5]}"]
        return [] if KEEP else wrong

    def keep(self) -> None:
        """Write down what was seen, where that was asked for."""
        if KEEP:
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(f"{json.dumps(self.kept, indent=0, sort_keys=True)}\n")


def blocks(kept: str) -> list[Block]:
    """What was kept of a page."""
    found: list[Block] = []
    for one in filter(None, kept.split("; ")):
        what, _space, place = one.rpartition(" ")
        left, width = place.split("+")
        found.append((what, int(left), int(width)))
    return found


def same(known: list[Block], found: list[Block]) -> bool:
    """Whether two layouts are one to the eye."""
    return [what for what, _, _ in known] == [what for what, _, _ in found] and all(
        abs(left - now_left) <= LEEWAY and abs(width - now_width) <= LEEWAY
        for (_, left, width), (_, now_left, now_width) in zip(known, found, strict=True)
    )
