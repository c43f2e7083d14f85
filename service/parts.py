"""The two parts of a pre/post activity: parallel forms, one before teaching and one after it.

Half of the learners begin with one form and half with the other, so that no form's difficulty
passes for learning. Answers wait for the end of the second part.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service import windows
from service.i18n import _
from service.models import Activity, Case, Kind
from service.store import attempts as rows
from service.store import clips as clip_rows
from service.store.database import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A learner's two forms in their order, and the cases that they have locked in."""

    first: tuple[Case, ...]
    second: tuple[Case, ...]
    done: frozenset[UUID | None]

    @property
    def left(self) -> int:
        """How many cases of the first part are still to do."""
        return sum(case.id not in self.done for case in self.first)

    @property
    def both_done(self) -> bool:
        """Whether everything is locked in."""
        return all(case.id in self.done for case in (*self.first, *self.second))


def begins_with_b(activity_id: UUID, learner_id: UUID) -> bool:
    """Which form comes first for this learner: by chance, and always the same."""
    return bool(hashlib.sha256(activity_id.bytes + learner_id.bytes).digest()[0] & 1)


def in_order[C](cases: Sequence[C], activity_id: UUID, learner_id: UUID | None) -> Sequence[C]:
    """Both forms, the learner's first one in front; they lie one after the other."""
    half = len(cases) // 2
    if learner_id is None or not begins_with_b(activity_id, learner_id):
        return cases
    return [*cases[half:], *cases[:half]]


async def cases_for(work: Work, activity: Activity, learner_id: UUID | None) -> Sequence[Case]:
    """The cases of an activity as this learner meets them; the first one is case 1 there."""
    cases = await clip_rows.cases_of(work.session, activity)
    if activity.kind is not Kind.PRE_POST:
        return cases
    return in_order(cases, activity.id, learner_id)


async def places_for(work: Work, activity: Activity, learner_id: UUID | None) -> dict[UUID, int]:
    """By which number this learner knows each case of an activity."""
    cases = await cases_for(work, activity, learner_id)
    return {case.id: place for place, case in enumerate(cases, start=1)}


async def parts_of(
    work: Work, activity: Activity, learner_id: UUID | None, now: datetime
) -> Parts | None:
    """How a learner stands between the parts at a moment; None where there are none."""
    if activity.kind is not Kind.PRE_POST or learner_id is None:
        return None
    cases = await cases_for(work, activity, learner_id)
    done = await rows.locked_cases(work.session, activity.id, learner_id, by=now)
    half = len(cases) // 2
    return Parts(
        first=tuple(cases[:half]),
        second=tuple(cases[half:]),
        done=frozenset(done),
    )


async def answers_open(
    work: Work, activity: Activity, learner_id: UUID | None, now: datetime
) -> bool:
    """Whether this learner may see the answers of what they have locked in: of two parts, once
    both are done, or nothing more can be."""
    if not windows.answers_open(activity, now):
        return False
    if activity.kind is not Kind.PRE_POST or windows.has_closed(activity, now):
        return True
    parts = await parts_of(work, activity, learner_id, now)
    return parts is not None and parts.both_done


def second_shut(activity: Activity, parts: Parts, now: datetime) -> str | None:
    """Why a learner cannot begin with the second part, as a sentence; None where they can."""
    if not windows.second_is_open(activity, now):
        return windows.second_words(activity)
    if parts.left:
        return _("Do the first part first. Cases left in it: %(count)s.", count=parts.left)
    return None
