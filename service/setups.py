"""What a teacher sets for an activity, read from a form: pure, and kept apart from its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from service.i18n import _, later
from service.models import Answers, Counting, Kind, ScoredBy
from service.numbers import number
from service.scoring import (
    COMPLETION,
    EXPERT_LINEAR,
    Banded,
    Blend,
    Category,
    Linear,
    points,
    rule_named,
)

LONGEST_TITLE = 255
LONGEST_TYPED = 400  # characters of a field that are kept to be shown again
MOST_POINTS = 1000
WIDEST = 50.0  # points of LVEF
USUAL_CASES = 12
USUAL_POINTS = 100.0
FIELDS = ("title", "points", "kind", "cases", "grade_by", "full_within", "none_beyond")

# Which rules a teacher can choose among. One that needs what no page asks for yet is not here.
GRADE_BY: Mapping[str, str] = {
    "linear": later("Closeness"),
    "blend": later("Closeness 70 % + category 30 %"),
    "banded": later("Closeness in bands"),
    "category": later("Right category"),
    "completion": later("Taking part"),
}
WITH_DISTANCES = {"linear", "blend"}
WHOLE_UP_TO = later("Type whole points, from 1 to %(most)s.")
UP_TO = later("Type points from 1 to %(most)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What this platform and this library allow.

    points: the most, where the platform wants whole ones; None where any will do.
    graded: whether the activity gets a column in the gradebook from here.
    cases:  how many the library has.
    """

    points: int | None
    graded: bool
    cases: int


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """An activity as a teacher wants it.

    cases: how many practice cases; 0 for learners' own clips.
    """

    title: str
    points: float
    kind: Kind
    cases: int
    rule: str

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return msgspec.to_builtins(self)

    def columns(self) -> dict[str, Any]:
        """What an activity's row holds of it; the cases themselves come from the library."""
        own = self.kind is Kind.OWN_CLIP
        return {
            "kind": self.kind,
            "title": self.title,
            "points": self.points,
            "rule": self.rule,
            "counting": Counting.BEST if own else Counting.FIRST,
            "clips_wanted": 1,
            "answers": Answers.AT_ONCE,
            "scored_by": ScoredBy.RULE,
        }


def usual(kind: Kind, title: str, *, library: int) -> Setup:
    """The setup that works untouched."""
    own = kind is Kind.OWN_CLIP
    return Setup(
        title=title,
        points=USUAL_POINTS,
        kind=kind,
        cases=0 if own else min(USUAL_CASES, library),
        rule=COMPLETION if own else EXPERT_LINEAR.name,
    )


def of_plain(stored: Mapping[str, Any]) -> Setup:
    """A setup as it was stored."""
    return msgspec.convert(stored, Setup)


def typed_as(setup: Setup) -> dict[str, str]:
    """A setup as it stands in the form's fields."""
    name, _space, numbers = setup.rule.partition(" ")
    full, _slash, none = numbers.partition("/")
    usual_full, usual_none = EXPERT_LINEAR.full_within, EXPERT_LINEAR.none_beyond
    return {
        "title": setup.title,
        "points": f"{setup.points:g}",
        "kind": setup.kind.value,
        "cases": str(setup.cases or USUAL_CASES),
        "grade_by": name if setup.kind is Kind.PRACTICE else "linear",
        "full_within": full if none else f"{usual_full:g}",
        "none_beyond": none or f"{usual_none:g}",
    }


