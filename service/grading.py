"""What a learner's work in an activity comes to, as a share of the maximum, and in words.

It knows nothing of gradebooks: passback says when a grade is due, delivery how it gets there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service import parts, sealing, words
from service.i18n import _, later, speaking
from service.models import Activity, Attempt, Counting, Estimate, Kind, Learner, Score
from service.numbers import decimal, signed
from service.progress import Look, mastery
from service.scoring import COMPLETION, Summary, points, summarise
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import launches as launch_rows
from service.store import rosters as roster_rows
from service.store.database import Work
from service.windows import has_closed

EDUCATIONAL = later("Educational use only.")
REFERENCE = later("Reference: known LVEF of the phantom.")
SOFTWARE_REFERENCE = later("Reference: the software's reading.")


@dataclass(frozen=True, slots=True)
class Grade:
    """Points of the activity's maximum, with the comment that goes beside them."""

    points: float
    comment: str


async def grade_of(work: Work, activity: Activity, learner_id: UUID, now: datetime) -> Grade | None:
    """What a teacher decided, else what the learner's settled attempts come to; None where they are
    exempt, while it is not known, or while its answers are sealed: a grade tells of them."""
    with speaking(*await languages_of(work, activity, learner_id)):
        return await grade_in_words(work, activity, learner_id, now)


async def languages_of(work: Work, activity: Activity, learner_id: UUID) -> list[str | None]:
    """In which language a gradebook is told: the activity's own; where nobody has set it up, the
    learner's choice, or what their LMS speaks to them."""
    if activity.language is not None:
        return [activity.language]
    learner = await work.session.get_one(Learner, learner_id)
    return [learner.language, await launch_rows.locale_of(work.session, activity.id, learner_id)]


async def grade_in_words(
    work: Work, activity: Activity, learner_id: UUID, now: datetime
) -> Grade | None:
    """The same, in the language that is being spoken."""
    chosen = await roster_rows.override(work.session, activity.id, learner_id)
    if chosen is not None and chosen.exempt:
        return None
    if chosen is not None and chosen.share is not None:
        reason = chosen.reason if chosen.reason.endswith((".", "!", "?")) else f"{chosen.reason}."
        said = joined(_("Set by your teacher: %(reason)s", reason=reason), _(EDUCATIONAL))
        return Grade(points(chosen.share, activity.points), said)
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
    known = await attempt_rows.answered_cases(work.session, learner_id, outside=activity.id)
    spared = await sealing.spared(work, activity, learner_id, scored=scores, known=known, now=now)
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
        said = _("Taking part: complete.")
        if done < wanted:
            said = _("Taking part: %(done)s of %(wanted)s clips.", done=done, wanted=wanted)
        return Grade(points(share, activity.points), joined(said, _(EDUCATIONAL)))
    summary = summarise(
        [score.delta for score in close if score.delta is not None],
        [score.value for score in close],
    )
    many = _(
        "%(done)s/%(wanted)s clips, %(close)s by closeness.",
        done=min(done, wanted),
        wanted=wanted,
        close=len(close),
    )
    rule = f"{words.rule_in_short(close[0].rule)}."
    said = joined(many, errors(summary), rule, _(SOFTWARE_REFERENCE), _(EDUCATIONAL))
    return Grade(points(share, activity.points), said)


def joined(*sentences: str) -> str:
    """Sentences one after the other."""
    return " ".join(sentence for sentence in sentences if sentence)


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
    first = _("First part: %(errors)s", errors=errors(began))
    counts = later("Both parts: %(rest)s") if both else later("Second part: %(rest)s")
    return Grade(grade.points, f"{first} {_(counts, rest=grade.comment)}")


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
    said = _("%(percent)s %% of the way to mastery.", percent=10 * tenths)
    if found.reached:
        said = _("Mastery reached.")
    recent = _(
        "%(hits)s of the last %(window)s first looks within 10 points, bias %(bias)s.",
        hits=found.hits,
        window=found.window,
        bias=signed(found.bias, 1),
    )
    return Grade(
        points(tenths / 10, activity.points), joined(said, recent, _(REFERENCE), _(EDUCATIONAL))
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
    many = later("%(done)s/%(cases)s cases.")
    if done < summary.cases:
        many = later("%(done)s/%(cases)s cases; the others count 0.")
    counted = _(many, done=done, cases=summary.cases)
    said = "" if quiet else errors(summary)
    return joined(counted, said, f"{words.rule_in_short(rule)}.", _(REFERENCE), _(EDUCATIONAL))


def errors(summary: Summary) -> str:
    """How far off, and which way."""
    said = later("Mean error %(error)s, bias %(bias)s.")
    if summary.bias > 0:
        said = later("Mean error %(error)s, bias %(bias)s (reads high).")
    elif summary.bias < 0:
        said = later("Mean error %(error)s, bias %(bias)s (reads low).")
    return _(said, error=decimal(summary.mean_error, 1), bias=signed(summary.bias, 1))
