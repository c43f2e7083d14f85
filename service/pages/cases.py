"""The list of an activity's cases: practice, the way to mastery, an exam."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from uuid import UUID

from litestar.response import Template

from service import grading, history, opening, parts, sealing, windows, words
from service.i18n import _
from service.models import (
    Activity,
    Attempt,
    AttemptState,
    Estimate,
    Kind,
    Score,
    Sitting,
)
from service.numbers import counted, decimal
from service.pages.clock import ClockView, draw_clock
from service.pages.drawing import (
    Easel,
    can_begin,
    draw_grade,
    first_left,
    reopened_words,
    waiting_here,
)
from service.pages.patterns import draw_mastery
from service.pages.refreshers import due_here
from service.pages.site import Here, Site, leaving, page
from service.pages.trends import MasteryView
from service.pages.views import CaseView


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamView:
    """How a learner stands in an exam."""

    minutes: str
    cases: int
    closes: str | None
    begin_path: str | None  # while the clock can be started
    clock: ClockView | None  # while it runs
    over: str | None  # what is said afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Some of the cases, with what they are and why they cannot be begun."""

    heading: str | None
    sentence: str | None
    cases: list[CaseView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What there is to draw a list of."""

    easel: Easel
    mine: dict[object, Attempt]
    cases: list[CaseView]
    now: datetime


async def show_cases(site: Site, here: Here) -> Template:
    """All cases, with what came of those that are done."""
    now = site.clock()
    async with site.database.begin() as work:
        easel = Easel(site=site, work=work, here=here)
        mine = await mine_by_case(easel)
        chosen = await parts.cases_for(work, here.activity, here.launch.learner_id)
        waits = await waiting_here(easel)
        known = await known_elsewhere(easel)
        told = await history.outcomes(work, here.activity, mine.values(), now)
        cases = [
            await case_view(
                easel, position, mine.get(case.id), waits.get(case.id), told, known=case.id in known
            )
            for position, case in enumerate(chosen, start=1)
        ]
        listed = Listed(easel=easel, mine=mine, cases=cases, now=now)
        sitting = await opening.sitting_of(work, here.activity, here.launch.learner_id)
        exam = draw_exam(listed, sitting)
        way = await draw_way(listed)
        shut = await shut_here(listed)
        begins = await can_begin(easel, chosen)
        following = None if shut else first_left(begins, mine.values(), waits)
        halves = await parts.parts_of(work, here.activity, here.launch.learner_id, now)
        compared = await compared_words(listed)
        grade = await draw_grade(easel, list(mine.values()))
        refreshers = None if exam and exam.over is None else await due_here(easel)
    done = [case for case in cases if case.state == "done"]
    summary = summary_words(here.activity, cases)
    return page(
        "practice",
        launch=leaving(here.view, message=summary) if len(done) == len(cases) else here.view,
        groups=groups_of(listed, halves),
        compared=compared,
        summary=summary,
        window=None if exam else window_words(here.activity, now),
        exam=exam,
        mastery=way,
        due=refreshers,
        grade=grade,
        lead=following,
        next_path=f"{here.path}/cases/{following}" if following and mine else None,
        delivery_path=f"{here.path}/delivery",
        progress_path=f"{here.path}/progress" if done else None,
    )


async def shut_here(listed: Listed) -> bool:
    """Whether this learner can begin no case at this moment."""
    launch, activity = listed.easel.here.launch, listed.easel.here.activity
    if launch.learner_id is None:
        return True
    if launch.is_preview:
        return activity.kind is Kind.EXAM and not listed.mine
    found = await opening.shut_because(listed.easel.work, activity, launch.learner_id, listed.now)
    return found is not None


def summary_words(activity: Activity, cases: list[CaseView]) -> str:
    """How far one is."""
    done = sum(case.state in {"done", "waiting"} for case in cases)
    if activity.kind is Kind.EXAM:
        return counted(
            "%(done)s of %(count)s case locked in.",
            "%(done)s of %(count)s cases locked in.",
            len(cases),
            done=done,
        )
    said = counted(
        "%(done)s of %(count)s case done.",
        "%(done)s of %(count)s cases done.",
        len(cases),
        done=done,
    )
    return f"{said} {_('Each case counts at your first look.')}"


def window_words(activity: Activity, now: datetime) -> str | None:
    """When the activity closes, or that it has; and when its answers are shown."""
    if activity.closes_at is None:
        return None
    if windows.has_closed(activity, now):
        return f"{windows.why_shut(activity, now)} {_('Cases that were not done count 0.')}"
    said = _("It closes on %(moment)s.", moment=windows.moment_words(activity.closes_at, activity))
    if windows.answers_open(activity, now):
        return said
    return f"{said} {_('Answers are shown from then on.')}"


def draw_exam(listed: Listed, sitting: Sitting | None) -> ExamView | None:
    """The exam's rules before, its clock while it runs, and what comes after."""
    here, now = listed.easel.here, listed.now
    activity = here.activity
    if activity.kind is not Kind.EXAM:
        return None
    closes = activity.closes_at
    may_begin = opening.may_still_begin(activity, sitting, now) or (
        here.launch.is_preview and not listed.mine
    )
    return ExamView(
        minutes=windows.minutes_of(activity, sitting),
        cases=len(listed.cases),
        closes=windows.moment_words(closes, activity) if closes else None,
        begin_path=f"{here.path}/begin" if may_begin and listed.cases else None,
        clock=draw_clock(activity, sitting, now),
        over=over_words(listed, sitting),
    )


def over_words(listed: Listed, sitting: Sitting | None) -> str | None:
    """What a learner is told whose time is over, or who is done before it."""
    activity, now = listed.easel.here.activity, listed.now
    if windows.has_closed(activity, now):
        return window_words(activity, now)
    if windows.is_over(activity, sitting, now):
        said = _("Your time is over. What you had typed by then is handed in.")
        return f"{said} {windows.answers_words(activity)}"
    if listed.cases and all(case.state == "waiting" for case in listed.cases):
        said = _("All cases are locked in.")
        return f"{said} {windows.answers_words(activity)}"
    return None


async def draw_way(listed: Listed) -> MasteryView | None:
    """How far it is to mastery, by the first looks at this activity's cases: what its grade goes
    by."""
    here = listed.easel.here
    if here.activity.kind is not Kind.MASTERY or here.launch.learner_id is None:
        return None
    found = await grading.towards_mastery(
        listed.easel.work, here.activity, here.launch.learner_id, listed.now
    )
    return draw_mastery(found)


def groups_of(listed: Listed, halves: parts.Parts | None) -> list[GroupView]:
    """The cases as they are listed: of a pre/post activity, part by part."""
    if not listed.cases:
        return []
    if halves is None:
        return [GroupView(heading=None, sentence=None, cases=listed.cases)]
    here, half = listed.easel.here, len(halves.first)
    shut = parts.second_shut(here.activity, halves, listed.now)
    over = windows.has_closed(here.activity, listed.now)
    return [
        GroupView(heading=_("First part"), sentence=None, cases=listed.cases[:half]),
        GroupView(
            heading=_("Second part"),
            sentence=None if over else shut,
            cases=[] if shut and not here.launch.is_preview else listed.cases[half:],
        ),
    ]


async def compared_words(listed: Listed) -> str | None:
    """What came between the two parts, once both are done and answers are shown."""
    here, work, now = listed.easel.here, listed.easel.work, listed.now
    learner = here.launch.learner_id
    if learner is None or here.activity.kind is not Kind.PRE_POST:
        return None
    if not await parts.answers_open(work, here.activity, learner, now):
        return None
    done = [one.case_id for one in listed.mine.values() if one.case_id and not one.preview]
    if await sealing.sealed(work, here.activity, learner, done, now):
        return None
    gaps = await grading.gaps_by_part(work, here.activity, learner, now)
    return progress_words(*gaps) if all(gaps) else None


def progress_words(before: Sequence[float], after: Sequence[float]) -> str:
    """Two mean errors, and which is smaller."""
    first, second = (fmean(map(abs, gaps)) for gaps in (before, after))
    said = _(
        "Mean error in the first part: %(first)s points; in the second: %(second)s.",
        first=decimal(first, 1),
        second=decimal(second, 1),
    )
    nearer = round(first, 1) - round(second, 1)
    if round(nearer, 1) > 0:
        came = counted(
            "You came %(count)s point nearer.", "You came %(count)s points nearer.", nearer, 1
        )
        return f"{said} {came}"
    return said


async def mine_by_case(easel: Easel) -> dict[object, Attempt]:
    """This learner's attempts, by case."""
    begun = await easel.begun()
    return {attempt.case_id: attempt for attempt in begun.first_looks(easel.here.activity.id)}


async def known_elsewhere(easel: Easel) -> Collection[UUID | None]:
    """The cases whose answer this learner was shown in another activity."""
    if easel.here.launch.is_preview:
        return ()
    return (await easel.begun()).known_elsewhere(easel.here.activity.id)


def undone_words(
    activity: Activity, waits: str | None, now: datetime, *, known: bool
) -> str | None:
    """What is said of a case in which nothing is locked in, apart from that."""
    if known:
        return _("You've seen its answer in another activity. It's practice here, and not scored.")
    if waits is not None and windows.has_closed(activity, now):
        return _("It waited until this closed, so it isn't counted.")
    return waits


async def case_view(
    easel: Easel,
    position: int,
    attempt: Attempt | None,
    waits: str | None,
    told: Mapping[UUID, tuple[Estimate, Score]],
    *,
    known: bool,
) -> CaseView:
    """One line of the list; a number only where this learner may be told it."""
    states = {AttemptState.LOCKED: "waiting", AttemptState.SETTLED: "done"}
    state = "new" if attempt is None else states.get(attempt.state, "draft")
    outcome = None
    if state in {"new", "draft"}:
        activity, now = easel.here.activity, easel.site.clock()
        outcome = undone_words(activity, waits, now, known=known)
        shut = "spared" if windows.has_closed(activity, now) else "shut"
        state = state if waits is None else shut
    if attempt is not None and state == "draft":
        outcome = outcome or await reopened_words(easel, attempt)
    if attempt is not None and state == "done":
        state, outcome = outcome_words(told.get(attempt.id))
    return CaseView(
        position=position,
        path=f"{easel.here.path}/cases/{position}",
        state=state,
        outcome=outcome,
    )


def outcome_words(told: tuple[Estimate, Score] | None) -> tuple[str, str | None]:
    """How a settled case stands in the list, and what came of it; a sealed one waits."""
    if told is None:
        return "waiting", None
    estimate, score = told
    if score.reference_lvef is None:
        return "done", None
    return "done", _(
        "Yours %(estimate)s %%, reference %(reference)s %%. %(gap)s",
        estimate=estimate.lvef,
        reference=words.percent(score.reference_lvef),
        gap=words.gap(score.delta or 0.0),
    )
