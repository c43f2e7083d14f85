"""Balanced sets of practice cases: as many of each category as there are to be had. Pure."""

from collections.abc import Sequence
from itertools import zip_longest

from service.scoring import CATEGORIES, category_place


def balanced[Case](library: Sequence[tuple[Case, float]], count: int) -> list[Case]:
    """So many cases of a library, each with its LVEF: evenly over the categories, and within each
    evenly from its lowest to its highest. Always the same ones, in the library's own order, which
    tells nothing of their LVEF.

    A set in proportion to nature would be won by whoever says 55 every time.
    """
    places = range(len(CATEGORIES))
    groups = [
        spread([case for case in library if category_place(case[1]) == place]) for place in places
    ]
    in_turn = [case for turn in zip_longest(*groups) for case in turn if case is not None]
    chosen = in_turn[:count]
    return [case[0] for case in library if case in chosen]


def parallel[Case](library: Sequence[tuple[Case, float]], count: int) -> list[Case]:
    """Two sets of so many cases each, one after the other, as alike as the library lets them be:
    of each two neighbours in LVEF, one goes here and one there, and by turns the lower one. Each is
    in the library's own order."""
    both = balanced([(case, case[1]) for case in library], 2 * count)
    ranked = sorted(both, key=lambda case: case[1])
    first = [case for place, case in enumerate(ranked) if place % 4 in {0, 3}][:count]
    second = [case for case in both if case not in first]
    return [case[0] for part in ([case for case in both if case in first], second) for case in part]


def spread[Case](group: Sequence[tuple[Case, float]]) -> list[tuple[Case, float]]:
    """A category's cases in such an order that the first few of them cover all of it: its middle
    first, then the middles of what lies below and above, and so on."""
    ordered = sorted(group, key=lambda case: case[1])
    gaps, order = [(0, len(ordered) - 1)], list[int]()
    while gaps:
        low, high = gaps.pop(0)
        if low > high:
            continue
        middle = (low + high) // 2
        order.append(middle)
        gaps += [(low, middle - 1), (middle + 1, high)]
    return [ordered[place] for place in order]
