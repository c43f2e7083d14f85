"""The form in which an activity is set up: shared by whoever picks one and whoever changes one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from service import picking as rules
from service.dates import in_time
from service.i18n import _, later
from service.library_sizes import needs, shortage, usual_in_a_part
from service.models import Answers, Counting, Kind
from service.pages.site import Here, Site
from service.scoring import COMPLETION
from service.setups import (
    FIELDS,
    GRADE_BY,
    WITH_DISTANCES,
    Limits,
    Read,
    Setup,
    kept,
    read,
)
from service.worked import preview

KINDS = (
    (
        Kind.PRACTICE,
        later("Practice cases"),
        later("Prepared clips with a known LVEF; the mean over all of them is the grade."),
    ),
    (
        Kind.MASTERY,
        later("Mastery"),
        later("Case after case until a rule is met: 40 first looks, 26 of the last 30 within 10."),
    ),
    (
        Kind.EXAM,
        later("Timed exam"),
        later("Prepared clips against a clock; no answer is shown before the exam closes."),
    ),
    (
        Kind.PRE_POST,
        later("Before and after"),
        later("Two parallel sets, one before you teach and one after; no answer before the end."),
    ),
    (
        Kind.OWN_CLIP,
        later("Own clip"),
        later("Learners upload a clip of their own; taking part counts, or closeness if you like."),
    ),
)
# What the form calls each field, for a sentence that stands far from it.
LABELS = {
    "title": later("Title"),
    "points": later("Points"),
    "kind": later("What learners do"),
    "cases": later("Cases"),
    "in_a_part": later("Cases in each part"),
    "which": later("Which cases"),
    "grade_by": later("Grade by"),
    "full_within": later("Full marks within"),
    "none_beyond": later("None beyond"),
    "clips": later("Clips for full credit"),
    "own_grade_by": later("Grade by"),
    "counting": later("Which clips count"),
    "reply_days": later("Usual reply time, in days"),
    "minutes": later("Minutes"),
    "answers": later("Answers are shown"),
    "opens": later("Opens"),
    "closes": later("Closes"),
    "second_opens": later("Second part opens"),
    "zone": later("Time zone"),
}
OWN_GRADES = {
    COMPLETION: later("Taking part"),
    "linear": later("Closeness to the reading"),
}
COUNTINGS = {
    Counting.BEST.value: later("the best"),
    Counting.LATEST.value: later("the latest"),
    Counting.FIRST.value: later("the first"),
    Counting.MEAN.value: later("the mean of all"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several things to choose among."""

    value: str
    label: str
    hint: str = ""
    closed: bool = False  # it is shown, with what is missing, and cannot be chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupView:
    """The form's fields as they stand, what is wrong with them, and what they come to."""

    typed: dict[str, str]
    wrong: dict[str, str]
    kinds: tuple[Choice, ...]
    rules: tuple[Choice, ...]
    with_distances: tuple[str, ...]
    answers: tuple[Choice, ...]
    own_rules: tuple[Choice, ...]
    countings: tuple[Choice, ...]
    most_cases: int
    most_in_a_part: int
    most_points: int | None
    graded: bool
    ungraded_words: str
    preview: str | None
    preview_path: str
    kind_is_fixed: bool = False
    cases_are_fixed: bool = False
    more_open: bool = False


def draw_setup(typed: dict[str, str], found: Read, limits: Limits, path: str) -> SetupView:
    """The form, with the preview where everything in it is right."""
    typed = {**FIELDS, **typed}
    typed["in_a_part"] = typed["in_a_part"] or str(usual_in_a_part(limits.cases))
    return SetupView(
        typed=typed,
        wrong={},
        kinds=tuple(
            draw_kind(kind, label, hint, limits)
            for kind, label, hint in KINDS
            if limits.cases or kind is Kind.OWN_CLIP
        ),
        answers=(
            Choice(value=Answers.AT_ONCE.value, label=_("as soon as an estimate is locked in")),
            Choice(value=Answers.AFTER_CLOSE.value, label=_("once the activity has closed")),
        ),
        own_rules=choices(OWN_GRADES),
        countings=choices(COUNTINGS),
        rules=choices(GRADE_BY),
        with_distances=tuple(WITH_DISTANCES),
        most_cases=limits.cases,
        most_in_a_part=limits.cases // 2,
        most_points=limits.points,
        graded=limits.graded,
        ungraded_words=_(
            "Your LMS won't create a grade column from here; grades are off for this activity."
        ),
        preview=preview(found.setup, limits) if found.setup else None,
        preview_path=f"{path}/preview",
    )


def choices(labels: Mapping[str, str]) -> tuple[Choice, ...]:
    """What a list offers."""
    return tuple(Choice(value=value, label=_(label)) for value, label in labels.items())


def draw_kind(kind: Kind, label: str, hint: str, limits: Limits) -> Choice:
    """One kind of activity; closed where the library is too small for it."""
    lacks = shortage(kind, limits.cases) if kind is not Kind.OWN_CLIP else None
    return Choice(
        value=kind.value,
        label=_(label),
        hint=f"{_(hint)} {lacks}" if lacks else _(hint),
        closed=lacks is not None and limits.cases < needs(kind),
    )


def with_errors(view: SetupView, found: Read) -> SetupView:
    """The form once more, with a sentence at each field that is wrong; what was typed stays."""
    hidden = {
        "which",
        "reply_days",
        "full_within",
        "none_beyond",
        "answers",
        "opens",
        "closes",
        "zone",
    }
    return replace(view, wrong=found.wrong, more_open=bool(hidden & found.wrong.keys()))


async def limits_here(site: Site, here: Here, *, graded: bool = True) -> Limits:
    """What this platform and the library allow."""
    async with site.database.begin() as work:
        return await rules.limits_of(work, here.launch, graded=graded)


def preview_words(
    form: dict[str, str], limits: Limits, now: datetime, held: Setup | None = None
) -> str:
    """What the form comes to as it stands, or that something in it is not right yet."""
    found = in_time(read(kept(form), limits), now, held)
    if found.setup is None:
        name, sentence = next(iter(found.wrong.items()))
        return _("%(field)s: %(wrong)s", field=_(LABELS[name]), wrong=sentence)
    return preview(found.setup, limits)
