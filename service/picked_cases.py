"""The cases that a teacher chooses one by one, as they are typed: `1-5, 8`. Pure."""

import re
from collections.abc import Sequence
from itertools import pairwise

PART = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


def numbers_of(typed: str, most: int) -> tuple[int, ...] | None:
    """The numbers, from 1 to the library's last, each once and in order; None if these are none."""
    found: set[int] = set()
    ranges = re.sub(r"\s*[-\N{EN DASH}]\s*", "-", typed)
    for part in filter(None, re.split(r"[,;\s]+", ranges)):
        match = PART.fullmatch(part)
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if not 0 < first <= last <= most:
            return None
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def reversed_range(typed: str) -> str | None:
    """The first range that runs backwards, as it was typed."""
    ranges = re.findall(r"\b([0-9]{1,4})\s*[-\N{EN DASH}]\s*([0-9]{1,4})\b", typed)
    return next((f"{first}-{last}" for first, last in ranges if int(first) > int(last)), None)


def as_typed(numbers: Sequence[int]) -> str:
    """The same as it is typed, with runs drawn together."""
    if not numbers:
        return ""
    starts = [numbers[0], *(after for before, after in pairwise(numbers) if after - before > 1)]
    ends = [*(before for before, after in pairwise(numbers) if after - before > 1), numbers[-1]]
    return ", ".join(
        str(first) if first == last else f"{first}-{last}"
        for first, last in zip(starts, ends, strict=True)
    )
