"""Every chart of the progress page as it is drawn: each mark lies where its value belongs by the
axis beside it, and the table twin says every value that is drawn."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from service.numbers import MINUS
from service.pages.patterns import draw_mastery, draw_patterns
from service.progress import Look
from tests.support.histories import PROGRESS
from tests.support.rendering import environment
from tests.support.samples import (
    LAUNCH,
)

# Estimate, reference, band; gaps and means beside them, worked out by hand.
CASES = [
    (42, 51.0, 5),  # -9, 46.5
    (60, 55.0, 5),  # +5, 57.5
    (35, 22.0, 10),  # +13, 28.5
    (65, 60.4, 10),  # +4.6, 62.7
    (50, 48.0, 5),  # +2, 49
    (30, 33.0, None),  # -3, 31.5
    (71, 50.0, 20),  # +21, 60.5
    (55, 55.0, 5),  # 0, 55
    (48, 47.5, 10),  # +0.5, 47.75
    (38, 44.0, 15),  # -6, 41
    (25, 20.0, 5),  # +5, 22.5
]
GAPS = [-9, 5, 13, 4.6, 2, -3, 21, 0, 0.5, -6, 5]
MEANS = [46.5, 57.5, 28.5, 62.7, 49, 31.5, 60.5, 55, 47.75, 41, 22.5]
# 9; 14/2; 27/3; 31.6/4; 33.6/5; 36.6/6; 57.6/7; 57.6/8; 58.1/9; 64.1/10; 60.1/10
ROLLING = [9, 7, 9, 7.9, 6.72, 6.1, 8.2286, 7.2, 6.4556, 6.41, 6.01]
BIAS, SPREAD = 3.0091, 16.5363  # 33.1 / 11, and 1.96 times the root of 711.809 / 10
HEIGHT = 0.02  # points: what is lost where places are rounded to a hundredth of a pixel
SVG = re.compile(r'<svg [^>]*aria-labelledby="(\w+)-title.*?</svg>\s*</div>', re.DOTALL)


@cache
def shown() -> str:
    """The page of a learner with these looks."""
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    looks = [
        Look(
            case=str(n),
            estimate=estimate,
            reference=reference,
            at=start + timedelta(n),
            half_width=band,
        )
        for n, (estimate, reference, band) in enumerate(CASES)
    ]
    patterns, mastery = draw_patterns(looks), draw_mastery(looks)
    template = environment().get_template("pages/progress.html.jinja")
    drawn = replace(PROGRESS, patterns=patterns, mastery=mastery)
    return template.render(launch=LAUNCH, progress=drawn)


type Marks = list[dict[str, str]]


@dataclass(frozen=True)
class Drawing:
    """One chart's marks, and the axis up its side: its values and where they stand."""

    source: str
    axis: dict[float, float]

    def each(self, tag: str, kind: str) -> Marks:
        """The marks of one kind."""
        return [one for one in tags(self.source, tag) if one.get("class") == kind]

    def value(self, pixels: str) -> float:
        """What stands at this height."""
        (low, low_at), *_between, (high, high_at) = self.axis.items()
        return low + (high - low) * (float(pixels) - low_at) / (high_at - low_at)


def tags(source: str, tag: str) -> Marks:
    """The attributes of each such tag."""
    found = re.findall(rf"<{tag}\b([^>]*)>", source)
    return [dict(re.findall(r'([\w-]+)="([^"]*)"', attributes)) for attributes in found]


def drawing(name: str) -> Drawing:
    """The chart by this name, read back from the page."""
    source = next(one[0] for one in SVG.finditer(shown()) if one[1] == name)
    ticks = re.findall(r'class="grid"[^>]*y1="([\d.]+)"[^>]*>\s*<text[^>]*>([^<]+)<', source)
    return Drawing(source, {float(said.replace(MINUS, "-")): float(at) for at, said in ticks})


