"""Delta and Score: pure arithmetic on percentage points of LVEF."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from service.i18n import later

# Points of LVEF: full marks within the spread of experienced readers, none beyond 20.
EXPERT_FULL_WITHIN = 5.0
EXPERT_NONE_BEYOND = 20.0
# EchoNet-Dynamic's external error is about 6 points: a reference of its own is graded more widely.
SOFTWARE_FULL_WITHIN = 10.0
SOFTWARE_NONE_BEYOND = 25.0
SOFTWARE_SHIFT = 5.0  # what the bands of the banded rule move by, for the same reason

# Heart-failure categories, lower bounds on whole percents: <=40, 41-49, >=50.
CATEGORIES = ((50, later("50 % or above")), (41, later("41–49 %")), (0, later("40 % or below")))
GRAY_ZONE = 3.0  # points; closer than this, two sides of a cut-point are no disagreement

# How wide a learner may say that the truth lies around their estimate, 8 times in 10.
HALF_WIDTHS = (5, 10, 15, 20)
# Certainty-based marks: how certain a learner may be of being within 10 points.
CERTAINTIES = (1, 2, 3)
CERTAIN_WITHIN = 10.0
MISSED_MARKS = {1: 0, 2: -2, 3: -6}


class Rule(Protocol):
    """How one estimate is scored against one reference."""

    @property
    def name(self) -> str:
        """How the rule is written down beside a score; `rule_named` reads it."""
        ...

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """0 to 1 (by certainty: down to -2), for an estimate and a reference in percent.

        how_sure: what the rule asks beside the estimate: a half-width, a certainty, or nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Linear:
    """Full marks within one distance, none beyond another, a straight line between."""

    full_within: float
    none_beyond: float

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """By the distance alone."""
        away = self.none_beyond - distance(estimate, reference)
        return min(1.0, max(0.0, away / (self.none_beyond - self.full_within)))

    @property
    def name(self) -> str:
        """The two distances are part of the name."""
        return f"linear {self.full_within:g}/{self.none_beyond:g}"


@dataclass(frozen=True, slots=True)
class Banded:
    """A score for each band of distance; the bands may be shifted outwards."""

    shift: float = 0.0

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """By the first band that the distance falls in."""
        bands = ((5.0, 1.0), (10.0, 0.8), (15.0, 0.5), (20.0, 0.2))
        away = distance(estimate, reference) - self.shift
        return next((worth for bound, worth in bands if away <= bound), 0.0)

    @property
    def name(self) -> str:
        """The shift is part of the name."""
        return f"banded +{self.shift:g}" if self.shift else "banded"


@dataclass(frozen=True, slots=True)
class Category:
    """Half a score for each heart-failure category apart; near numbers are never apart."""

    name: str = "category"

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """By the categories, unless estimate and reference lie within the gray zone."""
        if distance(estimate, reference) <= GRAY_ZONE:
            return 1.0
        return max(0.0, 1.0 - 0.5 * categories_apart(estimate, reference))


@dataclass(frozen=True, slots=True)
class Blend:
    """Seven parts closeness, three parts category."""

    linear: Linear

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """Both rules, weighed."""
        close = self.linear.score(estimate, reference)
        return 0.7 * close + 0.3 * Category().score(estimate, reference)

    @property
    def name(self) -> str:
        """The two distances are part of the name."""
        return f"blend {self.linear.full_within:g}/{self.linear.none_beyond:g}"


@dataclass(frozen=True, slots=True)
class Confidence:
    """A proper rule: who says honestly how sure they are earns most in the long run.

    It is the 80 % interval score, rescaled: a hit earns 1.0 / 0.9 / 0.8 / 0.7 for ±5 / 10 / 15 /
    20, and each point beyond the half-width costs a tenth. A case may go down to -1, and only the
    sum over cases is brought to 0: a floor of 0 for each case would reward overconfidence.
    """

    name: str = "confidence"

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """By the half-width and by how far outside of it the reference lies."""
        if how_sure not in HALF_WIDTHS:
            raise ValueError(f"no half-width of {how_sure}")
        beyond = max(0.0, distance(estimate, reference) - how_sure)
        return max(-1.0, 1.1 - how_sure / 50 - beyond / 10)


