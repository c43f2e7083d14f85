"""The class, for staff: who has finished what, and whether the gradebook has it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import fmean
from uuid import UUID

from litestar.response import Template

from service import activities, opening, parts, rosters, windows, words
from service.i18n import _
from service.library_sizes import met_words
from service.models import (
    Activity,
    Attempt,
    AttemptState,
    Kind,
    Learner,
    Override,
    Passback,
    Roster,
)
from service.numbers import decimal, signed
from service.pages.grade_words import moment_of, standing
from service.pages.settings import intro_words
from service.pages.site import Here, Site, fragment, page
from service.pages.viewing import draw_queue
from service.pages.views import Delivery
from service.store import attempts as rows
from service.store import clips as clip_rows
from service.store import passbacks as passback_rows
from service.store import regrades as regrade_rows
from service.store import rosters as roster_rows
from service.store import sittings as sitting_rows
from service.store.database import Work
from service.trust import tells_how_close
from service.words_of_lms import trouble_words

# Who may send a grade again; who may decide about one.
SENDERS = {"teacher", "assistant", "admin"}
DECIDERS = {"teacher"}
FACTORS = tuple(f"{factor:g}" for factor in opening.FACTORS)
MISSING = {Delivery.REFUSED, Delivery.HELD, Delivery.RETRYING}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One learner in one activity."""

    id: str
    learner: str
    started: bool
    done: int
    mean_error: float | None  # points, whichever way
    bias: float | None
    score: float | None
    maximum: float
    delivery: Delivery
    at: str | None
    problem: str | None
    decided: str | None  # the reason of a teacher's own score
    exempt: str | None = None  # the reason why nothing is expected of them
    left: bool  # no longer in the course
    factor: str = "1"  # of an exam's minutes
    may_restart: bool = False  # an exam's clock, which was begun
    first_error: float | None = None  # of the first of two parts; the others are of the second
    first_bias: float | None = None

    @property
    def finished(self) -> bool:
        """Whether there is a score."""
        return self.score is not None

    @property
    def error_words(self) -> str:
        """How far off on average."""
        return then(unsigned(self.first_error), unsigned(self.mean_error))

    @property
    def bias_words(self) -> str:
        """How far off, and which way."""
        return then(with_sign(self.first_bias), with_sign(self.bias))


def unsigned(points: float | None) -> str | None:
    """A distance in points."""
    return None if points is None else decimal(points, 1)


def with_sign(points: float | None) -> str | None:
    """A signed gap in points."""
    return None if points is None else signed(points, 1)


def then(first: str | None, second: str | None) -> str:
    """A figure, after that of the first part where there are two."""
    if first is None:
        return second or "–"
    return _("%(first)s, then %(second)s", first=first, second=second or "–")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A teacher's score that was not taken, as it was typed, and why."""

    learner: str
    points: str
    reason: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnItsWay:
    """How one learner's grade stands."""

    id: str
    learner: str
    delivery: Delivery
    at: str | None
    problem: str | None


@dataclass(slots=True)
class Record:
    """What one learner has done so far."""

    learner: Learner
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    gaps: list[float] = field(default_factory=list[float])  # of those that say how close one is
    before: list[float] = field(default_factory=list[float])  # the same, in the first of two parts


