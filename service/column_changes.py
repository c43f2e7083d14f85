"""A gradebook column follows what a teacher changes in its activity: title, points and dates.

The row of the column says what it lacks; no request waits for the LMS. Only what was changed here
is changed there. A column that holds grades gets another maximum only from a platform that rescales
them: on any other, 80 of 100 would become 80 of 50.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lti.errors import LtiError, PassbackRefused, PlatformUnreachable, ScopeRefused
from lti.grades import LINE_ITEM_SCOPE, NEW_LINE_ITEM_SCOPE, RESULT_SCOPE, GradesClient
from lti.line_items import LineItem as LtiLineItem
from lti.line_items import as_moment, as_number
from lti.platforms import rescales_columns
from lti.registration import Registration
from service.delivery import GIVE_UP_AFTER
from service.models import Activity, LineItem
from service.packing import Terms
from service.registrations import plain
from service.store import launches as launch_rows
from service.store import line_items as rows
from service.store import passbacks as passback_rows
from service.store import registrations as registration_rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

MAXIMUM = "scoreMaximum"
STAYS = (
    "The gradebook column holds grades already, and the learning platform would not rescale them: "
    "it keeps its maximum."
)


def of_column(activity: Activity) -> dict[str, Any]:
    """What a column has of its activity, by the names of the specification."""
    times = {"startDateTime": activity.opens_at, "endDateTime": activity.closes_at}
    dates = {name: as_moment(moment) if moment else None for name, moment in times.items()}
    return {"label": activity.title, MAXIMUM: as_number(activity.points), **dates}


async def column_of(work: Work, activity_id: UUID) -> LineItem | None:
    """The column that an activity's changes go to: the newest that is there, or will be."""
    known = await rows.of_activity(work.session, activity_id)
    there = (column for column in known if column.url is not None)
    return next(there, known[0] if known else None)


def may_change(column: LineItem) -> bool:
    """Whether the platform lets us."""
    return NEW_LINE_ITEM_SCOPE in column.scopes


