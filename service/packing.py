"""A score that is due, taken into one worker's hands: its lease, its time, its bytes.

A time is given at the first try, never ahead of now, and in a later whole second than the last one
that this learner's column was sent: platforms compare seconds, and refuse, or lose, what is not
later. So a score may have to wait for the next second.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lti.errors import LtiError
from lti.grades import (
    LINE_ITEM_SCOPE,
    NEW_LINE_ITEM_SCOPE,
    RESULT_SCOPE,
    GradesClient,
    Score,
    encode_score,
)
from lti.platforms import comment_for
from service.comparing import Parcel
from service.models import Learner, LineItem, Passback, PassbackState
from service.registrations import plain
from service.store import attempts as attempt_rows
from service.store import line_items as line_item_rows
from service.store import passbacks as rows
from service.store import registrations as registration_rows
from service.store.database import Database, Work
from service.tool import review_url

log = logging.getLogger(__name__)

MAXIMUM_KEPT_FOR = timedelta(hours=1)
LONGEST_QUEUE = timedelta(seconds=2)  # for a slot; whoever would wait longer comes back then
A_SECOND = timedelta(seconds=1)
DECIMALS = 4
LEAST_MAXIMUM = 0.1  # of a smaller column, so many decimals would not tell a grade from none


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How patient we are.

    delays:   seconds between tries; the last one repeats.
    patience: seconds that one delivery may take; one whose worker died is tried again after them.
    apart:    seconds between two scores to one platform.
    origin:   ours, where an LMS opens the work behind a score.
    """

    delays: tuple[float, ...]
    patience: float
    apart: float
    origin: str

    def after(self, tries: int) -> timedelta:
        """How long to wait after so many tries."""
        return timedelta(seconds=self.delays[max(0, min(tries, len(self.delays)) - 1)])


@dataclass(frozen=True, slots=True)
class Cell:
    """One learner's place in a column: every grade that was decided for it, the newest first."""

    rows: Sequence[Passback]
    column: LineItem | None

    def leased_until(self, now: datetime) -> datetime | None:
        """Until when a worker has one of them in its hands."""
        leases = [row.leased_until for row in self.rows if row.leased_until]
        return max((lease for lease in leases if lease > now), default=None)

    def closed_until(self, now: datetime) -> datetime | None:
        """Until when its column takes no score, since its maximum may be changing."""
        until = self.column.closed_until if self.column else None
        return until if until and until > now else None

    def last_time(self) -> datetime | None:
        """The time of the newest score that was ever tried."""
        return max((row.timestamp for row in self.rows if row.timestamp), default=None)

    def delivered(self) -> Passback | None:
        """The newest that the platform is known to have."""
        return next((row for row in self.rows if row.sent_at), None)

    def ours(self) -> frozenset[float]:
        """What of ours the gradebook may show: the last delivered, or what was tried since."""
        delivered = self.delivered()
        oldest = delivered.number if delivered else 0
        return frozenset(row.share for row in self.rows if row.timestamp and row.number >= oldest)


async def learn_maximum(
    database: Database, grades: GradesClient, passback_id: UUID, now: datetime
) -> None:
    """Read the column's own maximum, where we may and have not lately. Where it cannot be read, the
    platform scales our points to it."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, passback_id)
        column = await line_item_rows.at(work.session, row.activity_id, row.line_item_url)
        if row.body is not None or row.next_try_at > now or not may_be_read(column, now):
            return
        registration = plain(await registration_rows.by_id(work.session, row.registration_id))
    try:
        found = await grades.line_item(registration, row.line_item_url)
    except LtiError as error:
        log.warning("line item of passback %s not read: %s", passback_id, type(error).__name__)
        return
    async with database.begin() as work:
        kept = await line_item_rows.at(work.session, row.activity_id, row.line_item_url)
        if kept is not None:
            kept.maximum, kept.maximum_read_at = found.score_maximum, now


def may_be_read(column: LineItem | None, now: datetime) -> bool:
    """Whether a column's maximum may be read, and is not known from lately."""
    if column is None or not {LINE_ITEM_SCOPE, NEW_LINE_ITEM_SCOPE} & set(column.scopes):
        return False
    return column.maximum_read_at is None or column.maximum_read_at < now - MAXIMUM_KEPT_FOR