async def show_class(site: Site, here: Here, *, typed: Typed | None = None) -> Template:
    """Who has done what, for staff."""
    async with site.database.begin() as work:
        roster = await roster_rows.of_course(
            work.session, here.launch.registration_id, here.activity.context_id
        )
        if roster is not None:
            rosters.ask(work, roster, site.clock())
        found = await class_rows(work, here, roster)
        of = await cases_wanted(work, here)
        view_queue = await draw_queue(work, here)
        met = await activities.shared(work, here.activity)
        asked = await regrade_rows.count(work.session, here.activity.id)
    return page(
        "class",
        status=422 if typed else 200,
        launch=replace(here.view, preview=False),  # what is done here does reach the gradebook
        heading=here.activity.title,
        rows=found,
        of=of,
        summary=summary_of(found, roster),
        missing=sum(row.delivery in MISSING for row in found),
        roster=roster_words(roster),
        has_roster=roster is not None,
        maximum=decimal(here.activity.points),
        path=here.path,
        may_send=here.launch.role in SENDERS,
        may_decide=here.launch.role in DECIDERS,
        typed=typed,
        view_queue=view_queue,
        settings_path=f"{here.path}/settings" if here.launch.sets_up else None,
        copied=intro_words(here.activity),
        window=window_words(here.activity, site.clock()),
        notes=[*filter(None, (compared_words(found), met_words(met)))],
        factors=FACTORS if here.activity.kind is Kind.EXAM else (),
        requests_path=f"{here.path}/requests",
        requests_count=asked,
    )


async def show_deliveries(site: Site, here: Here) -> Template:
    """How the grades of the class stand, asked for again and again while any is on its way."""
    async with site.database.begin() as work:
        found = await passback_rows.of_activity(work.session, here.activity.id)
        named = await roster_rows.labels(work.session, [row.learner_id for row in found])
    graded = [
        OnItsWay(
            id=str(row.learner_id),
            learner=named[row.learner_id],
            delivery=standing(row),
            at=moment_of(row),
            problem=problem_of(row),
        )
        for row in found
    ]
    return fragment(
        "deliveries",
        launch=here.view,
        rows=graded,
        missing=sum(row.delivery in MISSING for row in graded),
        path=here.path,
        may_send=here.launch.role in SENDERS,
        polled=True,
    )


def window_words(activity: Activity, now: datetime) -> str | None:
    """When learners can work, for whoever decides it."""
    if windows.lacks_close(activity):
        return _(
            "Learners can't begin yet: say in the settings when this closes. "
            "Answers are shown from then on."
        )
    if activity.kind is Kind.PRE_POST and activity.second_opens_at is None:
        return _("Say in the settings when the second part opens: till then, it stays shut.")
    if activity.closes_at is None:
        return None if windows.has_opened(activity, now) else windows.why_shut(activity, now)
    if (sentence := windows.why_shut(activity, now)) is not None:
        return sentence
    return _("It closes on %(moment)s.", moment=windows.moment_words(activity.closes_at, activity))


def compared_words(found: list[ClassRow]) -> str | None:
    """What came between two parts, over those who have worked in both."""
    pairs = [
        (row.first_error, row.mean_error)
        for row in found
        if row.first_error is not None and row.mean_error is not None
    ]
    if not pairs:
        return None
    return _(
        "Mean error of those who have worked in both parts (%(count)s): %(first)s points in the "
        "first, %(second)s in the second.",
        count=len(pairs),
        first=decimal(fmean(first for first, _second in pairs), 1),
        second=decimal(fmean(second for _first, second in pairs), 1),
    )


async def cases_wanted(work: Work, here: Here) -> int:
    """How many cases, or clips, make this activity complete."""
    if here.activity.kind is Kind.OWN_CLIP:
        return here.activity.clips_wanted
    return len(await clip_rows.cases_of(work.session, here.activity))


def summary_of(found: list[ClassRow], roster: Roster | None) -> str:
    """The class in one sentence; how many there are is known from the LMS's list only."""
    started, finished = sum(row.started for row in found), sum(row.finished for row in found)
    if roster is None or roster.read_at is None:
        return _(
            "Started: %(started)s. Finished: %(finished)s.", started=started, finished=finished
        )
    return _(
        "%(started)s of %(all)s started, %(finished)s finished.",
        started=started,
        all=len(found),
        finished=finished,
    )


