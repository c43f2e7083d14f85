"""The column of the gradebook that an activity's grades go to: told by a launch, found or made."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from lti.claims import Launch as Claims
from lti.errors import LaunchRefused, LtiError
from lti.grades import (
    LINE_ITEM_SCOPE,
    NEW_LINE_ITEM_SCOPE,
    RESULT_SCOPE,
    SCORE_SCOPE,
    GradesClient,
)
from lti.line_items import LineItem as LtiLineItem
from lti.line_items import LineItemWish
from service import passback
from service.models import Activity, LineItem
from service.registrations import plain
from service.store import launches as launch_rows
from service.store import line_items as rows
from service.store import registrations as registration_rows
from service.store.database import Database, Work
from service.tool import activity_url

log = logging.getLogger(__name__)

LONGEST_ADDRESS = 2048
USED = {SCORE_SCOPE, RESULT_SCOPE, LINE_ITEM_SCOPE, NEW_LINE_ITEM_SCOPE}


async def of_launch(work: Work, claims: Claims, activity: Activity, now: datetime) -> str | None:
    """Where this launch's grades go; None where they go nowhere, or the column is yet to be made.

    An activity without a column of its own gets one, if the platform lets us make it.
    """
    told = claims.grades
    if told is None or SCORE_SCOPE not in told.scopes:
        return None
    scopes = sorted(told.scopes & USED)
    if told.lineitem:
        check_address(told.lineitem)
        await rows.remember(
            work.session,
            activity_id=activity.id,
            registration_id=activity.registration_id,
            url=told.lineitem,
            scopes=scopes,
            now=now,
        )
        return told.lineitem
    if not told.lineitems or NEW_LINE_ITEM_SCOPE not in scopes:
        return None
    check_address(told.lineitems)
    wish = await rows.wish(
        work.session,
        activity_id=activity.id,
        registration_id=activity.registration_id,
        container_url=told.lineitems,
        scopes=scopes,
        now=now,
    )
    if wish.url is None:
        work.nudge("column", wish.id)
    return wish.url


def check_address(url: str) -> None:
    """What we can keep of an address."""
    if len(url) > LONGEST_ADDRESS or not url.isascii():
        raise LaunchRefused(
            "The gradebook column's address is too long, or no address.", code="address_too_long"
        )


async def find(
    database: Database,
    grades: GradesClient,
    line_item_id: UUID,
    *,
    clock: Callable[[], datetime],
    delays: tuple[float, ...],
    origin: str,
) -> None:
    """Find the column that an activity asked for, or have it made, one caller at a time."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, line_item_id, lock=True)
        now = clock()
        if row.url is not None or row.next_try_at is None or row.next_try_at > now:
            return
        row.tries += 1
        # Until then nobody else tries: two at once would make two columns.
        row.next_try_at = now + timedelta(seconds=delays[min(row.tries, len(delays)) - 1])
        activity = await work.session.get_one(Activity, row.activity_id)
        registered = await registration_rows.by_id(work.session, row.registration_id)
        family = await launch_rows.family_of(work.session, activity.id) or registered.family
        registration, container = plain(registered), str(row.container_url)
        wish = wish_of(activity, origin)
    try:
        found = await grades.find_or_create_line_item(registration, container, wish, family=family)
    except LtiError as error:
        await note_failure(database, line_item_id, error)
    else:
        await keep(database, line_item_id, found, clock())


def wish_of(activity: Activity, origin: str) -> LineItemWish:
    """A column by a name of our own, which a copy of the course does not share."""
    return LineItemWish(
        label=activity.title,
        score_maximum=activity.points,
        resource_id=activity.id.hex,
        resource_link_id=activity.resource_link_id,
        opens=activity_url(origin, activity.id),
        starts=activity.opens_at,
        ends=activity.closes_at,
    )


async def note_failure(database: Database, line_item_id: UUID, error: LtiError) -> None:
    """Write down why there is no column yet. Even a clear no is asked again, some times a day: an
    administrator may allow it."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, line_item_id, lock=True)
        row.problem = error.message
    log.warning("no column for activity %s: %s", row.activity_id, type(error).__name__)


async def keep(database: Database, line_item_id: UUID, found: LtiLineItem, now: datetime) -> None:
    """The column is there: what had settled before it goes there now. Should two of us have made
    one each, the first stays, and the other is taken away again."""
    url = str(found.url)
    async with database.begin() as work:
        row = await rows.by_id(work.session, line_item_id, lock=True)
        if row.url is not None:
            if row.url != url and found.is_new:
                row.surplus = [*(row.surplus or []), url]
                row.changes_since, row.change_at = row.changes_since or now, now
                work.nudge("column_changes", row.id)
            return
        told = await rows.at(work.session, row.activity_id, url)
        if told is not None and told.id != row.id:  # a launch has named it meanwhile
            await work.session.delete(told)
            await work.session.flush()
        write(row, found, url, now)
        await work.session.flush()
        await passback.decide_waiting(work, row.activity_id, now)


def write(row: LineItem, found: LtiLineItem, url: str, now: datetime) -> None:
    """What is known of a column."""
    row.url = url
    row.problem = None
    row.next_try_at = None
    row.maximum = found.score_maximum
    row.maximum_read_at = now
