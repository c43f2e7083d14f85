"""Whose request this is: the launch in the path, proved by its secret handle."""

import hmac
from uuid import UUID

from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath
from litestar_htmx import HTMXRequest

from lti.storage import is_full, launch_cookie_name
from service.i18n import speak
from service.pages.forms import form_pairs
from service.pages.site import Here, Site
from service.signing import matches
from service.store import launches as rows

HANDLE_HEADER = "X-Eyeball-Launch"
CSRF_HEADER = "X-Eyeball-CSRF"
SAFE_METHODS = {"GET", "HEAD"}


class SignedOut(Exception):
    """No handle, a wrong one, or an expired launch: the answer is the same for all."""


class CrowdedOut(SignedOut):
    """The same, in a browser that holds as many launches as it may: this may be an older one."""


async def provide_here(
    request: HTMXRequest, launch_id: FromPath[UUID], site: NamedDependency[Site]
) -> Here:
    """The launch of this request; its handle comes by cookie, header or form, never by URL."""
    cookie = request.cookies.get(launch_cookie_name(str(launch_id)))
    form = await form_of(request)
    carried = request.headers.get(HANDLE_HEADER) or form.get("launch")
    async with site.database.alone() as session:
        found = await rows.here(session, launch_id, site.clock())
    crowded = cookie is None and not carried and is_full(request.cookies)
    shut_out = CrowdedOut if crowded else SignedOut
    if found is None:
        raise shut_out
    launch, activity, learner, decided = found
    handle = carried or cookie or ""
    if not matches(handle, launch.handle_hash):
        raise shut_out
    csrf = site.signer.csrf(launch_id)
    given = request.headers.get(CSRF_HEADER) or form.get("csrf") or ""
    if request.method not in SAFE_METHODS and not hmac.compare_digest(
        given.encode(), csrf.encode()
    ):
        raise SignedOut
    request.state.frame_ancestors = launch.frame_origins
    speak(learner.language if learner else None, launch.locale)
    here = Here(
        launch=launch,
        activity=activity,
        learner=learner,
        decided=decided,
        handle=handle if launch.cookieless else None,
        csrf=csrf,
        now=site.clock(),
        at=place_of(request),
    )
    request.state.here = here  # an error's page, too, knows whose it is and where to go on
    return here


def place_of(request: HTMXRequest) -> str:
    """The address of the page that is asked for, with what it was asked."""
    query = request.url.query if request.method in SAFE_METHODS else ""
    return f"{request.url.path}?{query}" if query else request.url.path


async def form_of(request: HTMXRequest) -> dict[str, str]:
    """The fields of a form; one that comes twice is refused."""
    if request.method in SAFE_METHODS:
        return {}
    found = await form_pairs(request)
    fields = dict(found)
    if len(fields) < len(found):
        raise ClientException("A field came twice.")
    return fields
