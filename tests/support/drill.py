"""Grades by the hundred, decided as the tool decides them, for a gradebook that has bad days."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from lti.grades import RESULT_SCOPE, SCORE_SCOPE
from service import passback
from service.grading import Grade
from service.models import Activity, Kind, PassbackState, Registration
from service.seeding import seed_registration
from service.setups import Setup
from service.store import attempts as attempt_rows
from service.store import launches as launch_rows
from service.store import line_items as line_item_rows
from service.store import passbacks as rows
from service.store.database import Database

COLUMN = "/columns/1/lineitem"


@dataclass
class Class:
    """An activity with its learners, and the share that each should have in the end."""

    database: Database
    activity_id: UUID
    column: str
    learners: dict[str, UUID]
    shares: dict[str, float] = field(default_factory=dict[str, float])
    decided: dict[str, int] = field(default_factory=dict[str, int])

    async def decides(self, subject: str, random: Random, now: datetime) -> None:
        """This learner's grade goes up, as after a further attempt."""
        share = min(1.0, self.shares.get(subject, 0.1) + random.uniform(0.02, 0.2))
        learner_id = self.learners[subject]
        async with self.database.begin() as work:
            await attempt_rows.serialise(work.session, self.activity_id, learner_id)
            activity = await work.session.get_one(Activity, self.activity_id)
            latest = await rows.latest(work.session, activity.id, learner_id)
            grade = Grade(round(share * activity.points, 2), f"Grade {len(self.decided)}.")
            row = passback.due(activity, grade, after=latest, now=now)
            row.learner_id, row.line_item_url = learner_id, self.column
            row.started_at = row.submitted_at = now
            await passback.put(work, row)
        self.shares[subject] = grade.points / activity.points
        self.decided[subject] = self.decided.get(subject, 0) + 1

    async def due(self, now: datetime) -> list[UUID]:
        """The scores that a worker would find to send."""
        async with self.database.begin() as work:
            return [row.id for row in await rows.due(work.session, now)]

    async def states(self) -> dict[PassbackState, int]:
        """How many grades are in which state."""
        found: dict[PassbackState, int] = {}
        async with self.database.begin() as work:
            for learner_id in self.learners.values():
                for row in await rows.of_learner(work.session, self.activity_id, learner_id):
                    found[row.state] = found.get(row.state, 0) + 1
        return found


async def enrol(database: Database, platform: str, learners: int, now: datetime) -> Class:
    """A platform that the tool knows, an activity with a column there, and its learners."""
    registration = Registration(
        name="A platform with bad days",
        issuer=platform,
        client_id="tool-1",
        auth_login_url=f"{platform}/auth",
        auth_token_url=f"{platform}/token",
        jwks_url=f"{platform}/jwks",
        token_audience=None,
        created_at=now,
    )
    registration_id = await seed_registration(database, registration, "1", now)
    unset = Setup(title="Drill", points=100.0, kind=Kind.PRACTICE, cases=0, rule="completion")
    activity = Activity(
        registration_id=registration_id,
        deployment_id="1",
        context_id="3",
        course_title="Echo 101",
        **unset.columns(),
        case_ids=[],
        settings_version=1,
        settings_changed_at=now,
        created_at=now,
    )
    async with database.begin() as work:
        work.session.add(activity)
        await work.session.flush()
        await line_item_rows.remember(
            work.session,
            activity_id=activity.id,
            registration_id=registration_id,
            url=platform + COLUMN,
            scopes=[RESULT_SCOPE, SCORE_SCOPE],
            now=now,
        )
        known = {
            subject: await launch_rows.learner_of(work.session, registration_id, subject, None, now)
            for subject in (f"learner-{number}" for number in range(learners))
        }
        found = {subject: row.id for subject, row in known.items()}
    return Class(database, activity.id, platform + COLUMN, found)


def unsettled(states: dict[PassbackState, int]) -> int:
    """How many grades are not where they should be."""
    good = {PassbackState.SENT, PassbackState.SUPERSEDED}
    return sum(count for state, count in states.items() if state not in good)
