"""A learner chooses the language of their pages."""

from typing import Any

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service.i18n import LANGUAGES, speak
from service.models import Learner
from service.pages.forms import form_pairs
from service.pages.home import show_home
from service.pages.site import Here, Site


@post("/language", status_code=200)
async def choose_language(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any] | Template:
    """From here on, in every launch of this learner's."""
    wanted = dict(await form_pairs(request)).get("language", "")
    if wanted not in LANGUAGES:
        raise ClientException("There is no such language here.")
    speak(wanted)
    if here.learner is not None:
        async with site.database.begin() as work:
            learner = await work.session.get_one(Learner, here.learner.id)
            learner.language = wanted
    if here.handle is None:
        return Redirect(f"{here.path}/", status_code=303)
    return await show_home(site, here)


routes = Router("/", route_handlers=[choose_language])
