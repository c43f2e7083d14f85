"""Where marks, lines and bars lie, against places worked out by hand."""

from datetime import UTC, datetime

import pytest

from service.charts import (
    Line,
    Span,
    agreement_chart,
    digit_bars,
    error_chart,
    span,
    trace,
)
from service.progress import Agreement, Look, last_digits


def looks(*pairs: tuple[int, float]) -> list[Look]:
    """Looks with these estimates and references."""
    return [
        Look(
            case=str(index),
            estimate=pair[0],
            reference=pair[1],
            at=datetime(2026, 3, 2, tzinfo=UTC),
        )
        for index, pair in enumerate(pairs)
    ]


def test_a_range_lies_around_the_reading_and_on_the_scale() -> None:
    assert span(50.0, 8.0) == Span(low=42.0, high=58.0)
    assert span(4.0, 8.0) == Span(low=0.0, high=12.0)
    assert span(97.0, 8.0) == Span(low=89.0, high=100.0)


def test_an_unknown_range_is_not_drawn() -> None:
    assert span(50.0, None) is None


def test_errors_are_spread_over_the_width_and_measured_from_the_bottom() -> None:
    chart = error_chart(looks((50, 50.0), (50, 60.0), (50, 70.0), (52, 50.0)))
    assert [spot.x for spot in chart.spots] == [12.5, 37.5, 62.5, 87.5]
    # 20 points fill 180 pixels: 0 lies at the bottom, 10 in the middle, 20 at the top.
    assert [spot.y for spot in chart.spots] == [180.0, 90.0, 0.0, 162.0]
    assert [spot.hit for spot in chart.spots] == [True, True, False, True]
    assert chart.band_top == 90.0


def test_the_curve_joins_the_rolling_means() -> None:
    chart = error_chart(looks((50, 50.0), (50, 60.0), (50, 70.0)))
    # Means of 0, of 0 and 10, of 0, 10 and 20: 0, 5, 10 points.
    first, second = chart.lines
    assert first == Line(x1=16.67, y1=180.0, x2=50.0, y2=135.0)
    assert (second.x2, second.y2) == (83.33, 90.0)


def test_one_look_is_a_mark_without_a_line() -> None:
    chart = error_chart(looks((50, 53.0)))
    assert len(chart.spots) == 1
    assert chart.lines == ()


def test_the_axis_grows_with_the_largest_error() -> None:
    chart = error_chart(looks((90, 45.0)))
    assert chart.spots[0].y == pytest.approx(18.0)  # 45 of 50 points
    assert [(tick.value, tick.place) for tick in chart.ticks] == [
        (0.0, 180.0),
        (20.0, 108.0),
        (40.0, 36.0),
    ]


def test_agreement_has_the_mean_across_and_the_gap_upwards() -> None:
    found = Agreement(bias=5.0, low=-10.0, high=20.0)
    chart = agreement_chart(looks((60, 40.0), (30, 40.0)), found)
    assert [(spot.x, spot.y) for spot in chart.spots] == [(50.0, 0.0), (35.0, 135.0)]
    assert (chart.bias, chart.low, chart.high, chart.zero) == (67.5, 135.0, 0.0, 90.0)


def test_the_limits_are_on_the_chart_even_where_no_mark_reaches() -> None:
    chart = agreement_chart(looks((50, 50.0)), Agreement(bias=0.0, low=-36.0, high=36.0))
    assert chart.high == 9.0  # 36 of 40 points above the middle
    assert [tick.value for tick in chart.y_ticks] == [-40.0, 0.0, 40.0]


def test_digit_columns_are_as_tall_as_the_most_frequent_allows() -> None:
    bars = digit_bars(last_digits(looks((45, 50.0), (55, 50.0), (60, 50.0), (61, 50.0))))
    assert [bar.count for bar in bars] == [1, 1, 0, 0, 0, 2, 0, 0, 0, 0]
    assert (bars[5].y, bars[5].height) == (0.0, 180.0)
    assert (bars[0].y, bars[0].height) == (90.0, 90.0)
    assert [bar.label for bar in bars if bar.marked] == ["0", "5"]


def test_a_curve_runs_from_the_first_moment_to_the_last_with_the_largest_at_the_top() -> None:
    assert trace((100.0, 40.0, 75.0), (0.0, 0.5, 2.0)) == "0.0,0.0 25.0,60.0 100.0,25.0"
