"""What a learner's work in an activity comes to, as a share of the maximum, and in words.

It knows nothing of gradebooks: passback says when a grade is due, delivery how it gets there.
"""

from dataclasses import dataclass
from uuid import UUID

from service import words
from service.models import Activity, Kind
from service.scoring import Summary, points, summarise
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import rosters as roster_rows
from service.store.database import Work

EDUCATIONAL = "Educational use only."


@dataclass(frozen=True, slots=True)
class Grade:
    """Points of the activity's maximum, with the comment that goes beside them."""

    points: float
    comment: str


async def grade_of(work: Work, activity: Activity, learner_id: UUID) -> Grade | None:
    """What a teacher decided, else what the learner's settled attempts come to; None while too few
    have."""
    chosen = await roster_rows.override(work.session, activity.id, learner_id)
    if chosen is not None and chosen.share is not None:
        return Grade(
            points(chosen.share, activity.points),
            f"Set by your teacher: {chosen.reason} {EDUCATIONAL}",
        )
    scored = await attempt_rows.scored(work.session, activity.id, learner_id)
    if not scored:
        return None
    if activity.kind is Kind.OWN_CLIP:
        best = max(score.value for _, _, score in scored)
        return Grade(points(best, activity.points), f"Taking part: complete. {EDUCATIONAL}")
    wanted = {case.id for case in await clip_rows.cases_of(work.session, activity)}
    counted = [score for attempt, _, score in scored if attempt.case_id in wanted]
    if len(counted) < max(1, len(wanted)):
        return None
    summary = summarise(
        [score.delta for score in counted if score.delta is not None],
        [score.value for score in counted],
    )
    comment = practice_comment(summary, activity.rule)
    return Grade(points(summary.mean_score, activity.points), comment)


def practice_comment(summary: Summary, rule: str) -> str:
    """The gradebook's comment: how many, how far off, which way, by which rule."""
    direction = "reads high" if summary.bias > 0 else "reads low"
    lean = f" ({direction})" if summary.bias else ""
    return (
        f"{summary.cases}/{summary.cases} cases. Mean error {summary.mean_error}, "
        f"bias {summary.bias:+}{lean}. {words.rule_in_short(rule)}. "
        f"Reference: known LVEF of the phantom. {EDUCATIONAL}"
    )