def roster_words(roster: Roster | None) -> str:
    """Where the list of learners comes from, and how old it is."""
    if roster is None:
        return _(
            "Your LMS doesn't tell this tool who is in the course: only who has begun is here."
        )
    if rosters.is_on_its_way(roster):
        return _("The course list is being fetched from your LMS. Reload in a moment.")
    if roster.read_at is None:
        why = trouble_words(roster.problem or "")
        return _(
            "The course list could not be fetched, so only who has begun is here. %(why)s", why=why
        )
    age = _("Course list of %(time)s.", time=words.day_and_time(roster.read_at))
    if roster.problem:
        why = trouble_words(roster.problem)
        age = _("%(age)s A newer one could not be fetched. %(why)s", age=age, why=why)
    return age if roster.is_complete else _("%(age)s It is too long to be read whole.", age=age)


async def class_rows(work: Work, here: Here, roster: Roster | None) -> list[ClassRow]:
    """A line for everybody in the course, and for whoever has begun; by name."""
    records: dict[UUID, Record] = {}
    cases = await clip_rows.cases_of(work.session, here.activity)
    halves = [case.id for case in cases]
    for learner, attempt, score, reading in await rows.class_of(work.session, here.activity.id):
        record = records.setdefault(learner.id, Record(learner))
        record.attempts.append(attempt)
        if score and score.delta is not None and not score.seen and tells_how_close(score, reading):
            early = attempt.case_id in first_part(here.activity, halves, learner.id)
            (record.before if early else record.gaps).append(score.delta)
    enrolled = roster.members if roster else None
    for learner in await enrolled_learners(work, here, enrolled):
        records.setdefault(learner.id, Record(learner))
    passbacks = {
        row.learner_id: row
        for row in await passback_rows.of_activity(work.session, here.activity.id)
    }
    decided = {
        row.learner_id: row for row in await roster_rows.overrides(work.session, here.activity.id)
    }
    present = None if enrolled is None else set(enrolled)
    sittings = await sitting_rows.of_activity(work.session, here.activity.id)
    factors = {row.learner_id: f"{row.factor:g}" for row in sittings}
    begun = {row.learner_id for row in sittings if row.started_at is not None}
    found = [
        replace(
            class_row(record, passbacks.get(key), decided.get(key), here, present),
            factor=factors.get(key, "1"),
            may_restart=key in begun,
        )
        for key, record in records.items()
    ]
    return sorted(found, key=lambda row: row.learner.casefold())


def first_part(activity: Activity, cases: list[UUID], learner_id: UUID) -> set[UUID]:
    """The cases of a learner's first part; none where there are no parts."""
    if activity.kind is not Kind.PRE_POST:
        return set()
    return set(parts.in_order(cases, activity.id, learner_id)[: len(cases) // 2])


async def enrolled_learners(
    work: Work, here: Here, enrolled: list[str] | None
) -> Iterable[Learner]:
    """Everybody on the course list."""
    if not enrolled:
        return []
    return await roster_rows.learners(work.session, here.launch.registration_id, enrolled)


def problem_of(passback: Passback) -> str | None:
    """What keeps a grade from its place, in words."""
    if not passback.problem or standing(passback) is Delivery.NONE:
        return None
    return trouble_words(passback.problem)


def class_row(
    record: Record,
    passback: Passback | None,
    decided: Override | None,
    here: Here,
    present: set[str] | None,
) -> ClassRow:
    """One learner's line."""
    gaps = record.gaps
    maximum = passback.score_maximum if passback else here.activity.points
    delivery = standing(passback) if passback else Delivery.NONE
    return ClassRow(
        id=str(record.learner.id),
        learner=record.learner.label,
        started=bool(record.attempts),
        done=sum(attempt.state is AttemptState.SETTLED for attempt in record.attempts),
        mean_error=fmean(map(abs, gaps)) if gaps else None,
        bias=fmean(gaps) if gaps else None,
        first_error=fmean(map(abs, record.before)) if record.before else None,
        first_bias=fmean(record.before) if record.before else None,
        score=passback.score_given if passback else None,
        maximum=maximum,
        delivery=delivery,
        at=moment_of(passback) if passback else None,
        problem=problem_of(passback) if passback else None,
        exempt=decided.reason if decided and decided.exempt else None,
        decided=decided.reason if decided and decided.share is not None else None,
        left=present is not None and record.learner.subject not in present,
    )
