"""What an operator sees of the LMSs that know us, and what they may change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.clock import MOST_SECONDS_APART
from service.i18n import _
from service.models import (
    Deployment,
    EventKind,
    EventOutcome,
    Invite,
    PassbackState,
    Registration,
)
from service.numbers import counted
from service.store import connections as rows
from service.store import events, invites
from service.store import registrations as registration_rows
from service.store.database import Database, Work
from service.words_of_lms import family_name

# A launch is some seconds on its way, more where a browser has to ask for its state first.
ON_ITS_WAY_SECONDS = 5


class NoSuchConnection(Exception):
    """Nothing has this id any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A deployment."""

    id: str
    deployment_id: str
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An LMS, and how it is doing."""

    id: str
    name: str
    kind: str
    issuer: str
    client_id: str
    contact: str | None
    approved: bool
    lets_in: bool
    places: tuple[Place, ...]
    last_launch: str
    clock: str | None
    clock_wrong: bool
    sent: int
    waiting: int
    refused: int
    problem: str | None


async def overview(database: Database, now: datetime) -> tuple[list[Connection], list[Invite]]:
    """Every LMS, those that wait first, and the invites that are still good."""
    async with database.begin() as work:
        known = await registration_rows.everyone(work.session)
        found = [await _connection(work, row, now) for row in known]
        good = await invites.open_ones(work.session, now)
    return sorted(found, key=lambda one: (one.approved, one.name.lower())), list(good)


async def _connection(work: Work, row: Registration, now: datetime) -> Connection:
    launch = await events.newest(work.session, row.id, EventKind.LAUNCH, EventOutcome.OK)
    ahead = await events.ahead(work.session, row.id)
    grades = await rows.deliveries(work.session, row.id)
    return Connection(
        id=str(row.id),
        name=row.name,
        kind=family_name(row.family) or row.family or _("LMS"),
        issuer=row.issuer,
        client_id=row.client_id,
        contact=row.contact,
        approved=row.approved,
        lets_in=row.approves_deployments,
        places=tuple(
            Place(id=str(one.id), deployment_id=one.deployment_id, approved=one.approved)
            for one in await registration_rows.deployments(work.session, row.id)
        ),
        last_launch=ago(launch.at, now) if launch else _("never"),
        clock=None if ahead is None else clock_words(ahead),
        clock_wrong=ahead is not None and abs(ahead) > MOST_SECONDS_APART,
        sent=grades.get(PassbackState.SENT, 0),
        waiting=grades.get(PassbackState.DUE, 0),
        refused=grades.get(PassbackState.REFUSED, 0),
        problem=await rows.last_problem(work.session, row.id),
    )


def clock_words(ahead: float) -> str:
    """How an LMS's clock goes beside ours, seen from its launches."""
    seconds = round(abs(ahead))
    if seconds <= ON_ITS_WAY_SECONDS:
        return _("As ours")
    if ahead > 0:
        return counted("%(count)s second ahead of ours", "%(count)s seconds ahead of ours", seconds)
    return counted("%(count)s second behind ours", "%(count)s seconds behind ours", seconds)


def ago(moment: datetime, now: datetime) -> str:
    """How long ago something was, roughly."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 120:
        return counted("%(count)s minute ago", "%(count)s minutes ago", minutes)
    if minutes < 48 * 60:
        return counted("%(count)s hour ago", "%(count)s hours ago", minutes // 60)
    return counted("%(count)s day ago", "%(count)s days ago", minutes // (24 * 60))


async def approve(database: Database, registration_id: UUID) -> None:
    """Let an LMS launch."""
    async with database.begin() as work:
        (await _known(work, registration_id)).approved = True


async def approve_deployment(database: Database, deployment_id: UUID) -> None:
    """Let one more deployment launch."""
    async with database.begin() as work:
        found: Deployment | None = await rows.deployment(work.session, deployment_id)
        if found is None:
            raise NoSuchConnection
        found.approved = True


async def let_in(database: Database, registration_id: UUID, *, at_once: bool) -> None:
    """Whether deployments that turn up are let in at once."""
    async with database.begin() as work:
        (await _known(work, registration_id)).approves_deployments = at_once


async def known(database: Database, registration_id: UUID) -> Registration:
    """An LMS by its row's id."""
    async with database.begin() as work:
        return await _known(work, registration_id)


async def _known(work: Work, registration_id: UUID) -> Registration:
    found = await work.session.get(Registration, registration_id)
    if found is None:
        raise NoSuchConnection
    return found
