"""What a learner has begun in all activities of an LMS: asked once for all parts of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from service.models import Attempt, AttemptState
from service.store import attempts as rows
from service.store.database import Work


@dataclass(frozen=True, slots=True)
class Begun:
    """Every attempt of a learner, whatever came of it."""

    attempts: Sequence[Attempt]

    def first_looks(self, activity_id: UUID) -> list[Attempt]:
        """Those in one activity that may count: first looks, and own clips."""
        return [one for one in self.attempts if one.activity_id == activity_id and one.look == 1]

    def known_elsewhere(self, activity_id: UUID) -> set[UUID]:
        """The cases whose answer was shown in any other activity than this one."""
        return {
            one.case_id
            for one in self.attempts
            if one.case_id and one.revealed_at and one.activity_id != activity_id
        }

    @property
    def has_settled(self) -> bool:
        """Whether anything has an answer yet, seen or not."""
        return any(one.state is AttemptState.SETTLED for one in self.attempts)


async def by(work: Work, learner_id: UUID | None) -> Begun:
    """What this learner has begun; nothing where the LMS does not say who it is."""
    return Begun([] if learner_id is None else await rows.everywhere(work.session, learner_id))
