"""What a teacher sets for an activity, read from a form: pure, and kept apart from its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from service.i18n import _, later
from service.library_sizes import needs, shortage, usual_in_a_part
from service.models import Answers, Counting, Kind
from service.moments import read_moment, typed_moment
from service.numbers import decimal, number
from service.picked_cases import as_typed, numbers_of, reversed_range
from service.progress import HIT_WITHIN
from service.scoring import (
    CERTAINTY,
    COMPLETION,
    CONFIDENCE,
    EXPERT_LINEAR,
    SOFTWARE_LINEAR,
    Banded,
    Blend,
    Category,
    Linear,
    Within,
)
from service.windows import zone_named

LONGEST_TITLE = 255
LONGEST_TYPED = 400  # characters of a field that are kept to be shown again
MOST_POINTS = 1000
WIDEST = 50.0  # points of LVEF
USUAL_CASES = 12
USUAL_POINTS = 100.0
MOST_MINUTES = 240
USUAL_MINUTES = 30
MOST_CLIPS = 50
MOST_REPLY_DAYS = 7
# Each field of the form, and what it holds where a form leaves it out.
FIELDS: Mapping[str, str] = {
    "title": "",
    "points": "",
    "kind": "",
    "cases": "",
    "in_a_part": "",  # as many as the library gives, up to the usual
    "which": "",
    "grade_by": "",
    "full_within": "",
    "none_beyond": "",
    "clips": "1",
    "own_grade_by": COMPLETION,
    "counting": Counting.BEST.value,
    "reply_days": "",
    "minutes": "",
    "answers": Answers.AT_ONCE.value,
    "opens": "",
    "closes": "",
    "second_opens": "",
    "zone": "UTC",
}
HIT = Within(HIT_WITHIN).name  # what a case of a mastery activity is

# Which rules a teacher can choose among.
GRADE_BY: Mapping[str, str] = {
    "linear": later("Closeness"),
    "blend": later("Closeness 70 % + category 30 %"),
    "banded": later("Closeness in bands"),
    "category": later("Right category"),
    "confidence": later("Honest confidence"),
    "certainty": later("Certainty-based marks"),
    "completion": later("Taking part"),
}
WITH_DISTANCES = {"linear", "blend"}
WITH_RULES = {Kind.PRACTICE, Kind.EXAM, Kind.PRE_POST}
# How clips of a learner's own are graded, which are compared with a software's reading alone.
OWN_RULES = {COMPLETION: COMPLETION, "linear": SOFTWARE_LINEAR.name}
WHOLE_UP_TO = later("Type whole points, from 1 to %(most)s.")
UP_TO = later("Type points from 1 to %(most)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What this platform and this library allow.

    points: the most, where the platform wants whole ones; None where any will do.
    graded: whether the activity gets a column in the gradebook from here.
    cases:  how many the library has.
    taken:  how many of these are part of other activities of the course.
    """

    points: int | None
    graded: bool
    cases: int
    taken: int = 0


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """An activity as a teacher wants it.

    cases:   how many of the library, or in each of two parts; 0 for learners' own clips.
    picked:  the library's numbers of these cases, where they were chosen one by one.
    clips:   how many of a learner's own make full credit.
    reply_days: in which a teacher usually answers who asks about a view; None: no time is named.
    minutes: of an exam.
    zone:    the time zone of its moments.
    """

    title: str
    points: float
    kind: Kind
    cases: int
    rule: str
    picked: tuple[int, ...] = ()
    clips: int = 1
    counting: Counting = Counting.BEST
    reply_days: int | None = None
    minutes: int | None = None
    answers: Answers = Answers.AT_ONCE
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    second_opens_at: datetime | None = None
    zone: str = "UTC"

    @property
    def cases_in_all(self) -> int:
        """How many cases a learner meets."""
        return 2 * self.cases if self.kind is Kind.PRE_POST else self.cases

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return msgspec.to_builtins(self)

    def columns(self) -> dict[str, Any]:
        """What an activity's row holds of it; the cases themselves come from the library."""
        return {
            "kind": self.kind,
            "title": self.title,
            "points": self.points,
            "rule": self.rule,
            "picked": list(self.picked) or None,
            "clips_wanted": self.clips,
            "counting": self.counting,
            "reply_days": self.reply_days,
            "minutes": self.minutes,
            "answers": self.answers,
            "opens_at": self.opens_at,
            "closes_at": self.closes_at,
            "second_opens_at": self.second_opens_at,
            "zone": self.zone,
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
        "in_a_part": str(setup.cases) if setup.kind is Kind.PRE_POST else "",
        "which": as_typed(setup.picked),
        "grade_by": name if setup.kind in WITH_RULES else "linear",
        "full_within": full if none else f"{usual_full:g}",
        "none_beyond": none or f"{usual_none:g}",
        "clips": str(setup.clips),
        "own_grade_by": name if setup.kind is Kind.OWN_CLIP else COMPLETION,
        "counting": setup.counting.value,
        "reply_days": str(setup.reply_days or ""),
        "minutes": str(setup.minutes or USUAL_MINUTES),
        "answers": setup.answers.value,
        "opens": typed_moment(setup.opens_at, setup.zone),
        "closes": typed_moment(setup.closes_at, setup.zone),
        "second_opens": typed_moment(setup.second_opens_at, setup.zone),
        "zone": setup.zone,
    }


