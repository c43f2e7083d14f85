"""What a learner's work in an activity comes to, as a share of the maximum, and in words.

It knows nothing of gradebooks: passback says when a grade is due, delivery how it gets there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service import parts, sealing, words
from service.models import Activity, Attempt, Counting, Estimate, Kind, Score
from service.progress import Look, mastery
from service.scoring import COMPLETION, Summary, points, summarise
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import launches as launch_rows
from service.store import rosters as roster_rows
from service.store.database import Work
from service.windows import has_closed

EDUCATIONAL = "Educational use only."
REFERENCE = "Reference: known LVEF of the phantom."
SOFTWARE_REFERENCE = "Reference: the software's reading."


@dataclass(frozen=True, slots=True)
class Grade:
    """Points of the activity's maximum, with the comment that goes beside them."""

    points: float
    comment: str


async def grade_of(work: Work, activity: Activity, learner_id: UUID, now: datetime) -> Grade | None:
    """What a teacher decided, else what the learner's settled attempts come to; None where they are
    exempt, while it is not known, or while its answers are sealed: a grade tells of them."""
    chosen = await roster_rows.override(work.session, activity.id, learner_id)
    if chosen is not None and chosen.exempt:
        return None
    if chosen is not None and chosen.share is not None:
        reason = chosen.reason if chosen.reason.endswith((".", "!", "?")) else f"{chosen.reason}."
        return Grade(
            points(chosen.share, activity.points), f"Set by your teacher: {reason} {EDUCATIONAL}"
        )
    if not await parts.answers_open(work, activity, learner_id, now):
        return None
    closed = has_closed(activity, now)
    if activity.kind is Kind.OWN_CLIP:
        scored = await attempt_rows.scored(work.session, activity.id, learner_id)
        return own_grade(activity, [score for _, _, score in scored], closed=closed)
    if activity.kind is Kind.MASTERY:
        return mastery_grade(activity, await towards_mastery(work, activity, learner_id, now))
    counted = await counted_of(work, activity, learner_id, now)
    found = await parts.parts_of(work, activity, learner_id, now)
    if found is not None:
        return parts_grade(activity, found, counted, closed)
    return mean_grade(activity, counted, counted.cases, closed=closed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What counts of a learner's work with cases.

    cases:  those that have to be done: not those that cost this learner nothing.
    scores: what was scored of them.
    quiet:  whether something else seals the answer of one: then no error is told beside a grade.
    """

    cases: Collection[UUID]
    scores: Mapping[UUID | None, Score]
    quiet: bool


async def counted_of(work: Work, activity: Activity, learner_id: UUID, now: datetime) -> Counted:
    """What counts of a learner's work in an activity with cases."""
    scored = await attempt_rows.scored(work.session, activity.id, learner_id)
    scores = {one.case_id: score for one, _, score in scored}
    spared = await sealing.spared(work, activity, learner_id, scored=scores, now=now)
    cases = {case.id for case in await clip_rows.cases_of(work.session, activity)} - spared
    done = [case for case in cases if case in scores]
    held = await sealing.sealed(work, activity, learner_id, done, now)
    return Counted(cases=cases, scores=scores, quiet=bool(held))


def own_grade(activity: Activity, scores: list[Score], *, closed: bool) -> Grade | None:
    """The mean over so many clips, which is full where taking part is all; whoever has some of them
    when it closes gets their part."""
    wanted, done = max(1, activity.clips_wanted), len(scores)
    if done == 0 or (done < wanted and not closed):
        return None
    counted = counting(activity.counting, scores, wanted)
    share = min(1.0, sum(score.value for score in counted) / max(wanted, len(counted)))
    close = [score for score in counted if score.rule != COMPLETION]
    if not close:
        said = "complete" if done >= wanted else f"{done} of {wanted} clips"
        return Grade(points(share, activity.points), f"Taking part: {said}. {EDUCATIONAL}")
    summary = summarise(
        [score.delta for score in close if score.delta is not None],
        [score.value for score in close],
    )
    return Grade(
        points(share, activity.points),
        f"{min(done, wanted)}/{wanted} clips, {len(close)} by closeness. {errors(summary)} "
        f"{words.rule_in_short(close[0].rule)}. {SOFTWARE_REFERENCE} {EDUCATIONAL}",
    )


def counting(how: Counting, scores: list[Score], wanted: int) -> list[Score]:
    """Which of a learner's clips count, in the order in which they were locked in."""
    match how:
        case Counting.BEST:
            return sorted(scores, key=lambda score: score.value, reverse=True)[:wanted]
        case Counting.LATEST:
            return scores[-wanted:]
        case Counting.FIRST:
            return scores[:wanted]
        case Counting.MEAN:
            return scores


def parts_grade(
    activity: Activity, found: parts.Parts, counted: Counted, closed: bool
) -> Grade | None:
    """The second part alone, since the first shows where one began; taking part is in both."""
    both = activity.rule == COMPLETION
    cases = (*found.first, *found.second) if both else found.second
    wanted = [case.id for case in cases if case.id in counted.cases]
    grade = mean_grade(activity, counted, wanted, closed=closed)
    scores = counted.scores
    before = [scores[case.id] for case in found.first if case.id in scores]
    if grade is None or not before or counted.quiet:
        return grade
    began = summarise([one.delta or 0.0 for one in before], [one.value for one in before])
    counts = "Both parts" if both else "Second part"
    return Grade(grade.points, f"First part: {errors(began)} {counts}: {grade.comment}")


async def gaps_by_part(
    work: Work, activity: Activity, learner_id: UUID, now: datetime
) -> tuple[list[float], list[float]]:
    """How far off a learner was in each of two parts, case by case."""
    scored = await attempt_rows.scored(work.session, activity.id, learner_id)
    gaps = {one.case_id: score.delta for one, _, score in scored if score.delta is not None}
    found = await parts.parts_of(work, activity, learner_id, now)
    if found is None:
        return [], []
    first, second = (
        [gaps[case.id] for case in half if case.id in gaps] for half in (found.first, found.second)
    )
    return first, second


def mean_grade(
    activity: Activity, counted: Counted, cases: Collection[UUID], *, closed: bool
) -> Grade | None:
    """The mean over these cases, once all are done; when it closes, those that are not count 0."""
    scores = [counted.scores[case] for case in cases if case in counted.scores]
    missing = len(cases) - len(scores)
    if not scores or (missing and not closed):
        return None
    summary = summarise(
        [score.delta for score in scores if score.delta is not None],
        [score.value for score in scores] + [0.0] * missing,
    )
    comment = practice_comment(summary, activity.rule, done=len(scores), quiet=counted.quiet)
    return Grade(points(summary.mean_score, activity.points), comment)


def mastery_grade(activity: Activity, looks: Sequence[Look]) -> Grade | None:
    """Full marks once the rule is met. Until then a tenth of the way at a time, so that forty cases
    do not make forty entries in a gradebook."""
    found = mastery(looks)
    tenths = 10 if found.reached else min(9, int(10 * found.share + 1e-9))
    if tenths == 0:
        return None
    said = "Mastery reached" if found.reached else f"{10 * tenths} % of the way to mastery"
    recent = f"{found.hits} of the last {found.window} first looks within 10 points"
    return Grade(
        points(tenths / 10, activity.points),
        f"{said}: {recent}, bias {found.bias:+.1f}. {REFERENCE} {EDUCATIONAL}",
    )


def as_looks(counted: Sequence[tuple[Attempt, Estimate, Score]]) -> list[Look]:
    """What counts on the way to mastery: not what a learner said that they knew."""
    return [
        Look(
            case=str(attempt.case_id),
            estimate=estimate.lvef,
            reference=score.reference_lvef,
            at=estimate.locked_at,
        )
        for attempt, estimate, score in counted
        if score.reference_lvef is not None and not estimate.known
    ]


async def towards_mastery(
    work: Work, activity: Activity, learner_id: UUID, now: datetime
) -> list[Look]:
    """A learner's first looks at the cases of a mastery activity, in their order, wherever in this
    LMS they were; not those whose answer is sealed."""
    wanted = {case.id for case in await clip_rows.cases_of(work.session, activity)}
    held = await sealing.sealed(work, activity, learner_id, wanted, now)
    firsts: dict[UUID | None, tuple[Attempt, Estimate, Score]] = {}
    shows = {activity.id: True}
    for one in await attempt_rows.scored_anywhere(work.session, activity.id, learner_id):
        attempt, case_id = one[0], one[0].case_id
        if case_id not in wanted or case_id in held or case_id in firsts:
            continue
        if attempt.activity_id not in shows:
            other = await launch_rows.activity(work.session, attempt.activity_id)
            shows[other.id] = await parts.answers_open(work, other, learner_id, now)
        if shows[attempt.activity_id]:
            firsts[case_id] = one
    return as_looks(list(firsts.values()))


def practice_comment(summary: Summary, rule: str, *, done: int, quiet: bool) -> str:
    """The gradebook's comment: how many, how far off, which way, by which rule."""
    rest = "; the others count 0" if done < summary.cases else ""
    said = "" if quiet else f"{errors(summary)} "
    return (
        f"{done}/{summary.cases} cases{rest}. {said}"
        f"{words.rule_in_short(rule)}. {REFERENCE} {EDUCATIONAL}"
    )


def errors(summary: Summary) -> str:
    """How far off, and which way."""
    direction = "reads high" if summary.bias > 0 else "reads low"
    lean = f" ({direction})" if summary.bias else ""
    return f"Mean error {summary.mean_error}, bias {summary.bias:+}{lean}."
