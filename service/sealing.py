"""One case in several activities: whose answer is still sealed, and what counts of it.

An answer stays sealed from a learner for as long as anything in the course that measures them by
the case has not shown its own answers, wherever and whenever it was locked in. Only a first look
counts, wherever that was: whoever has seen an answer in another activity practises with it here,
and neither that nor a case that could not be done in time costs anything.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from service import parts, windows
from service.i18n import _
from service.models import Activity, Attempt, Kind
from service.store import activities as activity_rows
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store.database import Work

WAITING = frozenset({Kind.PRACTICE, Kind.MASTERY})  # what measures learners waits for nothing


async def sealed(
    work: Work, activity: Activity, learner_id: UUID, cases: Iterable[UUID], now: datetime
) -> dict[UUID, Activity]:
    """Those of these cases whose answer something beside an activity seals from this learner, with
    what does; not those whose answer they were shown before. Where a platform names no course,
    nothing is known to be beside."""
    found: dict[UUID, Activity] = {}
    asked = list(cases)
    if activity.context_id is None or not asked:
        return found
    for other in await activity_rows.measuring_beside(work.session, activity):
        held = [case for case in asked if other.created_at <= now and holds(other, case)]
        if held and not await parts.answers_open(work, other, learner_id, now):
            found |= dict.fromkeys(held, other)
    known = await attempt_rows.answered_cases(work.session, learner_id) if found else set()
    return {case: other for case, other in found.items() if case not in known}


def holds(activity: Activity, case_id: UUID) -> bool:
    """Whether a case is in an activity's set."""
    return activity.case_ids is None or str(case_id) in activity.case_ids


async def cases_that_wait(
    work: Work, activity: Activity, learner_id: UUID, now: datetime
) -> dict[UUID, str]:
    """The cases which practice would give away, each with a sentence."""
    if activity.kind not in WAITING:
        return {}
    cases = [case.id for case in await clip_rows.cases_of(work.session, activity)]
    found = await sealed(work, activity, learner_id, cases, now)
    return {case: waits_words(other) for case, other in found.items()}


def waits_words(other: Activity) -> str:
    """Why a case cannot be begun."""
    return _(
        'This case is part of "%(title)s", whose answers are not out yet. '
        "It can be done here once they are.",
        title=other.title,
    )


async def why_sealed(work: Work, activity: Activity, attempt: Attempt, now: datetime) -> str | None:
    """Why the answer of what this learner has locked in is not shown yet; None where it may be.
    Whoever only tries an activity out is not measured by another one."""
    if not await parts.answers_open(work, activity, attempt.learner_id, now):
        return windows.answers_words(activity)
    if attempt.case_id is None or attempt.preview:
        return None
    found = await sealed(work, activity, attempt.learner_id, [attempt.case_id], now)
    if not found:
        return None
    return _(
        'This case is part of "%(title)s", whose answers are not out yet. '
        "Its answer is shown here once they are.",
        title=found[attempt.case_id].title,
    )


async def spared(
    work: Work,
    activity: Activity,
    learner_id: UUID,
    *,
    scored: Iterable[UUID | None],
    known: Collection[UUID | None],
    now: datetime,
) -> set[UUID]:
    """The cases of an activity that cost this learner nothing, of all but those that were scored:
    they are known from elsewhere, or it waited for them until it closed."""
    cases = [case.id for case in await clip_rows.cases_of(work.session, activity)]
    found = {case for case in cases if case in known}
    closes = activity.closes_at
    if activity.kind in WAITING and closes is not None and closes <= now:
        found |= (await sealed(work, activity, learner_id, cases, closes)).keys()
    return found - set(scored)