def kept(form: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form as they came, to be shown again whatever is wrong with them."""
    return {
        name: form.get(name, unsaid).replace("\0", "")[:LONGEST_TYPED]
        for name, unsaid in FIELDS.items()
    }


@dataclass(frozen=True, slots=True)
class Read:
    """What a form comes to: a setup, or a sentence for each field that is wrong."""

    setup: Setup | None
    wrong: dict[str, str]


def read(typed: Mapping[str, str], limits: Limits) -> Read:
    """The setup that was typed in."""
    typed = {**FIELDS, **typed}
    wrong: dict[str, str] = {}
    kind = Kind(typed["kind"]) if typed["kind"] in set(Kind) else None
    if kind is None:
        wrong["kind"] = _("Choose what learners do.")
    title = " ".join(typed["title"].split())
    if not 0 < len(title) <= LONGEST_TITLE:
        wrong["title"] = _("Type a title of at most %(most)s characters.", most=LONGEST_TITLE)
    elif not title.isprintable():
        wrong["title"] = _("Type the title anew: it holds characters that nobody can see.")
    worth = read_points(typed["points"], limits) if limits.graded else USUAL_POINTS
    if worth is None:
        most = limits.points or MOST_POINTS
        wrong["points"] = _(WHOLE_UP_TO if limits.points else UP_TO, most=most)
    if kind is None:
        return Read(None, wrong)
    plain = Setup(title=title, points=worth or USUAL_POINTS, kind=kind, cases=0, rule=COMPLETION)
    setup = read_work(typed, plain, limits, wrong)
    setup = read_window(typed, setup, wrong)
    return Read(None if wrong else setup, wrong)


def read_work(
    typed: Mapping[str, str], setup: Setup, limits: Limits, wrong: dict[str, str]
) -> Setup:
    """What there is to do, and how it is graded."""
    if setup.kind is Kind.OWN_CLIP:
        return read_own(typed, setup, wrong)
    picked = read_picked(typed, setup.kind, limits, wrong)
    cases = len(picked) or read_cases(typed, setup.kind, limits, wrong)
    setup = replace(setup, cases=cases, picked=picked)
    if setup.kind is Kind.MASTERY:
        return replace(setup, rule=HIT)
    setup = replace(setup, rule=read_rule(typed, wrong))
    if setup.kind is Kind.EXAM:
        minutes = read_whole("minutes", typed, 1, MOST_MINUTES, wrong)
        return replace(setup, minutes=minutes)
    return setup


def read_own(typed: Mapping[str, str], setup: Setup, wrong: dict[str, str]) -> Setup:
    """How many clips of a learner's own, what counts of them, and how soon a teacher answers."""
    setup = replace(setup, clips=read_whole("clips", typed, 1, MOST_CLIPS, wrong))
    if typed["reply_days"].strip():
        days = read_whole("reply_days", typed, 1, MOST_REPLY_DAYS, wrong)
        setup = replace(setup, reply_days=days)
    if typed["own_grade_by"] not in OWN_RULES:
        wrong["own_grade_by"] = _("Choose how estimates are graded.")
        return setup
    if typed["counting"] not in set(Counting):
        wrong["counting"] = _("Choose which clips count.")
        return setup
    return replace(
        setup, rule=OWN_RULES[typed["own_grade_by"]], counting=Counting(typed["counting"])
    )


def read_window(typed: Mapping[str, str], setup: Setup, wrong: dict[str, str]) -> Setup:
    """When it can be worked in, and when its answers are shown; an exam's never before its end."""
    zone = " ".join(typed["zone"].split()) or "UTC"
    if zone_named(zone) is None:
        wrong["zone"] = _("Type a time zone by its place, such as Europe/Berlin, or UTC.")
        zone = "UTC"
    opens = read_moment("opens", typed, zone, wrong)
    closes = read_moment("closes", typed, zone, wrong)
    waits = setup.kind is Kind.EXAM or (
        setup.kind is Kind.PRACTICE and typed["answers"] == Answers.AFTER_CLOSE
    )
    if typed["answers"] not in set(Answers):
        wrong["answers"] = _("Choose when answers are shown.")
    if opens and closes and closes <= opens:
        wrong["closes"] = _("It has to close after it opens.")
    if waits and closes is None and "closes" not in wrong:
        wrong["closes"] = _("Say when it closes: answers are shown from then on.")
    answers = Answers.AFTER_CLOSE if waits else Answers.AT_ONCE
    setup = replace(setup, opens_at=opens, closes_at=closes, zone=zone, answers=answers)
    return read_second(typed, setup, wrong) if setup.kind is Kind.PRE_POST else setup


def read_second(typed: Mapping[str, str], setup: Setup, wrong: dict[str, str]) -> Setup:
    """When the second part begins: after the first has, and before it all ends."""
    second = read_moment("second_opens", typed, setup.zone, wrong)
    if second is None:
        wrong.setdefault("second_opens", _("Say when the second part opens: you teach before it."))
    elif setup.opens_at and second <= setup.opens_at:
        wrong["second_opens"] = _("It has to open after the first part.")
    elif setup.closes_at and second >= setup.closes_at:
        wrong["second_opens"] = _("It has to open before it all closes.")
    return replace(setup, second_opens_at=second)


def read_whole(
    name: str, typed: Mapping[str, str], least: int, most: int, wrong: dict[str, str]
) -> int:
    """A whole number within these bounds."""
    digits = typed[name].strip()
    if digits.isascii() and digits.isdecimal() and len(digits) < 6:
        number = int(digits)
        if least <= number <= most:
            return number
    wrong[name] = _("Type a whole number from %(least)s to %(most)s.", least=least, most=most)
    return least


def read_points(typed: str, limits: Limits) -> float | None:
    """Points of the gradebook column; whole ones where the platform takes no others."""
    worth, most = number(typed), limits.points or MOST_POINTS
    if worth is None or not 1 <= worth <= most or round(worth, 2) != worth:
        return None
    return None if limits.points and not worth.is_integer() else worth


def read_cases(typed: Mapping[str, str], kind: Kind, limits: Limits, wrong: dict[str, str]) -> int:
    """How many cases of the library; of two parts, how many in each."""
    least, most = needs(kind), limits.cases
    if not most:
        wrong["cases"] = _("There are no practice cases here yet.")
        return 0
    if most < least:
        wrong["kind"] = shortage(kind, most) or ""
        return 0
    if kind is Kind.PRE_POST:
        if not typed["in_a_part"].strip():
            return usual_in_a_part(most)
        return read_whole("in_a_part", typed, 1, most // 2, wrong)
    return read_whole("cases", typed, least, most, wrong)


def read_picked(
    typed: Mapping[str, str], kind: Kind, limits: Limits, wrong: dict[str, str]
) -> tuple[int, ...]:
    """The cases that were chosen one by one; none where a set is balanced. Parallel sets are."""
    if not typed["which"].strip() or kind is Kind.PRE_POST or not limits.cases:
        return ()
    found, backwards = numbers_of(typed["which"], limits.cases), reversed_range(typed["which"])
    if backwards:
        wrong["which"] = _(
            "%(range)s runs backwards: type the smaller number first.", range=backwards
        )
    elif found is None or len(found) < needs(kind):
        wrong["which"] = _(
            "Type numbers of cases from 1 to %(most)s, as 1-5, 8; so many at least: %(least)s.",
            least=needs(kind),
            most=limits.cases,
        )
    return found or ()


def read_rule(typed: Mapping[str, str], wrong: dict[str, str]) -> str:
    """The scoring rule by its whole name, its distances among it."""
    chosen = typed["grade_by"]
    if chosen not in GRADE_BY:
        wrong["grade_by"] = _("Choose how estimates are graded.")
    if chosen not in WITH_DISTANCES:
        plain = {"banded": Banded().name, "category": Category().name, "confidence": CONFIDENCE}
        plain |= {"certainty": CERTAINTY}
        return plain.get(chosen, COMPLETION)
    full, none = number(typed["full_within"]), number(typed["none_beyond"])
    if full is None or full > WIDEST or round(full, 1) != full:
        wrong["full_within"] = _("Type points of LVEF, from 0 to %(most)s.", most=decimal(WIDEST))
    elif none is None or not full < none <= WIDEST or round(none, 1) != none:
        wrong["none_beyond"] = _(
            "Type more than %(full)s, and at most %(most)s.",
            full=decimal(full),
            most=decimal(WIDEST),
        )
    else:
        linear = Linear(full, none)
        return (Blend(linear) if chosen == "blend" else linear).name
    return COMPLETION