def kept(form: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form as they came, to be shown again whatever is wrong with them."""
    return {name: form.get(name, "").replace("\0", "")[:LONGEST_TYPED] for name in FIELDS}


@dataclass(frozen=True, slots=True)
class Read:
    """What a form comes to: a setup, or a sentence for each field that is wrong."""

    setup: Setup | None
    wrong: dict[str, str]


def read(typed: Mapping[str, str], limits: Limits) -> Read:
    """The setup that was typed in."""
    wrong: dict[str, str] = {}
    kind = Kind(typed["kind"]) if typed["kind"] in set(Kind) else None
    if kind is None:
        wrong["kind"] = _("Choose what learners do.")
    title = " ".join(typed["title"].split())
    if not 0 < len(title) <= LONGEST_TITLE or not title.isprintable():
        wrong["title"] = _("Type a title of at most %(most)s characters.", most=LONGEST_TITLE)
    worth = read_points(typed["points"], limits) if limits.graded else USUAL_POINTS
    if worth is None:
        most = limits.points or MOST_POINTS
        wrong["points"] = _(WHOLE_UP_TO if limits.points else UP_TO, most=most)
    cases, rule = 0, COMPLETION
    if kind is Kind.PRACTICE:
        cases = read_cases(typed["cases"], limits, wrong)
        rule = read_rule(typed, wrong)
    if wrong or kind is None or worth is None:
        return Read(None, wrong)
    return Read(Setup(title=title, points=worth, kind=kind, cases=cases, rule=rule), wrong)


def read_points(typed: str, limits: Limits) -> float | None:
    """Points of the gradebook column; whole ones where the platform takes no others."""
    worth, most = number(typed), limits.points or MOST_POINTS
    if worth is None or not 1 <= worth <= most or round(worth, 2) != worth:
        return None
    return None if limits.points and not worth.is_integer() else worth


def read_cases(typed: str, limits: Limits, wrong: dict[str, str]) -> int:
    """How many practice cases."""
    digits = typed.strip()
    if not limits.cases:
        wrong["cases"] = _("There are no practice cases here yet.")
    elif not (digits.isascii() and digits.isdecimal() and len(digits) < 6) or not (
        1 <= int(digits) <= limits.cases
    ):
        wrong["cases"] = _("Type a whole number from 1 to %(most)s.", most=limits.cases)
    else:
        return int(digits)
    return 0


def read_rule(typed: Mapping[str, str], wrong: dict[str, str]) -> str:
    """The scoring rule by its whole name, its distances among it."""
    chosen = typed["grade_by"]
    if chosen not in GRADE_BY:
        wrong["grade_by"] = _("Choose how estimates are graded.")
    if chosen not in WITH_DISTANCES:
        return {"banded": Banded().name, "category": Category().name}.get(chosen, COMPLETION)
    full, none = number(typed["full_within"]), number(typed["none_beyond"])
    if full is None or full > WIDEST or round(full, 1) != full:
        wrong["full_within"] = _("Type points of LVEF, from 0 to %(most)s.", most=f"{WIDEST:g}")
    elif none is None or not full < none <= WIDEST or round(none, 1) != none:
        wrong["none_beyond"] = _(
            "Type more than %(full)s, and at most %(most)s.", full=f"{full:g}", most=f"{WIDEST:g}"
        )
    else:
        linear = Linear(full, none)
        return (Blend(linear) if chosen == "blend" else linear).name
    return COMPLETION


# Pairs of whole LVEFs, far from any cut-point unless the sentence says that one lies between.
EXAMPLES = (
    (later("8 points off, right category"), 62, 70.0),
    (later("15 points off, one category away"), 45, 60.0),
)


def preview(setup: Setup) -> str:
    """What two estimates would earn, by the rule that will score the real ones."""
    if setup.kind is Kind.OWN_CLIP or setup.rule == COMPLETION:
        return _("Taking part earns full marks: %(full)s.", full=out_of(1.0, setup))
    rule = rule_named(setup.rule)
    earned = [
        f"{_(words)}: {out_of(rule.score(estimate, reference), setup)}"
        for words, estimate, reference in EXAMPLES
    ]
    return f"{'. '.join(earned)}."


def out_of(share: float, setup: Setup) -> str:
    """A share as points of the column."""
    return f"{points(share, setup.points):g}/{setup.points:g}"
