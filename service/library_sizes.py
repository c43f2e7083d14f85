"""How many cases each kind of activity takes, and what a smaller library comes to. Pure."""

from math import pi, sqrt

from service.i18n import _
from service.models import Kind
from service.numbers import decimal
from service.progress import MASTERY_LOOKS

USUAL_IN_A_PART = 20
BATCH = 12  # practice cases are drawn by the dozen
# Points of LVEF by which a reader strays from the truth, one standard deviation, and the normal
# law: a mean error is then known to 1.1 points by 20 cases, and to 1.5 by 10.
READERS_STRAY = 8.0


def needs(kind: Kind) -> int:
    """How many cases a library must have for this."""
    return {Kind.MASTERY: MASTERY_LOOKS, Kind.PRE_POST: 2}.get(kind, 1)


def does_well_with(kind: Kind) -> int:
    """How many it should have: with fewer, what comes of it says less."""
    return 2 * USUAL_IN_A_PART if kind is Kind.PRE_POST else needs(kind)


def usual_in_a_part(library: int) -> int:
    """How many cases each of two parallel parts has, where nobody says."""
    return min(USUAL_IN_A_PART, library // 2)


def shortage(kind: Kind, library: int) -> str | None:
    """What the library lacks for this, and how it gets more; None where it has enough."""
    least, well = needs(kind), does_well_with(kind)
    if library >= well:
        return None
    grows = _(
        "Whoever runs this tool gets more by starting it with EYEBALL_PRACTICE_CASES=%(more)s.",
        more=-(-well // BATCH) * BATCH,
    )
    if library < least:
        lacks = _(
            "It needs a library of at least %(least)s cases; here are %(most)s.",
            least=least,
            most=library,
        )
    else:
        lacks = _(
            "Good sets take a library of %(well)s cases; here are %(most)s.",
            well=well,
            most=library,
        )
    return f"{lacks} {grows}"


def known_to(cases: int) -> float:
    """To how many points a mean error over so many cases is known: one standard error."""
    return READERS_STRAY * sqrt(1 - 2 / pi) / sqrt(cases)


def part_words(cases: int) -> str | None:
    """What few cases in a part cost; None where there are as many as there should be."""
    if cases >= USUAL_IN_A_PART:
        return None
    return _(
        "With so few cases in each part (%(count)s), a mean error is known to about ±%(known)s "
        "points; with %(usual)s, to ±%(well)s.",
        count=cases,
        known=decimal(round(known_to(cases), 1)),
        usual=USUAL_IN_A_PART,
        well=decimal(round(known_to(USUAL_IN_A_PART), 1)),
    )


def met_words(met: int) -> str | None:
    """That learners may know some of the cases that are to measure them."""
    if not met:
        return None
    return _(
        "Cases that are part of other activities of this course as well: %(count)s. The library "
        "has too few others. Only a learner's first look at a case counts. Its answer is shown "
        "once each exam or before/after with it has shown its own; till then it waits in practice.",
        count=met,
    )
