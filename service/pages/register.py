"""Where an LMS's administrator connects it to us, in a frame of that LMS and without a cookie."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template
from litestar_htmx import HTMXRequest

from lti.login import single_valued
from lti.outbound import plain_origin
from lti.platforms import frames_registration
from service import connecting
from service.connecting import Choices, Connected, Offer, Trouble
from service.i18n import _
from service.invites import REGISTER_PATH
from service.pages.addresses import address_of
from service.pages.forms import query_pairs
from service.pages.guard import form_of
from service.pages.site import Site, page
from service.words_of_lms import family_name, next_steps, scope_words

LARGEST_POST = 1_000_000
NOBODY = "'none'"
ANY_INSTITUTION = "https:"  # of one that shows us under a domain of each institution's own


@get(f"{REGISTER_PATH}/{{secret:str}}")
async def show_offer(
    request: HTMXRequest, site: NamedDependency[Site], secret: FromPath[str]
) -> Response[Any]:
    """Show who asks for what; an LMS opens this address with its own in the query."""
    await site.limits.ask("address", address_of(request, site.settings))
    params = single_valued(query_pairs(request))
    url, token = params.get("openid_configuration", ""), params.get("registration_token") or None
    request.state.frame_ancestors = framed_by(url)
    if not url:
        await connecting.usable_invite(site.database, secret, site.clock())
        return page("invited", address=f"{site.settings.public_url}{request.url.path}")
    found = await connecting.read_offer(
        site.database, site.public_web, secret, (url, token), site.clock()
    )
    if isinstance(found, Trouble):
        return page("not_connected", trouble=found, status=422)
    return show(site, found, secret)


@post(f"{REGISTER_PATH}/{{secret:str}}", status_code=200, request_max_body_size=LARGEST_POST)
async def connect(
    request: HTMXRequest, site: NamedDependency[Site], secret: FromPath[str]
) -> Response[Any]:
    """Register with the LMS, and say what is left to do."""
    await site.limits.ask("address", address_of(request, site.settings))
    form = await form_of(request)
    offer = connecting.unseal(form.get("offer", ""), site.signer, site.clock())
    request.state.frame_ancestors = framed_by(offer.url)
    if form.get("agreed") != "yes":
        return show(site, offer, secret, form=form, disagreed=True)
    outcome = await connecting.accept(
        site.database,
        site.public_web,
        offer,
        Choices(
            with_names=form.get("names") == "yes",
            with_roster=form.get("roster") == "yes",
            contact=form.get("contact"),
        ),
        public_url=site.settings.public_url,
        now=site.clock(),
    )
    if isinstance(outcome, Trouble):
        return show(site, offer, secret, form=form, trouble=outcome)
    return done(outcome)


def framed_by(url: str) -> str:
    """Who may frame the page: the LMS that describes itself at this address."""
    if frames_registration(url) == ANY_INSTITUTION:
        return ANY_INSTITUTION
    return plain_origin(url) or NOBODY


def show(
    site: Site,
    offer: Offer,
    secret: str,
    *,
    form: dict[str, str] | None = None,
    disagreed: bool = False,
    trouble: Trouble | None = None,
) -> Template:
    """The page to confirm on; after a no it is shown again, with all that was typed."""
    return page(
        "register",
        status=422 if disagreed or trouble else 200,
        action=f"{REGISTER_PATH}/{secret}",
        offer=connecting.seal(offer, site.signer),
        lms=offer.name,
        host=offer.host,
        family=family_name(offer.configuration.family),
        updates=offer.updates,
        connected=offer.connected,
        names=form is None or form.get("names") == "yes",
        roster=form is None or form.get("roster") == "yes",
        contact=(form or {}).get("contact", ""),
        disagreed=disagreed,
        trouble=trouble,
    )


def done(outcome: Connected) -> Template:
    """What was agreed, and what is still to be done in the LMS and by the operator."""
    row = outcome.registration
    return page(
        "registered",
        lms=row.name,
        client_id=row.client_id,
        deployment_id=outcome.deployment_id,
        updated=outcome.updated,
        approved=row.approved,
        missing=[scope_words(scope) for scope in sorted(outcome.missing)],
        steps=next_steps(row.family),
        closes=_("Close"),
    )
