"""How many cases a kind of activity takes, and what fewer come to."""

import random
from statistics import fmean, stdev

import msgspec
import pytest

from service.library_sizes import (
    READERS_STRAY,
    known_to,
    part_words,
    shortage,
    usual_in_a_part,
)
from service.models import Kind
from service.setups import Limits, Setup, read, typed_as, usual
from service.worked import preview

SECOND = "2027-03-31T12:00"


@pytest.mark.parametrize("cases", [6, 10, 20])
def test_a_mean_error_is_known_as_well_as_drawing_many_sets_shows(cases: int) -> None:
    chance = random.Random(7)
    means = [fmean(abs(chance.gauss(0, READERS_STRAY)) for _ in range(cases)) for _ in range(4000)]
    assert known_to(cases) == pytest.approx(stdev(means), rel=0.06)


def test_twenty_cases_know_it_to_about_one_point_and_ten_to_one_and_a_half() -> None:
    assert (round(known_to(20), 1), round(known_to(10), 1)) == (1.1, 1.5)


@pytest.mark.parametrize(("library", "part"), [(0, 0), (12, 6), (39, 19), (40, 20), (60, 20)])
def test_a_part_has_twenty_cases_or_what_the_library_gives(library: int, part: int) -> None:
    assert usual_in_a_part(library) == part


def test_a_form_that_names_no_number_takes_the_usual_one() -> None:
    typed = typed_as(usual(Kind.PRACTICE, "Week 3", library=48))
    typed |= {"kind": "pre_post", "second_opens": SECOND}
    limits = Limits(points=None, graded=True, cases=48)
    found = read(typed, limits).setup
    assert found is not None
    assert found.cases == 20
    assert typed_as(found)["in_a_part"] == "20"
    assert "known to" not in preview(found, limits)


def test_few_cases_in_a_part_are_taken_with_a_plain_warning() -> None:
    typed = typed_as(usual(Kind.PRACTICE, "Week 3", library=12))
    typed |= {"kind": "pre_post", "second_opens": SECOND}
    limits = Limits(points=None, graded=True, cases=12)
    found = read(typed, limits).setup
    assert found is not None
    assert found.cases == 6
    assert preview(found, limits).endswith(
        "With so few cases in each part (6), a mean error is known to about ±2 points; "
        "with 20, to ±1.1."
    )
    assert part_words(20) is None


def test_a_library_that_is_too_small_says_how_it_grows() -> None:
    assert shortage(Kind.MASTERY, 12) == (
        "It needs a library of at least 40 cases; here are 12. "
        "Whoever runs this tool gets more by starting it with EYEBALL_PRACTICE_CASES=48."
    )
    assert shortage(Kind.PRE_POST, 12) == (
        "Good sets take a library of 40 cases; here are 12. "
        "Whoever runs this tool gets more by starting it with EYEBALL_PRACTICE_CASES=48."
    )
    assert shortage(Kind.PRE_POST, 48) is None
    assert shortage(Kind.MASTERY, 48) is None
    assert shortage(Kind.PRACTICE, 1) is None


@pytest.mark.parametrize(
    ("kind", "cases", "taken", "shared"),
    [
        ("pre_post", 6, 12, "12"),  # every case of the library
        ("pre_post", 3, 8, "2"),
        ("pre_post", 2, 8, None),
        ("exam", 5, 8, "1"),
        ("exam", 4, 8, None),
        ("practice", 12, 12, None),  # what does not measure may share
    ],
)
def test_a_teacher_is_told_beforehand_what_will_be_shared(
    kind: str, cases: int, taken: int, shared: str | None
) -> None:
    limits = Limits(points=None, graded=True, cases=12, taken=taken)
    wanted = Setup(kind=Kind(kind), title="T", points=100, rule="linear 5/20", cases=cases)
    said = preview(wanted, limits)
    assert ("part of other activities" in said) == (shared is not None)
    assert shared is None or f"of this course as well: {shared}." in said
    chosen = msgspec.structs.replace(wanted, picked=tuple(range(1, cases + 1)))
    assert "part of other activities" not in preview(chosen, limits)
