"""The range on the dial's axis."""

from service.charts import Span, span


def test_a_range_lies_around_the_reading_and_on_the_scale() -> None:
    assert span(50.0, 8.0) == Span(low=42.0, high=58.0)
    assert span(4.0, 8.0) == Span(low=0.0, high=12.0)
    assert span(97.0, 8.0) == Span(low=89.0, high=100.0)


def test_an_unknown_range_is_not_drawn() -> None:
    assert span(50.0, None) is None
