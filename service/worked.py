"""What two estimates would earn by a setup, so that a teacher sees its rule at work. Pure."""

from service.i18n import _, later
from service.library_sizes import met_words, part_words
from service.models import MEASURES, Kind
from service.numbers import MINUS, decimal
from service.scoring import CERTAINTY, COMPLETION, CONFIDENCE, points, rule_named
from service.setups import Limits, Setup

# Pairs of whole LVEFs, far from any cut-point unless the sentence says that one lies between.
EXAMPLES = (
    (later("8 points off, right category"), 62, 70.0, None),
    (later("15 points off, one category away"), 45, 60.0, None),
)
CERTAIN_EXAMPLES = (
    (later("8 points off, certainty 2 of 3"), 62, 70.0, 2),
    (later("15 points off, certainty 3 of 3"), 45, 60.0, 3),
)
SURE_EXAMPLES = (
    (later("8 points off, sure within ±10"), 62, 70.0, 10),
    (later("20 points off, sure within ±5"), 42, 62.0, 5),
)


def preview(setup: Setup, limits: Limits) -> str:
    """What a setup comes to, as far as a teacher should know before learners do."""
    return " ".join(filter(None, (earnings(setup), overlap(setup, limits))))


def overlap(setup: Setup, limits: Limits) -> str | None:
    """That what measures learners will have to share cases with what they practise on, if it will:
    cases that were chosen one by one may or may not be others."""
    if setup.kind not in MEASURES or setup.picked:
        return None
    return met_words(max(0, setup.cases_in_all - (limits.cases - limits.taken)))


def earnings(setup: Setup) -> str:
    """What two estimates would earn, by the rule that will score the real ones."""
    if setup.kind is Kind.MASTERY:
        return _(
            "Meeting the rule earns full marks: %(full)s. Until then, the part of the way that is "
            "done.",
            full=out_of(1.0, setup),
        )
    if setup.rule == COMPLETION:
        return _("Taking part earns full marks: %(full)s.", full=out_of(1.0, setup))
    rule = rule_named(setup.rule)
    examples = {CONFIDENCE: SURE_EXAMPLES, CERTAINTY: CERTAIN_EXAMPLES}.get(setup.rule, EXAMPLES)
    earned = [
        f"{_(words)}: {signed(rule.score(estimate, reference, sure), setup)}"
        for words, estimate, reference, sure in examples
    ]
    said = f"{'. '.join(earned)}."
    if setup.kind is Kind.PRE_POST:
        warning = part_words(setup.cases)
        said = f"{said} {_('Only the second part is graded.')}"
        return f"{said} {warning}" if warning else said
    return said


def signed(share: float, setup: Setup) -> str:
    """One case as points of the column: where certainty is scored, it may cost some."""
    return out_of(share, setup) if share >= 0 else f"{MINUS}{out_of(-share, setup)}"


def out_of(share: float, setup: Setup) -> str:
    """A share as points of the column."""
    return f"{decimal(points(share, setup.points))}/{decimal(setup.points)}"
