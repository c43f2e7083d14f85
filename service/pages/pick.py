"""What can be done in the picker: type, keep, drop, try out, add, cancel."""

from typing import Any

from litestar import Router, post, route
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from lti.deep_linking import respond
from lti.errors import DeepLinkingRefused
from lti.outbound import plain_origin
from lti.platforms import fills_a_form
from service import attempts, events
from service import picking as rules
from service.dates import in_time
from service.i18n import _
from service.keys import signing_key
from service.models import EventKind, EventOutcome
from service.pages.guard import form_of
from service.pages.home import try_out_here
from service.pages.lti import LAUNCH_PATH
from service.pages.picking import show_picker
from service.pages.setting_up import limits_here, preview_words
from service.pages.site import GET_OR_POST, Here, Site, fragment, page
from service.registrations import plain
from service.setups import Read, Setup, read
from service.store import activities as rows
from service.store import registrations as registration_rows


def check(here: Here) -> None:
    """These pages belong to a launch that picks, and to no other."""
    if not here.launch.picks:
        raise attempts.NotYours(_("There is nothing to choose here."))


@route("/", http_method=GET_OR_POST, status_code=200)
async def show(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """The picker, as it was left."""
    check(here)
    return await show_picker(site, here)


@post("/preview", status_code=200)
async def preview(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """What estimates would earn by what is typed at this moment."""
    check(here)
    async with site.database.begin() as work:
        picking = await rows.picking(work.session, here.launch.id)
    limits = await limits_here(site, here, graded=rules.takes_columns(picking))
    return fragment("preview", words=preview_words(await form_of(request), limits, site.clock()))


@post("/more", status_code=200)
async def more(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Keep this one, and set up another beside it."""
    found = await remembered(request, site, here)
    if found.setup is None:
        return await show_picker(site, here, checked=True)
    try:
        async with site.database.begin() as work:
            picking = await rows.picking(work.session, here.launch.id, lock=True)
            rules.choose(picking, found.setup)
    except rules.PickingRefused as error:
        return await show_picker(site, here, problem=str(error))
    return await back_to_picker(site, here)


@post("/drop", status_code=200)
async def drop(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Take one away again."""
    check(here)
    place = (await form_of(request)).get("place", "")
    async with site.database.begin() as work:
        picking = await rows.picking(work.session, here.launch.id, lock=True)
        rules.drop(picking, int(place) if place.isdecimal() and len(place) < 4 else -1)
    return await back_to_picker(site, here)


@post("/try", status_code=200)
async def try_as_learner(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """The activity as a learner would see it; nothing of it is graded, or added anywhere."""
    found = await remembered(request, site, here)
    if found.setup is None:
        return await show_picker(site, here, checked=True)
    async with site.database.begin() as work:
        await rules.try_out(work, here.launch, found.setup, site.clock())
    return await try_out_here(site, here)


@post("/add", status_code=200)
async def add(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """Sign the choice, and hand it to the browser, which takes it to the LMS."""
    form = await form_of(request)
    found = await remembered(request, site, here)
    async with site.database.begin() as work:
        picking = await rows.picking(work.session, here.launch.id)
    setups = rules.setups_of(picking)
    if not ("only" in form and setups):
        if found.setup is None:
            return await show_picker(site, here, checked=True)
        setups.append(found.setup)
    return await answer(request, site, here, setups)


@post("/cancel", status_code=200)
async def cancel(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """Go back to the LMS without anything."""
    check(here)
    return await answer(request, site, here, [])


async def answer(request: HTMXRequest, site: Site, here: Here, setups: list[Setup]) -> Template:
    """The page whose one form takes the signed answer to the LMS."""
    now = site.clock()
    key = await signing_key(site.database, site.signer, now)
    try:
        async with site.database.begin() as work:
            made = await rules.answer(work, here.launch, setups, now) if setups else []
            picking = await rows.picking(work.session, here.launch.id)
            registration = await registration_rows.by_id(work.session, here.launch.registration_id)
            asked = rules.request_of(picking, here.launch, plain(registration))
            url = site.settings.public_url + LAUNCH_PATH
            signed = respond(asked, key, [rules.item_of(one, url) for one in made], now=now)
            events.note(
                work,
                EventKind.DEEP_LINK,
                EventOutcome.OK,
                now,
                registration_id=registration.id,
                learner_id=here.launch.learner_id,
            )
    except (rules.PickingRefused, DeepLinkingRefused) as error:
        return await show_picker(site, here, problem=str(error))
    # Chromium holds a form's redirects to form-action too.
    origins = [plain_origin(signed.url) or "", here.launch.frame_origins]
    request.state.form_action = " ".join(filter(None, origins))
    return page(
        "picked",
        launch=here.view,
        action=signed.url,
        jwt=signed.jwt,
        titles=[one.title for one in made],
        fills_a_form=fills_a_form(here.launch.platform_family),
    )


async def remembered(request: HTMXRequest, site: Site, here: Here) -> Read:
    """What was typed, kept whatever it is, and what it comes to."""
    check(here)
    form = await form_of(request)
    async with site.database.begin() as work:
        picking = await rows.picking(work.session, here.launch.id, lock=True)
        rules.remember(picking, form)
        limits = await rules.limits_of(work, here.launch, graded=rules.takes_columns(picking))
        return in_time(read(picking.typed, limits), site.clock())


async def back_to_picker(site: Site, here: Here) -> Response[Any]:
    """The picker at its own address, so that a reload repeats nothing; at once without cookies."""
    if here.handle is None:
        return Redirect(f"{here.path}/pick", status_code=303)
    return await show_picker(site, here)


routes = Router("/pick", route_handlers=[show, preview, more, drop, try_as_learner, add, cancel])
