"""What happened between an LMS and us, for the log and for the operator's page.

One line where it happens: `note` within a transaction, `record` with one of its own. Neither takes
a token, a name or a claim: only ids of our own rows, and a word that says why.
"""

import logging
from datetime import datetime, timedelta
from typing import TypedDict, Unpack
from uuid import UUID, uuid4

from sqlalchemy.exc import SQLAlchemyError

from service.models import Event, EventKind, EventOutcome
from service.signing import fingerprint
from service.store import events as rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=90)
REFERENCE_LENGTH = 10
LONGEST_CODE = 64
# Anybody can cause events that belong to no registration: beyond this, only the log has them.
STRANGERS_PER_MINUTE = 60


class Facts(TypedDict, total=False):
    """What may be known of an event."""

    registration_id: UUID | str | None
    learner_id: UUID | None
    code: str | None
    reference: str | None
    ahead: float | None


def reference_of(thing: object) -> str:
    """The reference under which all that belongs to this login, attempt or score is found."""
    return fingerprint(str(thing))[:REFERENCE_LENGTH]


def new_reference() -> str:
    """A reference of something that has no row."""
    return uuid4().hex[:REFERENCE_LENGTH]


def note(
    work: Work, kind: EventKind, outcome: EventOutcome, at: datetime, **facts: Unpack[Facts]
) -> str:
    """Log an event, and store it with this transaction; the reference is returned."""
    event = logged(kind, outcome, at, **facts)
    work.session.add(event)
    return event.reference


def logged(kind: EventKind, outcome: EventOutcome, at: datetime, **facts: Unpack[Facts]) -> Event:
    """Log an event; whoever asks stores it, with what it tells of."""
    learner, registration = facts.get("learner_id"), facts.get("registration_id")
    event = Event(
        id=uuid4(),
        at=at,
        kind=kind,
        outcome=outcome,
        reference=facts.get("reference") or new_reference(),
        registration_id=UUID(registration) if isinstance(registration, str) else registration,
        person=fingerprint(str(learner))[:REFERENCE_LENGTH] if learner else None,
        code=(facts.get("code") or "")[:LONGEST_CODE] or None,
        ahead=facts.get("ahead"),
    )
    _log(event)
    return event


async def record(
    database: Database,
    kind: EventKind,
    outcome: EventOutcome,
    at: datetime,
    **facts: Unpack[Facts],
) -> str:
    """The same where no transaction is open, or where it is rolled back. A database that is down
    makes nothing worse: the log has it."""
    event = logged(kind, outcome, at, **facts)
    try:
        async with database.begin() as work:
            if event.registration_id is not None or not await _is_flood(work, at):
                work.session.add(event)
    except (SQLAlchemyError, OSError) as error:
        log.warning("event %s is in the log alone: %s", event.reference, type(error).__name__)
    return event.reference


async def _is_flood(work: Work, at: datetime) -> bool:
    strangers = await rows.of_nobody(work.session, at - timedelta(minutes=1))
    return strangers >= STRANGERS_PER_MINUTE


def _log(event: Event) -> None:
    """One line of `name=value` pairs; what went well is not worth waking anybody for."""
    level = logging.INFO if event.outcome is EventOutcome.OK else logging.WARNING
    known = {
        "outcome": event.outcome.value,
        "reference": event.reference,
        "registration": event.registration_id,
        "person": event.person,
        "code": event.code,
        "ahead": None if event.ahead is None else f"{event.ahead:+.1f}s",
    }
    pairs = " ".join(f"{name}={value}" for name, value in known.items() if value is not None)
    log.log(level, "%s %s", event.kind.value, pairs)


async def sweep(work: Work, now: datetime) -> None:
    """Forget what is older than it has to be kept."""
    await rows.forget_before(work.session, now - KEPT_FOR)
