"""Notices of copied courses: asked for once a deployment offers them, taken, and kept as what a
course was made from. They tell where settings may be looked for, and never decide a right."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from lti.claims import Launch as Claims
from lti.copies import Copy, read_notice, verify_notice
from lti.errors import LaunchRefused, LtiError, ScopeRefused, ServiceRefused
from lti.keys import PlatformKeys
from lti.launch import LEEWAY_SECONDS
from lti.notices import NoticesClient
from lti.outbound import is_safe
from lti.substitutions import LONGEST_ID
from service.models import Registration
from service.registrations import plain
from service.store import notices as rows
from service.store import registrations as registration_rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

NOTICES_PATH = "/lti/notices"
LONGEST_ADDRESS = 2048
MOST_TRIES = 20


async def offer(work: Work, claims: Claims, registration: Registration, now: datetime) -> None:
    """A launch says that its platform sends notices: ask for them, once a deployment."""
    url = claims.notices_url
    if url is None or len(url) > LONGEST_ADDRESS or not is_safe(url):
        return
    known = await rows.of_deployment(work.session, registration.id, claims.deployment_id)
    if known is None or known.url != url:
        asked = await rows.put(work.session, registration.id, claims.deployment_id, url, now)
        work.nudge("notices", asked)


async def subscribe(
    database: Database,
    client: NoticesClient,
    service_id: UUID,
    *,
    clock: Callable[[], datetime],
    delays: tuple[float, ...],
    origin: str,
) -> None:
    """Ask a platform for its notices; no transaction is open meanwhile."""
    async with database.begin() as work:
        row = await rows.by_id(work.session, service_id)
        if row.next_try_at is None or row.next_try_at > clock():
            return
        row.tries += 1
        wait = delays[min(row.tries, len(delays)) - 1]
        row.next_try_at = clock() + timedelta(seconds=wait)
        registration = plain(await registration_rows.by_id(work.session, row.registration_id))
        url = row.url
    problem: LtiError | None = None
    try:
        await client.subscribe(registration, url, f"{origin}{NOTICES_PATH}")
    except LtiError as error:
        problem = error
        log.warning("no notices from %s: %s", service_id, type(error).__name__)
    async with database.begin() as work:
        row = await rows.by_id(work.session, service_id)
        row.problem = problem and problem.message
        row.subscribed_at = None if problem else clock()
        if (
            problem is None
            or isinstance(problem, ServiceRefused | ScopeRefused)
            or row.tries >= MOST_TRIES
        ):
            row.next_try_at = None


async def hear(database: Database, keys: PlatformKeys, token: str, now: datetime) -> None:
    """Take one notice; LaunchRefused for what no platform of ours vouches for."""
    _, claims = read_notice(token)
    async with database.begin() as work:
        registration = claims.client_id and await registration_rows.known(
            work.session, claims.iss, claims.client_id
        )
    if not registration or not registration.approved:
        raise LaunchRefused("This learning platform is not registered here.", code="unknown_issuer")
    copy = await verify_notice(token, plain(registration), keys, now=now)
    async with database.begin() as work:
        await keep(work, registration, copy, now)


async def keep(work: Work, registration: Registration, copy: Copy, now: datetime) -> None:
    """Write down what was copied, the first time that it is told."""
    places = await registration_rows.approved(work.session, registration.id)
    if copy.deployment_id not in places:
        raise LaunchRefused("This deployment is not known here.", code="unknown_deployment")
    until = copy.ends + timedelta(seconds=LEEWAY_SECONDS + 1)
    if not await rows.is_new(work.session, registration.id, copy.nonce, until):
        return
    if copy.course is not None:
        origins = [one for one in copy.origins if one != copy.course and len(one) <= LONGEST_ID]
        await rows.remember_copy(work.session, registration.id, copy.course, origins, now)
