"""Where a platform sends a browser: login, launch, and the proof that both are the same browser."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import get, post, route
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromQuery
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from lti.errors import LaunchRefused, LoginRefused
from lti.keys import jwks
from lti.launch import check_worth_keeping, platform_error, verify_launch
from lti.login import begin_login, origin_of, single_valued
from lti.outbound import plain_origin
from lti.storage import (
    expired_cookie,
    launch_cookie,
    oldest_beyond,
    state_cookie,
    state_cookie_name,
    storage_key,
    storage_target_origin,
)
from service import arrivals, events
from service.i18n import speak
from service.keys import published_keys
from service.models import EventKind, EventOutcome, Launch, LoginState, Override, Registration
from service.pages.addresses import address_of
from service.pages.forms import form_pairs, query_pairs
from service.pages.home import show_home
from service.pages.review import show_review
from service.pages.site import GET_OR_HEAD, Here, Site, page
from service.registrations import plain
from service.signing import fingerprint, matches, new_secret
from service.store import launches as rows
from service.store import registrations as registration_rows
from service.store import rosters as roster_rows
from service.store.database import Work

LAUNCH_PATH = "/lti/launch"
LOGIN_PATH = "/lti/login"
VERIFY_PATH = "/lti/verify"
KEPT_PATH = "/lti/kept"
FRAMED = {"iframe", "frame"}  # Sec-Fetch-Dest, where a third party's cookies may not survive
LARGEST_POST = 1_000_000
LONGEST_TARGET = 255
LONGEST_STATE = 255
STORAGE_PARAMETER = "lti_storage_target"


@route(
    LOGIN_PATH,
    http_method=[HttpMethod.GET, HttpMethod.POST],
    status_code=200,
    request_max_body_size=LARGEST_POST,
)
async def login(request: HTMXRequest, site: NamedDependency[Site]) -> Response[Any]:
    """Begin a login: remember it, tie it to this browser, and go to the platform's own door."""
    await site.limits.ask("address", address_of(request, site.settings))
    params = await params_of(request)
    async with site.database.alone() as session:
        known = await registration_rows.of_issuer(session, params.get("iss", "")[:2048])
        start = begin_login(
            params,
            [plain(row) for row in known],
            redirect_uri=site.settings.public_url + LAUNCH_PATH,
            own_origin=str(origin_of(site.settings.public_url)),
            known_paths={LAUNCH_PATH},
        )
        await site.limits.ask("registration", start.state.registration_id, session)
        frame = params.get(STORAGE_PARAMETER, "")[:LONGEST_TARGET] or None
        browser_key = await arrivals.remember_login(session, start, frame, site.clock())
    request.state.set_cookies = [state_cookie(start.state.state, browser_key)]
    if frame is None and request.headers.get("Sec-Fetch-Dest") not in FRAMED:
        return Redirect(start.url, status_code=302)
    # Chromium holds a form's redirects to form-action too, and a login redirects to the platform.
    request.state.form_action = plain_origin(start.url)
    return page(
        "storage",
        mode="put",
        target_origin=origin_of(start.url),
        frame=frame or "",
        key=storage_key(start.state.state) if frame else "",
        value=browser_key if frame else "",
        next_url=start.url,
        kept_url=f"{KEPT_PATH}?login={start.state.state}",
        window_action=LOGIN_PATH,
        window_fields=again(start.state.params),
    )


def again(params: dict[str, str]) -> dict[str, str]:
    """What starts a login once more in a new window, which has no frame to keep anything in."""
    return {name: value for name, value in params.items() if name != STORAGE_PARAMETER}


@get(KEPT_PATH)
async def kept(request: HTMXRequest, login: FromQuery[str]) -> dict[str, bool]:
    """Whether the login's cookie comes back. Asked before the browser goes on to the platform,
    since a platform's hint works once: a login that cannot end here must start in a new window."""
    return {"kept": state_cookie_name(login) in request.cookies}


async def params_of(request: HTMXRequest) -> dict[str, str]:
    """What the platform sent, each parameter once: from the query or from the form, never both."""
    if request.method == HttpMethod.GET:
        params = single_valued(query_pairs(request))
    else:
        params = single_valued(await form_pairs(request))
    if any("\0" in value for value in params.values()):  # no database takes it as text
        raise LoginRefused("A parameter is not text.", code="not_text")
    return params


@post(LAUNCH_PATH, status_code=200, request_max_body_size=LARGEST_POST)
async def launch(request: HTMXRequest, site: NamedDependency[Site]) -> Response[Any]:
    """Take the platform's answer, if this is the browser that asked for it."""
    await site.limits.ask("address", address_of(request, site.settings))
    params = await params_of(request)
    state, token = params.get("state", "")[:LONGEST_STATE], params.get("id_token", "")
    request.state.reference = events.reference_of(state)
    if "error" in params:
        raise platform_error(params)
    key = fingerprint(request.cookies.get(state_cookie_name(state), ""))
    async with site.database.alone() as session:
        taken = await rows.consume_login(session, state, key, site.clock())
    if taken is None:
        async with site.database.begin() as work:
            row = await rows.login(work.session, state, site.clock())
            if row is None:
                raise state_unknown()
            request.state.registration_id = row.registration_id
            return await ask_elsewhere(work, row, token, request, site.clock())
    request.state.registration_id = taken[1].id
    entered = await enter(site, taken, token, cookieless=False)
    forget = [expired_cookie(state_cookie_name(state))]
    stale = [expired_cookie(name) for name in oldest_beyond(request.cookies, limit=7)]
    keep = launch_cookie(str(entered.here.launch.id), entered.handle)
    request.state.set_cookies = [keep, *forget, *stale]
    return Redirect(entered.path, status_code=303)


