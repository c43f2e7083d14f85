"""Who is in a course: asked of its platform when a teacher looks, and kept with its age."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from lti.claims import Launch as Claims
from lti.errors import LtiError, PlatformUnreachable
from lti.roles import Role
from lti.roster import Member, RosterClient
from service import events
from service.models import EventKind, EventOutcome, Registration, Roster
from service.registrations import plain
from service.store import registrations as registration_rows
from service.store import rosters as rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

LONGEST_ADDRESS = 2048
LONGEST_NAME = 255
KEPT_FOR = timedelta(minutes=15)
ASKED_AGAIN_AFTER = timedelta(minutes=1)


async def remember(work: Work, claims: Claims, registration: Registration) -> None:
    """Keep where this course's roster is, where the platform offers one."""
    url, course = claims.roster_url, claims.context_id
    if url and course and len(url) <= LONGEST_ADDRESS and len(course) <= LONGEST_NAME:
        await rows.remember(work.session, registration.id, course, url)


def ask(work: Work, roster: Roster, now: datetime, *, at_once: bool = False) -> None:
    """Have it read again if it is old, or wanted at once; not if somebody has asked just now."""
    if roster.asked_at is not None and roster.asked_at > now - ASKED_AGAIN_AFTER:
        return
    if at_once or roster.read_at is None or roster.read_at <= now - KEPT_FOR:
        roster.asked_at, roster.problem = now, None
        work.nudge("roster", roster.id)


def is_on_its_way(roster: Roster) -> bool:
    """Whether it was asked for, and has not come yet."""
    if roster.asked_at is None or roster.problem is not None:
        return False
    return roster.read_at is None or roster.read_at < roster.asked_at


async def read(
    database: Database, client: RosterClient, roster_id: UUID, *, clock: Callable[[], datetime]
) -> None:
    """Ask the platform who is in the course; no transaction is open meanwhile."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, roster_id)
        registration = plain(await registration_rows.by_id(work.session, row.registration_id))
    try:
        found = await client.members(registration, row.url)
    except LtiError as error:
        await note_failure(database, roster_id, error, clock())
        return
    async with database.begin() as work:
        row = await rows.by_id(work.session, roster_id, lock=True)
        learners = {each.user_id: name_of(each) for each in found.members if learns(each)}
        await rows.know(work.session, row.registration_id, learners, clock())
        row.members = list(learners)
        row.is_complete, row.read_at, row.problem = found.is_complete, clock(), None
        events.note(
            work,
            EventKind.ROSTER,
            EventOutcome.OK,
            clock(),
            registration_id=row.registration_id,
        )


async def note_failure(database: Database, roster_id: UUID, error: LtiError, now: datetime) -> None:
    """Write down why there is no newer roster; the page says so, and shows what there is."""
    later = isinstance(error, PlatformUnreachable)
    async with database.begin() as work:
        row = await rows.by_id(work.session, roster_id, lock=True)
        row.problem = error.message
        events.note(
            work,
            EventKind.ROSTER,
            EventOutcome.FAILED if later else EventOutcome.REFUSED,
            now,
            registration_id=row.registration_id,
            code=type(error).__name__,
        )


def learns(member: Member) -> bool:
    """Whether somebody is graded here: no teacher, nobody who left, no made-up student."""
    if "\0" in member.user_id:  # no database takes it as text
        return False
    return member.active and member.role is Role.LEARNER and not member.is_test_student


def name_of(member: Member) -> str | None:
    """A name as we keep it; None where the platform keeps it to itself."""
    return (member.name or "").replace("\0", "")[:LONGEST_NAME] or None