async def pack(database: Database, passback_id: UUID, now: datetime, terms: Terms) -> Parcel | None:
    """Lease a score that is due, and count the try before it is made; None if it has to wait."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, passback_id)
        await attempt_rows.serialise(work.session, row.activity_id, row.learner_id)
        column = await line_item_rows.at(
            work.session, row.activity_id, row.line_item_url, lock=True
        )
        cell = Cell(await rows.of_learner(work.session, row.activity_id, row.learner_id), column)
        if row.state is not PassbackState.DUE or row.next_try_at > now:
            return None
        slot = await slot_of(work, row, cell, now, terms)
        if slot is None:
            return None
        learner = await work.session.get_one(Learner, row.learner_id)
        registration = await registration_rows.by_id(work.session, row.registration_id)
        parcel = Parcel(
            id=row.id,
            registration=plain(registration),
            line_item_url=row.line_item_url,
            user_id=learner.subject,
            share=row.share,
            ours=cell.ours(),
            expected=expected(cell),
            compares=cell.last_time() is not None,
            checks=column is not None and RESULT_SCOPE in column.scopes,
            forced=row.forced,
            repeats=row.body is not None,
            wait=max(0.0, (slot - now).total_seconds()),
            lease=lease(row, slot, terms),
            body=frozen(row, cell, learner.subject, now, terms.origin),
        )
        row.tries += 1
        return parcel


async def slot_of(
    work: Work, row: Passback, cell: Cell, now: datetime, terms: Terms
) -> datetime | None:
    """When this score may go, if that is at once or nearly so; else it is put off till then."""
    free_at = cell.leased_until(now) or cell.closed_until(now) or next_second(cell, row)
    if free_at is not None and free_at > now:
        row.next_try_at = free_at
        return None
    slot = await line_item_rows.take_slot(
        work.session,
        row.registration_id,
        now,
        apart=timedelta(seconds=terms.apart),
        within=LONGEST_QUEUE,
    )
    if slot is None:
        row.next_try_at = await line_item_rows.next_slot(work.session, row.registration_id)
    return slot


def next_second(cell: Cell, row: Passback) -> datetime | None:
    """The whole second from which on a new time is later than the last; a repeat has its time."""
    last = cell.last_time()
    if row.body is not None or last is None:
        return None
    return last.replace(microsecond=0) + A_SECOND


def expected(cell: Cell) -> float | None:
    """What the gradebook has to show, since it did."""
    delivered = cell.delivered()
    return delivered.share if delivered and delivered.seen_at else None


def lease(row: Passback, slot: datetime, terms: Terms) -> datetime:
    """Nobody else sends it before this; should its worker die, it is due again then."""
    until = slot + timedelta(seconds=terms.patience + 1)
    row.leased_until = row.next_try_at = until
    return until


def frozen(
    row: Passback,
    cell: Cell,
    subject: str,
    now: datetime,
    origin: str,
) -> bytes:
    """The bytes of this score: written at its first try, the same ever after."""
    if row.body is None:
        first = cell.last_time() is None
        row.timestamp = now
        row.body = encode_score(
            lti_score(row, cell, subject, origin),
            platform_family=row.platform_family,
            new=row.attempt_id is not None and row.sent_at is None,
            first=first,
        ).decode()
    return row.body.encode()


def lti_score(row: Passback, cell: Cell, subject: str, origin: str) -> Score:
    """The score as Assignment and Grade Services spell it, from our own rows alone."""
    delivered = cell.delivered()
    given, maximum = in_points_of(cell.column, row)
    return Score(
        user_id=subject,
        score_given=given,
        score_maximum=maximum,
        comment=comment_for(
            row.platform_family, row.comment, last=delivered.comment if delivered else None
        ),
        timestamp=row.timestamp or row.created_at,
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        review_url=review_url(origin, row.attempt_id) if row.attempt_id else None,
    )


def in_points_of(column: LineItem | None, row: Passback) -> tuple[float, float]:
    """Points on the column's own maximum: one platform rounds before it scales."""
    maximum = (column.maximum if column else None) or 0.0
    if maximum < LEAST_MAXIMUM or maximum == row.score_maximum:
        return row.score_given, row.score_maximum
    return round(row.share * maximum, DECIMALS), maximum
