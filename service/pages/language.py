"""A learner chooses the language of their pages."""

import re
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

ID = "[0-9a-f-]{36}"
# Pages that may be asked for again, each with what it was asked: looking at them changes nothing.
A_PAGE = re.compile(
    rf"/(?:attempts/{ID}|cases/[0-9]{{1,3}}|learners/{ID}|progress/cases|progress|requests/{ID}|"
    rf"requests|settings|try|views/{ID})(?![\w-])(?:\?[\w.=&%+-]{{1,500}}$)?"
)


@post("/language", status_code=200)
async def choose_language(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any] | Template:
    """From here on, in every launch of this learner's."""
    form = dict(await form_pairs(request))
    wanted = form.get("language", "")
    if wanted not in LANGUAGES:
        raise ClientException("There is no such language here.")
    speak(wanted)
    if here.learner is not None:
        async with site.database.begin() as work:
            learner = await work.session.get_one(Learner, here.learner.id)
            learner.language = wanted
    place = page_below(here.path, form.get("at", ""))
    if here.handle is None:
        return Redirect(f"{here.path}{place}", status_code=303)
    if place == "/":
        return await show_home(site, here)
    return Redirect(f"{here.path}{place}", status_code=307)  # the form goes on, with the handle


def page_below(home: str, at: str) -> str:
    """The page that was being looked at, or the one that an act belonged to; else the first one."""
    found = A_PAGE.match(at.removeprefix(home)) if at.startswith(home) else None
    return found[0] if found else "/"


routes = Router("/", route_handlers=[choose_language])
