"""A learner says that an answer looks wrong; the teacher reads it beside the numbers."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template
from litestar_htmx import HTMXRequest

from service import parts, regrades, words
from service.attempts import NotYours
from service.i18n import _
from service.pages.answering import answer_attempt
from service.pages.guard import form_of
from service.pages.home import GET_OR_POST
from service.pages.site import Here, Site, page
from service.pages.views import RegradeView, RequestView
from service.store import regrades as rows
from service.trust import SOFTWARE

LARGEST_FORM = 16_000


@post("/attempts/{attempt_id:uuid}/regrade", status_code=200)
async def ask(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Tell the teacher what looks wrong with an answer."""
    said = (await form_of(request)).get("said", "")
    asked = None
    try:
        async with site.database.begin() as work:
            await regrades.ask(work, attempt_id, by=here.launch, said=said, now=site.clock())
    except regrades.NothingSaid as error:
        asked = RegradeView(typed=said, error=str(error))
    return await answer_attempt(request, site, here, attempt_id, asked=asked)


@route("/requests", http_method=GET_OR_POST, status_code=200)
async def requests(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """What learners of this activity have asked to be looked at again, for staff."""
    if not here.launch.is_staff:
        raise NotYours(_("There is no such page here."))
    async with site.database.begin() as work:
        found = await rows.of_activity(work.session, here.activity.id)
        places = {
            learner.id: await parts.places_for(work, here.activity, learner.id)
            for learner in {learner.id: learner for _asked, learner, *_ in found}.values()
        }
    asked = [
        RequestView(
            learner=learner.label,
            what=words.case_name(places[learner.id].get(case.id)) if case else _("Own clip"),
            estimate=str(estimate.lvef),
            reference=None if score.reference_lvef is None else words.percent(score.reference_lvef),
            said=request.said,
            at=words.day_and_time(request.created_at),
            by_software=score.reference_source == SOFTWARE,
        )
        for request, learner, estimate, score, case in found
    ]
    return page(
        "requests", launch=replace(here.view, preview=False), requests=asked, home_path=here.path
    )


routes = Router("/", route_handlers=[ask, requests], request_max_body_size=LARGEST_FORM)
