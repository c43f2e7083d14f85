"""Delta and Score: pure arithmetic on percentage points of LVEF."""

from dataclasses import dataclass

# Points of LVEF: full marks within the spread of experienced readers, none beyond 20.
EXPERT_FULL_WITHIN = 5.0
EXPERT_NONE_BEYOND = 20.0
# EchoNet-Dynamic's external error is about 6 points: a reference of its own is graded more widely.
SOFTWARE_FULL_WITHIN = 10.0
SOFTWARE_NONE_BEYOND = 25.0

# Heart-failure categories, lower bounds on whole percents: <=40, 41-49, >=50.
CATEGORIES = ((50, "50 % or above"), (41, "41–49 %"), (0, "40 % or below"))
GRAY_ZONE = 3.0  # points; closer than this, two sides of a cut-point are no disagreement


@dataclass(frozen=True, slots=True)
class Linear:
    """Full marks within one distance, none beyond another, a straight line between."""

    full_within: float
    none_beyond: float

    def score(self, distance: float) -> float:
        """0 to 1, for a distance in points of LVEF."""
        share = (self.none_beyond - distance) / (self.none_beyond - self.full_within)
        return min(1.0, max(0.0, share))

    @property
    def name(self) -> str:
        """How the rule is written down beside a score."""
        return f"linear {self.full_within:g}/{self.none_beyond:g}"


EXPERT_LINEAR = Linear(EXPERT_FULL_WITHIN, EXPERT_NONE_BEYOND)
SOFTWARE_LINEAR = Linear(SOFTWARE_FULL_WITHIN, SOFTWARE_NONE_BEYOND)
COMPLETION = "completion"


def delta(estimate: int, reference: float) -> float:
    """Estimate minus reference, in points; the reference is taken to one decimal."""
    return round(estimate - round(reference, 1), 1)


def category(lvef: float) -> str:
    """The heart-failure category of an LVEF, which is rounded to a whole percent first."""
    whole = int(lvef + 0.5)
    return next(name for bound, name in CATEGORIES if whole >= bound)


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
    """The mean score, the mean distance and the mean signed gap of a set that is not empty."""
    return Summary(
        cases=len(scores),
        mean_score=sum(scores) / len(scores),
        mean_error=round(sum(map(abs, deltas)) / len(deltas), 1),
        bias=round(sum(deltas) / len(deltas), 1),
    )