async def ask(work: Work, activity: Activity, before: dict[str, Any], now: datetime) -> None:
    """Have the column brought up to date with what has changed since; not where we may not."""
    differing = {
        name: value for name, value in of_column(activity).items() if before[name] != value
    }
    column = await column_of(work, activity.id)
    if column is None or not differing or not may_change(column):
        return
    column = await rows.by_id(work.session, column.id, lock=True)
    column.changes = {**(column.changes or {}), **differing}
    column.changes_since = column.change_at = now
    column.change_tries = 0
    column.change_problem = None
    work.nudge("column_changes", column.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """All that changing a column needs, read in one transaction and used outside of it.

    graded:  whether a score of ours was ever tried there. reads: whether Results may be read.
    read_by: the scope by which the column itself may be.
    """

    registration: Registration
    family: str | None
    url: str
    changes: dict[str, Any]
    surplus: list[str]
    graded: bool
    reads: bool
    read_by: str


async def bring(
    database: Database,
    grades: GradesClient,
    line_item_id: UUID,
    *,
    clock: Callable[[], datetime],
    terms: Terms,
) -> None:
    """Bring a column up to date, and take away what we made beside it."""
    errand = await take(database, line_item_id, clock(), terms)
    if errand is None:
        return
    try:
        async with asyncio.timeout(terms.patience):  # scores wait no longer
            done = await change(grades, errand) if errand.changes else None
            for url in errand.surplus:
                await take_away(database, grades, errand, url)
    except TimeoutError:
        late = PlatformUnreachable("The learning platform did not answer in time.")
        await note_failure(database, line_item_id, late, clock(), terms)
    except LtiError as error:
        await note_failure(database, line_item_id, error, clock(), terms)
    else:
        await note_done(database, line_item_id, errand, done, clock())


async def take(
    database: Database, line_item_id: UUID, now: datetime, terms: Terms
) -> Errand | None:
    """Count a try before it is made; while the maximum may be changing, no score goes there: the
    gradebook would hold it on the one, and show it on the other."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, line_item_id, lock=True)
        if row.url is None or row.change_at is None or row.change_at > now:
            return None
        if not (row.changes or row.surplus):
            return None
        traffic = await passback_rows.traffic(work.session, row.url)
        if MAXIMUM in (row.changes or {}):
            if traffic.until and traffic.until > now:
                row.change_at = traffic.until
                return None
            row.closed_until = now + timedelta(seconds=terms.patience + 1)
        row.change_tries += 1
        row.change_at = now + max(
            terms.after(row.change_tries), timedelta(seconds=terms.patience + 1)
        )
        registered = await registration_rows.by_id(work.session, row.registration_id)
        return Errand(
            registration=plain(registered),
            family=await launch_rows.family_of(work.session, row.activity_id) or registered.family,
            url=row.url,
            changes=dict(row.changes or {}),
            surplus=list(row.surplus or []),
            graded=traffic.ever,
            reads=RESULT_SCOPE in row.scopes,
            read_by=LINE_ITEM_SCOPE if LINE_ITEM_SCOPE in row.scopes else NEW_LINE_ITEM_SCOPE,
        )


@dataclass(frozen=True, slots=True)
class Done:
    """The column as it is now; `stays` where it keeps its maximum all the same."""

    column: LtiLineItem
    stays: bool


async def change(grades: GradesClient, errand: Errand) -> Done:
    """Change what we may without touching a grade."""
    changes = dict(errand.changes)
    stays = (
        MAXIMUM in changes
        and not rescales_columns(errand.family)
        and not await is_empty(grades, errand, errand.url)
    )
    if stays:
        del changes[MAXIMUM]
    column = await grades.change_line_item(
        errand.registration,
        errand.url,
        changes,
        family=errand.family,
        read_scope=errand.read_by,
    )
    return Done(column, stays and column.score_maximum != errand.changes[MAXIMUM])


async def is_empty(grades: GradesClient, errand: Errand, url: str) -> bool:
    """Whether a column holds no grade at all, as far as anybody can tell."""
    if errand.graded or not errand.reads:
        return False
    try:
        held = await grades.results(errand.registration, url)
    except (PassbackRefused, ScopeRefused):
        return False
    return held.is_complete and not held.by_user


async def take_away(database: Database, grades: GradesClient, errand: Errand, url: str) -> None:
    """Delete a column that we made beside the one we have, unless something is in it, or some
    launch has named it since."""
    async with database.begin() as work:
        used = (await passback_rows.traffic(work.session, url)).ever
        named = await rows.is_known(work.session, url)
    if used or named or not await is_empty(grades, replace(errand, graded=False), url):
        return
    try:
        await grades.delete_line_item(errand.registration, url)
    except (PassbackRefused, ScopeRefused) as error:  # then it stays, and stays empty
        log.warning("a second column was not taken away: %s", type(error).__name__)


async def note_failure(
    database: Database, line_item_id: UUID, error: LtiError, now: datetime, terms: Terms
) -> None:
    """It is tried again for some days, unless the platform said a clear no."""
    final = isinstance(error, PassbackRefused | ScopeRefused)
    async with database.begin() as work:
        row = await rows.by_id(work.session, line_item_id, lock=True)
        row.closed_until = None
        row.maximum_read_at = None  # a change whose answer was lost may have been made
        row.change_problem = error.message
        wait = error.retry_after if isinstance(error, PlatformUnreachable) else None
        row.change_at = now + max(terms.after(row.change_tries), timedelta(seconds=wait or 0.0))
        if final or now - (row.changes_since or now) > GIVE_UP_AFTER:
            row.changes = row.surplus = row.change_at = None
    log.warning("column of activity %s not changed: %s", row.activity_id, type(error).__name__)


async def note_done(
    database: Database, line_item_id: UUID, errand: Errand, done: Done | None, now: datetime
) -> None:
    """What was changed meanwhile is still to be done."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, line_item_id, lock=True)
        row.closed_until = row.change_problem = row.change_at = None
        left = {
            name: value
            for name, value in (row.changes or {}).items()
            if name not in errand.changes or errand.changes[name] != value
        }
        row.changes = left or None
        row.surplus = [url for url in row.surplus or [] if url not in errand.surplus] or None
        row.change_tries = 0
        if done is not None:
            row.maximum, row.maximum_read_at = done.column.score_maximum, now
            row.change_problem = STAYS if done.stays else None
        if row.changes or row.surplus:
            row.change_at = now
            work.nudge("column_changes", row.id)