@dataclass(frozen=True, slots=True)
class Certainty:
    """Certainty-based marks: 1, 2 or 3 where the estimate is within 10 points, 0, -2 or -6 where it
    is not, as thirds of the most that a case can earn.

    A proper rule (Gardner-Medwin): certainty 1 pays best below a chance of 2 in 3 of being within,
    3 above 8 in 10. Single cases may go down to -2; only the sum over cases is brought to 0.
    """

    name: str = "certainty"

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """By the certainty and whether the estimate is within 10 points, the tenth included."""
        if how_sure not in CERTAINTIES:
            raise ValueError(f"no certainty of {how_sure}")
        within = distance(estimate, reference) <= CERTAIN_WITHIN
        return (how_sure if within else MISSED_MARKS[how_sure]) / max(CERTAINTIES)


@dataclass(frozen=True, slots=True)
class Within:
    """All or nothing: whether an estimate came within so many points."""

    reach: float

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """1 within the reach, its end included."""
        return 1.0 if distance(estimate, reference) <= self.reach else 0.0

    @property
    def name(self) -> str:
        """The reach is part of the name."""
        return f"within {self.reach:g}"


@dataclass(frozen=True, slots=True)
class Completion:
    """Taking part is all: how close an estimate came is not scored."""

    name: str = "completion"

    def score(self, estimate: int, reference: float, how_sure: int | None = None) -> float:
        """Always full."""
        return 1.0


EXPERT_LINEAR = Linear(EXPERT_FULL_WITHIN, EXPERT_NONE_BEYOND)
SOFTWARE_LINEAR = Linear(SOFTWARE_FULL_WITHIN, SOFTWARE_NONE_BEYOND)
COMPLETION = Completion().name
CONFIDENCE = Confidence().name
CERTAINTY = Certainty().name

# The words in a rule's name, and what makes the rule of the numbers behind them.
RULES: dict[str, Callable[[list[float]], Rule]] = {
    "linear": lambda told: Linear(*told),
    "banded": lambda told: Banded(*told),
    "category": lambda told: Category(),
    "blend": lambda told: Blend(Linear(*told)),
    "confidence": lambda told: Confidence(),
    "certainty": lambda told: Certainty(),
    "within": lambda told: Within(*told),
    "completion": lambda told: Completion(),
}


def rule_named(name: str) -> Rule:
    """The rule that has this name; a ValueError where none has."""
    kind, _, rest = name.partition(" ")
    numbers = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", rest)]
    try:
        rule = RULES[kind](numbers)
    except (KeyError, TypeError) as error:
        raise ValueError(f"no scoring rule is named {name[:40]!r}") from error
    if rule.name != name:
        raise ValueError(f"no scoring rule is named {name[:40]!r}")
    return rule


def for_software(rule: Rule) -> Rule:
    """The same rule, as wide as a reference that is a software's reading alone needs it."""
    wide = SOFTWARE_LINEAR
    match rule:
        case Linear(full, none):
            return Linear(max(full, wide.full_within), max(none, wide.none_beyond))
        case Blend(Linear(full, none)):
            return Blend(Linear(max(full, wide.full_within), max(none, wide.none_beyond)))
        case Banded():
            return Banded(SOFTWARE_SHIFT)
        case _:
            return rule


def delta(estimate: int, reference: float) -> float:
    """Estimate minus reference, in points; the reference is taken to one decimal."""
    return round(estimate - round(reference, 1), 1)


def distance(estimate: int, reference: float) -> float:
    """How far apart, in points, whichever way."""
    return abs(delta(estimate, reference))


def category(lvef: float) -> str:
    """The heart-failure category of an LVEF, which is rounded to a whole percent first."""
    return CATEGORIES[category_place(lvef)][1]


def category_place(lvef: float) -> int:
    """The place of an LVEF's category in the scheme, 0 for the highest."""
    whole = int(lvef + 0.5)
    return next(place for place, (bound, _) in enumerate(CATEGORIES) if whole >= bound)


def categories_apart(estimate: int, reference: float) -> int:
    """How many categories lie between; the reference is taken to one decimal first."""
    return abs(category_place(estimate) - category_place(round(reference, 1)))


def points(share: float, maximum: float) -> float:
    """A share of 0 to 1 as points of a gradebook column, two decimals, never below 0."""
    return max(0.0, round(maximum * share, 2))


@dataclass(frozen=True, slots=True)
class Summary:
    """What a set of cases comes to."""

    cases: int
    mean_score: float
    mean_error: float
    bias: float


def summarise(deltas: list[float], scores: list[float]) -> Summary:
    """The mean score, the mean distance and the mean signed gap of a set that is not empty.

    Single scores may be negative where certainty is scored; the mean is brought to 0 to 1.
    """
    return Summary(
        cases=len(scores),
        mean_score=min(1.0, max(0.0, sum(scores) / len(scores))),
        mean_error=round(sum(map(abs, deltas)) / len(deltas), 1),
        bias=round(sum(deltas) / len(deltas), 1),
    )
