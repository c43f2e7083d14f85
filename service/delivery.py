"""One score on its way: taken, sent, and what came of it written down.

No transaction is open while the LMS thinks. Whatever dies on the way leaves a row that says what is
due, and a body that makes a second try a repeat of the first.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from lti.errors import LtiError, PassbackRefused, PlatformUnreachable, ScopeRefused
from lti.grades import GradesClient
from service import events
from service.comparing import Outcome, Parcel, send
from service.models import EventKind, EventOutcome, Passback, PassbackState
from service.packing import A_SECOND, Terms, learn_maximum, pack
from service.store import line_items as line_item_rows
from service.store import passbacks as rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=7)
# So often a platform may say yes and not show it, before we believe that it never shows any. A yes
# alone is no proof, and tries that failed say nothing of what it shows.
YESES_TO_BELIEVE = 6
EVENTS = {
    PassbackState.SENT: EventOutcome.OK,
    PassbackState.DUE: EventOutcome.FAILED,
    PassbackState.HELD: EventOutcome.REFUSED,
    PassbackState.REFUSED: EventOutcome.REFUSED,
}
NEVER_SHOWN = "The learning platform said yes, but its gradebook does not show the score."


async def deliver(
    database: Database,
    grades: GradesClient,
    passback_id: UUID,
    *,
    clock: Callable[[], datetime],
    terms: Terms,
) -> None:
    """Send one score, if it is due, and record what came of it."""
    await learn_maximum(database, grades, passback_id, clock())
    parcel = await pack(database, passback_id, clock(), terms)
    if parcel is None:
        return
    outcome = await try_to_send(grades, parcel, terms)
    await record(database, parcel, outcome, now=clock(), terms=terms)


async def try_to_send(grades: GradesClient, parcel: Parcel, terms: Terms) -> Outcome:
    """One try, as long as we are patient. Its lease outlasts it."""
    try:
        async with asyncio.timeout(parcel.wait + terms.patience):
            await asyncio.sleep(parcel.wait)
            return await send(grades, parcel)
    except TimeoutError:
        return Outcome.later("The learning platform did not answer in time.")
    except (PassbackRefused, ScopeRefused) as error:
        return Outcome(state=PassbackState.REFUSED, problem=error.message)
    except PlatformUnreachable as error:
        return Outcome.later(error.message, wait=error.retry_after)
    except LtiError as error:
        return Outcome.later(error.message)


async def record(
    database: Database, parcel: Parcel, outcome: Outcome, *, now: datetime, terms: Terms
) -> None:
    """Write down what came of a try, unless its lease has gone to another worker."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, parcel.id, lock=True)
        if row.leased_until != parcel.lease:
            log.warning("passback %s is in other hands: what came of a try is dropped", row.id)
            return
        note(work, row, outcome, now)
        row.leased_until = None
        if outcome.accepted:
            row.accepted_at = now
            row.yeses += 1
        if outcome.wait:
            await pause(work, row, now, outcome.wait)
        if outcome.state is PassbackState.SENT:
            if outcome.accepted or row.sent_at is None:
                row.sent_at = now
            row.seen_at = now if outcome.seen else None
        if row.state is PassbackState.SUPERSEDED:
            return
        row.problem = outcome.problem
        row.state = outcome.state
        if outcome.state is PassbackState.DUE:
            put_off(row, outcome, now, terms)


def note(work: Work, row: Passback, outcome: Outcome, now: datetime) -> None:
    """For an operator to look up: which score, and what became of it."""
    events.note(
        work,
        EventKind.SCORE,
        EVENTS[outcome.state],
        now,
        registration_id=row.registration_id,
        learner_id=row.learner_id,
        code=outcome.state.value,
        reference=events.reference_of(row.id),
    )


def put_off(row: Passback, outcome: Outcome, now: datetime, terms: Terms) -> None:
    """It is tried again, until some days have passed without success."""
    row.next_try_at = now + max(terms.after(row.tries), timedelta(seconds=outcome.wait or 0.0))
    if outcome.anew:
        row.body = None
        if row.tries == 1:  # a second is enough, unless the gradebook's time is far ahead of ours
            row.next_try_at = now + A_SECOND
    if row.yeses >= YESES_TO_BELIEVE:
        row.state, row.problem, row.sent_at = PassbackState.SENT, NEVER_SHOWN, now
    elif now - row.due_since > GIVE_UP_AFTER:
        row.state = PassbackState.REFUSED


async def pause(work: Work, row: Passback, now: datetime, seconds: float) -> None:
    """The platform asks for patience: that holds for all its scores."""
    until = now + timedelta(seconds=seconds)
    await line_item_rows.pause(work.session, row.registration_id, until)
