"""What an operator sees and does: sign in by a link, connections, invites, events."""

import hmac
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar_htmx import HTMXRequest

from service import connections, diagnosis, events, operators
from service.i18n import _, later
from service.invites import Terms, make_invite
from service.keys import signing_key
from service.models import EventKind, EventOutcome
from service.operators import ENTER_PATH, OperatorUnknown
from service.pages.addresses import address_of
from service.pages.guard import SAFE_METHODS, form_of
from service.pages.site import Site, page
from service.registrations import plain
from service.signing import fingerprint
from service.store import events as event_rows

COOKIE = "__Host-eb-operator"
COOKIE_RULES = "Path=/; Secure; HttpOnly; SameSite=Strict"
NOBODY = "'none'"
HOME = "/operator"
LONGEST_REFERENCE = 64
KINDS = {
    EventKind.LOGIN: later("login"),
    EventKind.LAUNCH: later("launch"),
    EventKind.DEEP_LINK: later("deep link"),
    EventKind.REGISTRATION: later("registration"),
    EventKind.ACCESS: later("access token"),
    EventKind.SCORE: later("score"),
    EventKind.ROSTER: later("course list"),
    EventKind.DECISION: later("a teacher's decision"),
    EventKind.FAULT: later("our own error"),
}
OUTCOMES = {
    EventOutcome.OK: later("worked"),
    EventOutcome.REFUSED: later("refused"),
    EventOutcome.FAILED: later("failed, is tried again"),
}


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever signed in by a link, and what their forms must carry."""

    secret: str
    csrf: str


async def provide_operator(request: HTMXRequest, site: NamedDependency[Site]) -> Operator:
    """The operator of this request, whom no other site's page can act for."""
    request.state.frame_ancestors = NOBODY
    secret = request.cookies.get(COOKIE, "")
    await operators.check_session(site.database, secret, site.clock())
    csrf = site.signer.sign("operator", fingerprint(secret))
    given = (await form_of(request)).get("csrf", "")
    if request.method not in SAFE_METHODS and not hmac.compare_digest(
        given.encode(), csrf.encode()
    ):
        raise OperatorUnknown
    return Operator(secret, csrf)


@get(f"{ENTER_PATH}/{{secret:str}}")
async def offer_entry(
    request: HTMXRequest, site: NamedDependency[Site], secret: FromPath[str]
) -> Template:
    """A button, since programs that look at links in advance must not use this one up."""
    request.state.frame_ancestors = NOBODY
    await operators.check_link(site.database, secret, site.clock())
    return page("operator_enter", action=f"{ENTER_PATH}/{secret}")


@post(f"{ENTER_PATH}/{{secret:str}}", status_code=303)
async def enter(
    request: HTMXRequest, site: NamedDependency[Site], secret: FromPath[str]
) -> Redirect:
    """Swap the link for a session."""
    await site.limits.ask("address", address_of(request, site.settings))
    request.state.frame_ancestors = NOBODY
    session = await operators.enter(site.database, secret, site.clock())
    lasts = int(operators.SESSION_LASTS.total_seconds())
    request.state.set_cookies = [f"{COOKIE}={session}; {COOKIE_RULES}; Max-Age={lasts}"]
    return Redirect(HOME, status_code=303)


@get("/")
async def show_connections(
    site: NamedDependency[Site], operator: NamedDependency[Operator]
) -> Template:
    """Every LMS that knows us, and what waits for approval."""
    return await draw_connections(site, operator)


async def draw_connections(
    site: Site, operator: Operator, *, invite: str | None = None
) -> Template:
    """The page, with an invite that was just made: it is shown this once."""
    found, good = await connections.overview(site.database, site.clock())
    return page(
        "operator",
        csrf=operator.csrf,
        connections=found,
        invites=[
            {
                "note": one.note,
                "uses": one.uses_left,
                "until": f"{one.expires_at:%Y-%m-%d %H:%M} UTC",
                "approves": one.approves,
            }
            for one in good
        ],
        invite=invite,
        development=sorted(site.settings.dev_platforms),
    )


@post("/invites", status_code=200)
async def invite(
    request: HTMXRequest, site: NamedDependency[Site], operator: NamedDependency[Operator]
) -> Template:
    """Make an invite for one LMS, good for a week."""
    form = await form_of(request)
    terms = Terms(
        approves=form.get("approves") == "yes",
        approves_deployments=form.get("deployments") == "yes",
        note="".join(letter for letter in form.get("note", "") if letter.isprintable()),
    )
    address = await make_invite(site.database, site.settings.public_url, terms, site.clock())
    return await draw_connections(site, operator, invite=address)


