"""Balanced sets: as many of each category as there are to be had."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from service.case_sets import balanced
from service.scoring import category

LIBRARIES = st.lists(st.integers(5, 80).map(float), min_size=1, max_size=30).map(
    lambda lvefs: [(f"case {place}", lvef) for place, lvef in enumerate(lvefs)]
)


@settings(max_examples=60)
@given(library=LIBRARIES, count=st.integers(1, 35))
def test_a_set_has_as_many_cases_as_wanted_and_no_category_much_more_than_it_could(
    library: list[tuple[str, float]], count: int
) -> None:
    chosen = balanced(library, count)
    assert len(chosen) == len(set(chosen)) == min(count, len(library))
    assert chosen == [case for case, _ in library if case in chosen], "in the library's order"
    known = dict(library)
    took = Counter(category(known[case]) for case in chosen)
    there = Counter(category(lvef) for _, lvef in library)
    most = max(took.values())
    assert all(took[name] >= min(there[name], most - 1) for name in there)
    assert chosen == balanced(library, count), "always the same ones"


def test_a_small_set_reaches_over_a_whole_category() -> None:
    library = [(lvef, float(lvef)) for lvef in range(50, 80)]
    chosen = balanced(library, 3)
    assert chosen == [56, 64, 72]