def table(label: str) -> list[list[str]]:
    """A table twin's rows, without its heads."""
    body = shown().partition(f'aria-label="{label}"')[2].partition("</table>")[0]
    rows = body.partition("<tbody>")[2].split("<tr>")[1:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return [[re.sub(r"<[^>]*>", "", cell) for cell in row] for row in cells]


def numbers(cells: list[str]) -> list[float]:
    """What cells say."""
    return [float(cell.strip("±% ").replace(MINUS, "-").replace("+", "")) for cell in cells]


def percent(place: str) -> float:
    """A place along the axis across."""
    return float(place.removesuffix("%"))


def test_each_error_stands_at_its_height_and_its_turn() -> None:
    chart = drawing("errors")
    hits = [(percent(one["cx"]), chart.value(one["cy"])) for one in chart.each("circle", "hit")]
    crossed = re.findall(r'<svg x="([\d.]+%)" y="([\d.]+)"[^>]*><path class="miss"', chart.source)
    misses = [(percent(x), chart.value(y)) for x, y in crossed]
    across = [100 * (n + 0.5) / 11 for n in range(11)]
    wanted = list(zip(across, [abs(gap) for gap in GAPS], strict=True))
    assert sorted(hits + misses) == [pytest.approx(one, abs=HEIGHT) for one in wanted]
    assert [error for _, error in sorted(misses)] == pytest.approx([13, 21], abs=HEIGHT)
    lines = chart.each("line", "trend")
    heights = [chart.value(lines[0]["y1"]), *(chart.value(one["y2"]) for one in lines)]
    assert heights == pytest.approx(ROLLING, abs=HEIGHT)
    [band] = chart.each("rect", "band")
    assert chart.value(band["y"]) == pytest.approx(10, abs=HEIGHT)
    assert float(band["y"]) + float(band["height"]) == pytest.approx(chart.axis[0])


def test_each_gap_stands_above_its_mean_and_the_limits_where_they_are() -> None:
    chart = drawing("agreement")
    spots = [(percent(one["cx"]), chart.value(one["cy"])) for one in chart.each("circle", "hit")]
    wanted = zip(MEANS, GAPS, strict=True)
    assert spots == [pytest.approx(one, abs=2 * HEIGHT) for one in wanted]
    [bias] = chart.each("line", "trend")
    assert chart.value(bias["y1"]) == pytest.approx(BIAS, abs=2 * HEIGHT)
    limits = [chart.value(one["y1"]) for one in chart.each("line", "limit")]
    assert limits == pytest.approx([BIAS - SPREAD, BIAS + SPREAD], abs=2 * HEIGHT)


def test_each_column_is_as_tall_as_its_count() -> None:
    counts = [3, 1, 1, 0, 0, 4, 0, 0, 2, 0]
    chart = drawing("digits")
    columns = tags(chart.source, "rect")
    heights = [float(one["height"]) for one in columns]
    assert heights == pytest.approx([180 * count / 4 for count in counts])
    [axis] = chart.each("line", "axis")
    feet = [float(one["y"]) + float(one["height"]) for one in columns]
    assert feet == pytest.approx([float(axis["y1"])] * 10)
    assert table("Table of last digits") == [[str(n), str(count)] for n, count in enumerate(counts)]


def test_the_tables_beside_errors_and_agreement_hold_every_mark_and_line() -> None:
    rows = table("Table of errors")
    assert [numbers(row[1:3]) for row in rows] == [list(one[:2]) for one in CASES]
    assert numbers([row[3] for row in rows]) == GAPS
    assert numbers([row[4] for row in rows]) == pytest.approx(ROLLING, abs=0.05)
    rows = table("Table of agreement")
    assert [numbers(row) for row in rows[:11]] == [
        [n, mean, gap] for n, (mean, gap) in enumerate(zip(MEANS, GAPS, strict=True), start=1)
    ]
    assert rows[11:] == [
        ["Bias, points", "+3.0"],
        ["Lower limit of agreement", "−13.5"],
        ["Upper limit of agreement", "+19.5"],
    ]


def test_the_bars_of_bands_and_of_mastery_have_tables_of_their_own() -> None:
    # ±5: off by 9, 5, 2, 0, 5; ±10: by 13, 4.6, 0.5; ±15: by 6; ±20: by 21.
    assert table("Table of how sure you were") == [
        ["±5", "5", "4", "80 %", "80 %"],
        ["±10", "3", "2", "67 %", "80 %"],
        ["±15", "1", "1", "100 %", "80 %"],
        ["±20", "1", "0", "0 %", "80 %"],
    ]
    # Nine hits of 26 are 35 %, eleven looks of 40 are 28 %.
    assert table("Table of mastery") == [
        ["First looks", "11", "40"],
        ["Of the last 30, within ±10", "9", "26"],
        ["Mean gap of the last 30, points", "+3.0", "±5"],
        ["Length of the bar", "28 %", "100 %"],
    ]
    drawn = [int(one) for one in re.findall(r'class="done" width="(\d+)%"', shown())]
    assert drawn == [28, 80, 67, 100, 0]
    aims = re.findall(r'class="aim" x1="(\d+)%" x2="(\d+)%"', shown())
    assert aims == [("80", "80")] * 4


def test_the_table_of_categories_counts_each_case_once() -> None:
    body = shown().partition('class="matrix"')[2].partition("</table>")[0].partition("<tbody>")[2]
    rows = [[int(one) for one in re.findall(r">(\d+)</td>", row)] for row in body.split("</tr>")]
    # References: 51 (said 42), 55, 60.4, 50, 55; 48 (50), 47.5, 44 (38); 22, 33, 20.
    assert rows[:-1] == [[4, 1, 0], [1, 1, 1], [0, 0, 3]]
