"""Rows become points and ticks for SVG: pure arithmetic, no markup.

Places along the x axis are percent of the plot's width, so that text and marks keep their size on
a phone; places along the y axis are pixels, from the top.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.progress import Agreement, Digits, Look, rolling_errors

TICKS = (0, 25, 50, 75, 100)  # far apart: a scale with fives on it would teach digit preference
HEIGHT = 180.0  # of a plot, in pixels
ERROR_BAND = 10.0  # points: what an estimate should come within
LEAST_REACH = 20.0  # points that an axis of gaps shows at the least


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The part of the 0–100 axis that a range covers."""

    low: float
    high: float


def span(lvef: float, half_width: float | None) -> Span | None:
    """The range of a reading on the axis, or None where it is unknown."""
    if half_width is None:
        return None
    return Span(low=max(0.0, lvef - half_width), high=min(100.0, lvef + half_width))


def trace(shares: Sequence[float], times: Sequence[float]) -> str:
    """A curve as the points of a polyline: percent of the way across, and percent from the top."""
    whole = times[-1] or 1.0
    places = zip(times, shares, strict=True)
    return " ".join(f"{100 * time / whole:.1f},{100 - share:.1f}" for time, share in places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A mark in a plot: percent from the left, pixels from the top, and whether it counts well."""

    x: float
    y: float
    hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A value on an axis, and where it lies (percent on x, pixels on y)."""

    value: float
    place: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight stroke between two marks."""

    x1: float
    y1: float
    x2: float
    y2: float


def spread(count: int, index: int) -> float:
    """Where the index-th of so many marks lies, half a step from either edge."""
    return round(100 * (index + 0.5) / count, 2)


def rounded_up(value: float, step: float = 10.0) -> float:
    """The next multiple of the step that is not below the value."""
    return step * -(-value // step)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorChart:
    """Distances case by case, their rolling mean, and the band to be within."""

    spots: tuple[Spot, ...]
    lines: tuple[Line, ...]
    band_top: float
    ticks: tuple[Tick, ...]
    height: float = HEIGHT


def error_chart(looks: Sequence[Look]) -> ErrorChart:
    """One mark a look, in the order they were made; of at least one look."""
    reach = max(LEAST_REACH, rounded_up(max(abs(look.delta) for look in looks)))

    def down(value: float) -> float:
        return round(HEIGHT * (1 - value / reach), 2)

    places = [spread(len(looks), index) for index in range(len(looks))]
    means = [down(error) for error in rolling_errors(looks)]
    return ErrorChart(
        spots=tuple(
            Spot(x=x, y=down(abs(look.delta)), hit=look.hit)
            for x, look in zip(places, looks, strict=True)
        ),
        lines=strokes(places, means),
        band_top=down(ERROR_BAND),
        ticks=ticks(0.0, reach, down),
    )


def strokes(xs: Sequence[float], ys: Sequence[float]) -> tuple[Line, ...]:
    """The lines that join marks in their order."""
    return tuple(
        Line(x1=x1, y1=y1, x2=x2, y2=y2)
        for (x1, y1), (x2, y2) in pairwise(zip(xs, ys, strict=True))
    )


def ticks(low: float, high: float, place: Callable[[float], float]) -> tuple[Tick, ...]:
    """About four values between two, a multiple of ten apart."""
    step = max(10.0, rounded_up((high - low) / 4))
    values = [low]
    while values[-1] + step <= high:
        values.append(values[-1] + step)
    return tuple(Tick(value=value, place=place(value)) for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementChart:
    """Bland and Altman's plot: gap against the mean of estimate and reference."""

    spots: tuple[Spot, ...]
    bias: float
    low: float
    high: float
    zero: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    height: float = HEIGHT


def agreement_chart(looks: Sequence[Look], found: Agreement) -> AgreementChart:
    """One mark a look, and lines for the bias and the limits of agreement."""
    widest = max(*(abs(look.delta) for look in looks), abs(found.low), abs(found.high))
    reach = max(LEAST_REACH, rounded_up(widest))

    def down(gap: float) -> float:
        return round(HEIGHT * (reach - gap) / (2 * reach), 2)

    return AgreementChart(
        spots=tuple(
            Spot(x=(look.estimate + look.reference) / 2, y=down(look.delta), hit=look.hit)
            for look in looks
        ),
        bias=down(found.bias),
        low=down(found.low),
        high=down(found.high),
        zero=down(0.0),
        x_ticks=tuple(Tick(value=value, place=value) for value in TICKS),
        y_ticks=tuple(Tick(value=gap, place=down(gap)) for gap in (-reach, 0.0, reach)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One column: where it stands, how tall it is, and what it counts."""

    label: str
    x: float
    width: float
    y: float
    height: float
    count: int
    marked: bool


def digit_bars(digits: Digits) -> tuple[Bar, ...]:
    """A column for each last digit; 0 and 5 are the ones to look at."""
    tallest = max(digits.counts)
    return tuple(
        Bar(
            label=str(digit),
            x=10.0 * digit + 1.5,
            width=7.0,
            y=round(HEIGHT * (1 - count / tallest), 2),
            height=round(HEIGHT * count / tallest, 2),
            count=count,
            marked=digit in (0, 5),
        )
        for digit, count in enumerate(digits.counts)
    )
