"""Balanced sets: as many of each category as there are to be had."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from service.case_sets import balanced, parallel
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


@settings(max_examples=60)
@given(library=LIBRARIES, data=st.data())
def test_two_parallel_sets_share_nothing_and_are_as_alike_as_neighbours(
    library: list[tuple[str, float]], data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, max(1, len(library) // 2)))
    chosen = parallel(library, count)
    if len(library) < 2:
        return
    first, second = chosen[:count], chosen[count:]
    assert len(first) == len(second) == count
    assert not set(first) & set(second)
    for part in (first, second):
        assert part == [case for case, _ in library if case in part], "in the library's order"
    known = dict(library)
    pairs = zip(*(sorted(known[case] for case in part) for part in (first, second)), strict=True)
    ranked = sorted(known[case] for case in chosen)
    widest = max(high - low for low, high in zip(ranked[::2], ranked[1::2], strict=True))
    assert all(abs(one - other) <= widest for one, other in pairs)


def test_of_a_whole_range_two_parallel_sets_have_nearly_one_mean() -> None:
    library = [(lvef, lvef / 2) for lvef in range(30, 150)]
    chosen = parallel(library, 20)
    first, second = (sum(part) / 40 for part in (chosen[:20], chosen[20:]))
    assert abs(first - second) < 0.5