@post("/registrations/{registration_id:uuid}/approve", status_code=303)
async def approve(
    site: NamedDependency[Site],
    operator: NamedDependency[Operator],
    registration_id: FromPath[UUID],
) -> Redirect:
    """Let an LMS launch."""
    await connections.approve(site.database, registration_id)
    return Redirect(HOME, status_code=303)


@post("/deployments/{deployment_id:uuid}/approve", status_code=303)
async def approve_deployment(
    site: NamedDependency[Site],
    operator: NamedDependency[Operator],
    deployment_id: FromPath[UUID],
) -> Redirect:
    """Let one more deployment launch."""
    await connections.approve_deployment(site.database, deployment_id)
    return Redirect(HOME, status_code=303)


@post("/registrations/{registration_id:uuid}/deployments", status_code=303)
async def set_policy(
    request: HTMXRequest,
    site: NamedDependency[Site],
    operator: NamedDependency[Operator],
    registration_id: FromPath[UUID],
) -> Redirect:
    """Whether deployments that turn up are let in at once, or wait."""
    at_once = (await form_of(request)).get("policy") == "auto"
    await connections.let_in(site.database, registration_id, at_once=at_once)
    return Redirect(HOME, status_code=303)


@post("/registrations/{registration_id:uuid}/test", status_code=200)
async def test_connection(
    site: NamedDependency[Site],
    operator: NamedDependency[Operator],
    registration_id: FromPath[UUID],
) -> Template:
    """Try keys, clock, token and scopes, and say in words what came of each."""
    row = await connections.known(site.database, registration_id)
    key = await signing_key(site.database, site.signer, site.clock())
    steps = await diagnosis.examine(
        site.http, plain(row), key, site.settings.public_url, site.clock()
    )
    wrong = [step for step in steps if step.found is diagnosis.Found.WRONG]
    await events.record(
        site.database,
        EventKind.ACCESS,
        EventOutcome.REFUSED if wrong else EventOutcome.OK,
        site.clock(),
        registration_id=row.id,
        code="tested",
    )
    return page(
        "operator_test",
        csrf=operator.csrf,
        lms=row.name,
        action=f"{HOME}/registrations/{row.id}/test",
        steps=steps,
        works=not wrong,
    )


@get("/events")
async def show_events(
    request: HTMXRequest, site: NamedDependency[Site], operator: NamedDependency[Operator]
) -> Template:
    """What happened lately; a reference that somebody read out is found here."""
    reference = request.query_params.get("reference", "").strip()[:LONGEST_REFERENCE]
    troubles = request.query_params.get("only") == "troubles"
    readable = reference if reference.isprintable() else ""
    async with site.database.begin() as work:
        found = await event_rows.latest(work.session, reference=readable or None, troubles=troubles)
        names = await event_rows.names(work.session)
    return page(
        "operator_events",
        csrf=operator.csrf,
        reference=readable,
        troubles=troubles,
        events=[
            {
                "at": f"{event.at:%Y-%m-%d %H:%M:%S}",
                "kind": _(KINDS[event.kind]),
                "outcome": _(OUTCOMES[event.outcome]),
                "lms": names.get(event.registration_id, "–"),
                "person": event.person or "–",
                "code": spelt_out(event.code) if event.code else "–",
                "reference": event.reference,
            }
            for event in found
        ],
    )


def spelt_out(code: str) -> str:
    """A code's word for a reason, as people write words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code).replace("_", " ").lower()


@post("/sign-out", status_code=303)
async def sign_out(
    request: HTMXRequest, site: NamedDependency[Site], operator: NamedDependency[Operator]
) -> Redirect:
    """End the session, here and on the server."""
    await operators.leave(site.database, operator.secret, site.clock())
    request.state.set_cookies = [f"{COOKIE}=; {COOKIE_RULES}; Max-Age=0"]
    return Redirect("/", status_code=303)


routes: Any = Router(
    HOME,
    route_handlers=[
        show_connections,
        invite,
        approve,
        approve_deployment,
        set_policy,
        test_connection,
        show_events,
        sign_out,
    ],
    dependencies={"operator": Provide(provide_operator)},
)
