"""What a learner's looks come to over time: bias, agreement, calibration, mastery. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, stdev

from service.scoring import CATEGORIES, HALF_WIDTHS, category_place, delta

HIT_WITHIN = 10.0  # points; what a look must come within to count as a hit
ROLLING = 10  # looks in one point of the error curve
ALWAYS = 55  # what a reader says who has not looked: near the mean of unselected patients

# Simulated: a reader who misses 35 % of the time passes within 100 cases 8 times in 100, one who
# misses 15 %, 98 times. (17 of 20 would let 42 to 49 in 100 of the former pass.)
MASTERY_LOOKS = 40
MASTERY_WINDOW = 30
MASTERY_HITS = 26
MASTERY_BIAS = 5.0

LEAST_FOR_CHARTS = 5
LEAST_FOR_AGREEMENT = 10
LEAST_FOR_DIGITS = 20
ROUND_DIGITS_FLAGGED = 0.6  # share of estimates that end in 0 or 5; chance gives 0.2

# Skills fade: a case comes back after these pauses, each counted from the look before.
REFRESH_AFTER = tuple(timedelta(days=days) for days in (2, 7, 21, 60))
MISS_RETURNS_AFTER = 10  # other cases, where an estimate missed by more than HIT_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One settled estimate of one case."""

    case: str
    estimate: int
    reference: float
    at: datetime
    half_width: int | None = None
    first: bool = True

    @property
    def delta(self) -> float:
        """Estimate minus reference, in points."""
        return delta(self.estimate, self.reference)

    @property
    def hit(self) -> bool:
        """Whether the estimate came within 10 points."""
        return abs(self.delta) <= HIT_WITHIN


def mean_error(looks: Sequence[Look]) -> float:
    """The mean distance, in points."""
    return fmean(abs(look.delta) for look in looks)


def bias(looks: Sequence[Look]) -> float:
    """The mean signed gap, in points; above 0, the learner reads high."""
    return fmean(look.delta for look in looks)


def rolling_errors(looks: Sequence[Look]) -> list[float]:
    """The mean distance of the last ten looks, after each one from the first on."""
    return [mean_error(looks[max(0, end - ROLLING) : end]) for end in range(1, len(looks) + 1)]


def skill(looks: Sequence[Look]) -> float | None:
    """How much better than always saying 55: 1 is perfect, 0 no better; None if that is perfect."""
    guessing = fmean(abs(delta(ALWAYS, look.reference)) for look in looks)
    return None if guessing == 0 else 1 - mean_error(looks) / guessing


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Bland and Altman's limits of agreement, in points."""

    bias: float
    low: float
    high: float


def agreement(looks: Sequence[Look]) -> Agreement | None:
    """Bias ± 1.96 SD of the gaps (n - 1); None for fewer than ten looks."""
    if len(looks) < LEAST_FOR_AGREEMENT:
        return None
    gaps = [look.delta for look in looks]
    middle, reach = fmean(gaps), 1.96 * stdev(gaps)
    return Agreement(bias=middle, low=middle - reach, high=middle + reach)


def category_grid(looks: Sequence[Look]) -> list[list[int]]:
    """How many looks, by the reference's category (rows) and the estimate's (columns)."""
    grid = [[0] * len(CATEGORIES) for _ in CATEGORIES]
    for look in looks:
        grid[category_place(round(look.reference, 1))][category_place(look.estimate)] += 1
    return grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """How often estimates end in each digit, and whether 0 and 5 are preferred."""

    counts: tuple[int, ...]
    round_share: float
    flagged: bool


def last_digits(looks: Sequence[Look]) -> Digits:
    """Of at least one look; flagged from twenty looks on."""
    counts = [0] * 10
    for look in looks:
        counts[look.estimate % 10] += 1
    share = (counts[0] + counts[5]) / len(looks)
    flagged = len(looks) >= LEAST_FOR_DIGITS and share >= ROUND_DIGITS_FLAGGED
    return Digits(counts=tuple(counts), round_share=share, flagged=flagged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How often the truth lay within one half-width; the aim is 8 times in 10."""

    half_width: int
    looks: int
    held: int


def calibration(looks: Sequence[Look]) -> list[Held]:
    """For each half-width that was used."""
    by_width = {width: [k for k in looks if k.half_width == width] for width in HALF_WIDTHS}
    return [
        Held(
            half_width=width,
            looks=len(chosen),
            held=sum(abs(look.delta) <= width for look in chosen),
        )
        for width, chosen in by_width.items()
        if chosen
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastery:
    """How far a learner is on the way, and what is still missing."""

    looks: int
    hits: int
    window: int
    bias: float
    reached: bool

    @property
    def share(self) -> float:
        """0 to 1: the smaller of both parts, so that a full bar means reached but for the bias."""
        return min(1.0, self.looks / MASTERY_LOOKS, self.hits / MASTERY_HITS)


def mastery(looks: Sequence[Look]) -> Mastery:
    """By the first looks alone, in the order they were made; once reached, it stays reached."""
    firsts = [look for look in looks if look.first]
    reached = any(masters(firsts[:end]) for end in range(MASTERY_LOOKS, len(firsts) + 1))
    recent = firsts[-MASTERY_WINDOW:]
    return Mastery(
        looks=len(firsts),
        hits=sum(look.hit for look in recent),
        window=len(recent),
        bias=bias(recent) if recent else 0.0,
        reached=reached,
    )


def masters(firsts: Sequence[Look]) -> bool:
    """Whether these first looks meet the rule: 40 of them, and in the last 30 at least 26 within
    10 points and a bias of at most 5."""
    recent = firsts[-MASTERY_WINDOW:]
    return (
        len(firsts) >= MASTERY_LOOKS
        and sum(look.hit for look in recent) >= MASTERY_HITS
        and abs(bias(recent)) <= MASTERY_BIAS
    )


def lc_cusum(looks: Sequence[Look]) -> int | None:
    """After how many first looks a learning-curve CUSUM signals competence; None if it has not.

    Unacceptable miss rate 0.35, acceptable 0.15, limit 4.5, floor 0 (simulated: 6 % of the former
    pass within 100, 99 % of the latter, after a median of 34).
    """
    total = 0.0
    firsts = [look for look in looks if look.first]
    for seen, look in enumerate(firsts, start=1):
        total = max(0.0, total + (0.268 if look.hit else -0.847))
        if total >= 4.5:
            return seen
    return None


def due(looks: Sequence[Look], now: datetime) -> list[str]:
    """The cases to look at again, most overdue first: after 2, 7, 21 and 60 days, and after ten
    other cases where the last estimate missed by more than 10 points."""
    found: list[tuple[datetime, str]] = []
    for case in dict.fromkeys(look.case for look in looks):
        mine = [look for look in looks if look.case == case]
        since = len(looks) - 1 - looks.index(mine[-1])
        if not mine[-1].hit and since >= MISS_RETURNS_AFTER:
            found.append((mine[-1].at, case))
        elif len(mine) <= len(REFRESH_AFTER):
            ripe = mine[-1].at + REFRESH_AFTER[len(mine) - 1]
            if ripe <= now:
                found.append((ripe, case))
    return [case for _, case in sorted(found)]
