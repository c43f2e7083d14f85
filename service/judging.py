"""What a locked estimate scores, and against what."""

from datetime import datetime

from service.models import Attempt, Case, Reading, Score
from service.scoring import COMPLETION, delta, for_software, rule_named
from service.store import attempts as rows
from service.store import clips as clip_rows
from service.store import launches as launch_rows
from service.store.database import Work
from service.trust import SOFTWARE, can_be_scored


async def score_of(work: Work, attempt: Attempt, now: datetime) -> Score | None:
    """The score of a locked attempt, or None while the reading is awaited."""
    estimate = await rows.estimate(work.session, attempt.id)
    if estimate is None or attempt.clip_id is None:
        return None
    activity = await launch_rows.activity(work.session, attempt.activity_id)
    if attempt.case_id is not None:
        case = await work.session.get_one(Case, attempt.case_id)
        return Score(
            attempt_id=attempt.id,
            rule=activity.rule,
            value=rule_named(activity.rule).score(
                estimate.lvef, case.reference_lvef, estimate.how_sure
            ),
            reference_lvef=case.reference_lvef,
            reference_source=case.reference_source,
            delta=delta(estimate.lvef, case.reference_lvef),
            seen=await has_seen(work, attempt),
            created_at=now,
        )
    reading = await clip_rows.reading(work.session, attempt.clip_id)
    if reading is None:
        return None
    rule = own_rule(activity.rule, reading)
    return Score(
        attempt_id=attempt.id,
        rule=rule,
        value=1.0
        if reading.lvef is None
        else rule_named(rule).score(estimate.lvef, reading.lvef, estimate.how_sure),
        reference_lvef=reading.lvef,
        reference_source=SOFTWARE if reading.lvef is not None else "none",
        delta=None if reading.lvef is None else delta(estimate.lvef, reading.lvef),
        seen=await has_seen(work, attempt),
        created_at=now,
    )


def own_rule(wanted: str, reading: Reading) -> str:
    """By what rule a clip of the learner's own is scored: the activity's, as wide as a software's
    reading needs it; taking part is all where the reading is not certain enough to grade by."""
    if wanted == COMPLETION or not can_be_scored(reading):
        return COMPLETION
    return for_software(rule_named(wanted)).name


async def has_seen(work: Work, attempt: Attempt) -> bool:
    """Whether the learner knows this clip's answer already, of a case from another activity: it is
    practice then, and not scored. Whoever tries an activity out, or looks again, is not told."""
    if attempt.case_id is not None:
        if attempt.preview or attempt.look > 1:
            return False
        return attempt.case_id in await rows.answered_cases(
            work.session, attempt.learner_id, outside=attempt.activity_id
        )
    if attempt.clip_id is None:
        return False
    clip = await clip_rows.by_id(work.session, attempt.clip_id)
    if clip.masked_sha256 is None:
        return False
    return await rows.has_seen(work.session, attempt, clip.masked_sha256)
