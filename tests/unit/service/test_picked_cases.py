"""Cases that a teacher chooses one by one, as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.picked_cases import as_typed, numbers_of


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("3", (3,)),
        ("1-3, 8", (1, 2, 3, 8)),
        ("8;1 – 3 2", (1, 2, 3, 8)),
        (" 12 ", (12,)),
        ("0", None),
        ("13", None),
        ("3-1", None),
        ("1-", None),
        ("-3", None),
        ("one", None),
        ("1.5", None),
        ("1-99999999999", None),
        ("٣", None),
        ("1--3", None),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, numbers: tuple[int, ...] | None) -> None:
    assert numbers_of(typed, 12) == numbers


@given(st.sets(st.integers(1, 60), min_size=1))
def test_what_is_shown_again_reads_the_same(numbers: set[int]) -> None:
    assert numbers_of(as_typed(sorted(numbers)), 60) == tuple(sorted(numbers))


def test_runs_are_drawn_together() -> None:
    assert as_typed((1, 2, 3, 5, 7, 8)) == "1-3, 5, 7-8"
    assert as_typed(()) == ""
