"""The view of a clip: the learner watches it being checked or asks; a teacher decides."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service import attempts, rulings
from service.i18n import _
from service.models import Hold
from service.pages.answering import answer_attempt
from service.pages.drawing import Easel, attempt_path, draw_clip
from service.pages.home import show_home
from service.pages.site import GET_OR_POST, Here, Site, fragment, page
from service.pages.viewing import REASONS, notice_of, unnamed
from service.pages.views import AttemptView, Step
from service.store import clips as clip_rows


@get("/view")
async def view_notice(
    attempt_id: FromPath[UUID],
    seen: FromQuery[str],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """How the check of the view stands, or 204 while the page shows just that."""
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        notice = None
        if attempt.clip_id is not None:
            clip = await clip_rows.by_id(work.session, attempt.clip_id)
            is_read = await clip_rows.is_read(work.session, clip.id)
            check, reply_days = site.settings.cloud.view_check, here.activity.reply_days
            notice = notice_of(clip, check, is_read=is_read, reply_days=reply_days)
    if notice is None or notice.version == seen:
        return Response(None, status_code=204)
    path = attempt_path(here, attempt)
    return fragment("view_notice", launch=here.view, notice=notice, attempt={"path": path})


@post("/ask-teacher", status_code=200)
async def ask_teacher(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The learner has a person look at the view. Asking twice changes nothing."""
    async with site.database.begin() as work:
        await rulings.ask_teacher(work, attempt_id, by=here.launch, now=site.clock())
    return await answer_attempt(request, site, here, attempt_id)


@route("/", http_method=GET_OR_POST, status_code=200)
async def decide(
    attempt_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """One clip that waits, for the teacher to watch: no estimate, no reading."""
    async with site.database.begin() as work:
        attempt, clip = await rulings.waiting_clip(work, attempt_id, by=here.launch)
        path = f"{here.path}/views/{attempt.id}"
        view = AttemptView(path=path, step=Step.WRONG_VIEW, own_clip=True, position=None, of=None)
        drawn = await draw_clip(Easel(site=site, work=work, here=here), clip, view)
    return page(
        "view",
        launch=here.view,
        attempt=replace(view, clip=unnamed(drawn, _("A learner's clip"))),
        reason=_(REASONS[clip.hold or Hold.TEACHER]),
        home_path=here.path,
    )


@post("/confirm", status_code=200)
async def confirm(
    attempt_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any] | Template:
    """The view is apical four-chamber: the clip is read."""
    return await rule(site, here, attempt_id, accepted=True)


@post("/reject", status_code=200)
async def reject(
    attempt_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any] | Template:
    """It is another view: the learner takes another clip."""
    return await rule(site, here, attempt_id, accepted=False)


async def rule(
    site: Site, here: Here, attempt_id: UUID, *, accepted: bool
) -> Response[Any] | Template:
    """Write the decision down, and go back to the class."""
    async with site.database.begin() as work:
        await rulings.rule(work, attempt_id, by=here.launch, accepted=accepted, now=site.clock())
    if here.handle is None:
        return Redirect(f"{here.path}/", status_code=303)
    return await show_home(site, here)


learner_routes = Router("/attempts/{attempt_id:uuid}", route_handlers=[view_notice, ask_teacher])
teacher_routes = Router("/views/{attempt_id:uuid}", route_handlers=[decide, confirm, reject])