async def ask_elsewhere(
    work: Work, row: LoginState, token: str, request: HTMXRequest, now: datetime
) -> Template:
    """No cookie came back: ask the platform's frame for what the login left there, or else offer a
    new window, which keeps its cookies. Nothing of the user is shown before."""
    registration = await registration_rows.by_id(work.session, row.registration_id)
    request.state.form_action = plain_origin(registration.auth_login_url)
    fields = again(row.params)
    check_worth_keeping(token)
    if row.storage_target is None:
        # Nobody has been let in: it may be a stranger's launch, pushed into this browser.
        events.note(
            work,
            EventKind.LAUNCH,
            EventOutcome.REFUSED,
            now,
            registration_id=row.registration_id,
            code="no_cookie",
            reference=request.state.reference,
        )
        return page("new_window", status=403, action=LOGIN_PATH, fields=fields)
    ticket = new_secret()
    row.ticket_hash = fingerprint(ticket)
    row.pending_token = token
    return page(
        "storage",
        mode="get",
        target_origin=storage_target_origin(registration.auth_login_url),
        frame=row.storage_target,
        key=storage_key(row.state),
        action=VERIFY_PATH,
        ticket=f"{row.state}:{ticket}",
        window_action=LOGIN_PATH,
        window_fields=fields,
    )


@post(VERIFY_PATH, status_code=200, request_max_body_size=LARGEST_POST)
async def verify(request: HTMXRequest, site: NamedDependency[Site]) -> Response[Any]:
    """Take the proof that the platform's frame kept for us; the page follows at once, since no
    cookie would survive a redirect."""
    await site.limits.ask("address", address_of(request, site.settings))
    params = await params_of(request)
    state, _, ticket = params.get("ticket", "").partition(":")
    request.state.reference = events.reference_of(state)
    key = fingerprint(params.get("proof", ""))
    async with site.database.begin() as work:
        row = await rows.login(work.session, state[:LONGEST_STATE], site.clock())
        request.state.registration_id = row.registration_id if row else None
        has_ticket = row is not None and matches(ticket, row.ticket_hash or "")
        taken = has_ticket and await rows.consume_login(work.session, state, key, site.clock())
    if not taken or taken[0].pending_token is None:
        raise state_unknown()
    entered = await enter(site, taken, taken[0].pending_token, cookieless=True)
    request.state.frame_ancestors = entered.here.launch.frame_origins
    if entered.review_of:
        return await show_review(site, entered.here, entered.review_of)
    return await show_home(site, entered.here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A launch just made, and its secret."""

    here: Here
    handle: str
    review_of: UUID | None

    @property
    def path(self) -> str:
        """The launch's first page."""
        return self.here.path + (f"/learners/{self.review_of}" if self.review_of else "")


async def enter(
    site: Site, taken: tuple[LoginState, Registration], token: str, *, cookieless: bool
) -> Entered:
    """Verify the token against the login that it used up, and make the launch."""
    (row, registration), now = taken, site.clock()
    claims = await verify_launch(
        token, arrivals.lti_state(row), plain(registration), site.platform_keys, now=now
    )
    async with site.database.begin() as work:
        arrival = await arrivals.arrive(
            work,
            claims,
            registration,
            reference=events.reference_of(row.state),
            signer=site.signer,
            cookieless=cookieless,
            now=now,
        )
        decided = await decided_of(work, arrival.launch) if arrival and cookieless else None
    if arrival is None:
        raise arrivals.waits_for_approval(claims, registration)
    speak(arrival.learner.language if arrival.learner else None, arrival.launch.locale)
    here = Here(
        launch=arrival.launch,
        activity=arrival.activity,
        learner=arrival.learner,
        decided=decided,
        handle=arrival.handle if cookieless else None,
        csrf=site.signer.csrf(arrival.launch.id),
        now=now,
    )
    return Entered(here=here, handle=arrival.handle, review_of=arrival.review_of)


async def decided_of(work: Work, launch: Launch) -> Override | None:
    """What a teacher decided of this learner's grade, for the page that follows at once."""
    if launch.learner_id is None:
        return None
    return await roster_rows.override(work.session, launch.activity_id, launch.learner_id)


def state_unknown() -> LaunchRefused:
    """A stale, foreign or repeated launch; reloading an old one ends here too."""
    return LaunchRefused(
        "This launch belongs to no login that we know: it was used already, or is too old. "
        "Open the activity again from your course.",
        code="state_unknown",
    )


@route(
    "/lti/jwks",
    http_method=GET_OR_HEAD,
    status_code=200,
    cache_control=CacheControlHeader(max_age=300, public=True),
)
async def tool_keys(site: NamedDependency[Site]) -> dict[str, list[dict[str, str]]]:
    """Our public keys, as platforms fetch them."""
    return jwks(await published_keys(site.database, site.signer, site.clock()))
