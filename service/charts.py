"""Rows become points and ticks for SVG: pure arithmetic, no markup."""

from dataclasses import dataclass

TICKS = (0, 25, 50, 75, 100)  # far apart: a scale with fives on it would teach digit preference


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
