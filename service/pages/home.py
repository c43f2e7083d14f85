"""The first page of a launch: the learner's clip, the practice cases, or the class."""

from dataclasses import replace
from typing import Any

from litestar import Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service import attempts, opening, parts, passback
from service.i18n import _
from service.models import Attempt, Case, Kind
from service.pages.answering import answer_attempt, whole
from service.pages.cases import mine_by_case, show_cases
from service.pages.classroom import show_class
from service.pages.drawing import Easel, attempt_path, draw, draw_grade, next_case
from service.pages.picking import show_picker
from service.pages.refreshers import due_here
from service.pages.settings import show_settings
from service.pages.site import GET_OR_POST, Here, Site, leaving, page
from service.pages.views import Step
from service.store import launches as launch_rows
from service.store import passbacks as passback_rows
from service.store.database import Work
from service.windows import why_shut


@route("/", http_method=GET_OR_POST, status_code=200)
async def home(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """Where a launch begins, and where it comes back to."""
    return await show_home(site, here)


async def show_home(site: Site, here: Here) -> Template:
    """The picker for whoever picks, the class for staff, else the activity itself."""
    if here.launch.picks:
        return await show_picker(site, here)
    if here.activity.settings_version == 0:
        return await show_unset(site, here)
    if here.launch.is_staff:
        return await show_class(site, here)
    if here.view.read_only:
        view = leaving(here.view, error=here.view.read_only)
        return page("notice", launch=view, title=here.activity.title, sentence="", hint=None)
    sentence = why_shut(here.activity, site.clock())
    if sentence and not here.launch.is_preview and not await has_begun(site, here):
        return page(
            "notice",
            launch=leaving(here.view, error=sentence),
            title=here.activity.title,
            sentence=sentence,
            hint=None,
            reference=None,
        )
    return await show_as_learner(site, here)


async def has_begun(site: Site, here: Here) -> bool:
    """Whether there is anything of this learner's to be shown after the door has shut."""
    async with site.database.begin() as work:
        return bool(await mine_by_case(Easel(site=site, work=work, here=here)))


async def show_unset(site: Site, here: Here) -> Template:
    """An activity that nobody has set up: the teacher does it here, the others are told so."""
    if here.launch.sets_up:
        return await show_settings(site, here)
    title = _("This activity isn't set up yet")
    return page(
        "notice",
        launch=leaving(here.view, error=title),
        title=title,
        sentence=_(
            "Your teacher has to choose first what you do here. Nothing is missed till then."
        ),
        hint=None,
        reference=None,
    )


@route("/try", http_method=GET_OR_POST, status_code=200)
async def try_out(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """The activity as a learner sees it, for staff: nothing of it is graded."""
    return await show_as_learner(site, here)


async def try_out_here(site: Site, here: Here) -> Response[Any]:
    """The same at its own address; at once where no cookie would open it."""
    if here.handle is None:
        return Redirect(f"{here.path}/try", status_code=303)
    return await show_as_learner(site, await here_again(site, here))


async def here_again(site: Site, here: Here) -> Here:
    """The same launch, after its activity has changed."""
    async with site.database.begin() as work:
        activity = await launch_rows.activity(work.session, here.activity.id)
    return replace(here, activity=activity)


async def show_as_learner(site: Site, here: Here) -> Template:
    """The activity itself, whoever looks."""
    if here.activity.kind is not Kind.OWN_CLIP:
        return await show_cases(site, here)
    return await show_own(site, here)


async def show_own(site: Site, here: Here) -> Template:
    """The learner's newest clip, at whatever step it is."""
    async with site.database.begin() as work:
        attempt = await attempts.open_own(work, here.launch, site.clock())
        easel = Easel(site=site, work=work, here=here)
        view = await draw(easel, attempt)
        refreshers = await due_here(easel) if view.step is Step.CHOOSE else None
    return whole(here, view, due=refreshers)


@route("/cases/{position:int}", http_method=GET_OR_POST, status_code=200)
async def open_case(
    request: HTMXRequest,
    position: FromPath[int],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Begin a case, or go on with it."""
    async with site.database.begin() as work:
        case = await case_at(work, here, position)
        attempt = await attempts.open_case(work, here.launch, case, site.clock())
    return await show_attempt(request, site, here, attempt)


async def case_at(work: Work, here: Here, position: int) -> Case:
    """The case at this place of the activity's set, counted from 1."""
    cases = await parts.cases_for(work, here.activity, here.launch.learner_id)
    if not 0 < position <= len(cases):
        raise attempts.NotYours(_("There is no such case here."))
    return cases[position - 1]


@route("/cases/{position:int}/again", http_method=GET_OR_POST, status_code=200)
async def look_again(
    request: HTMXRequest,
    position: FromPath[int],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Begin a further look at a case, for practice."""
    async with site.database.begin() as work:
        case = await case_at(work, here, position)
        attempt = await attempts.look_again(work, here.launch, case, site.clock())
    return await show_attempt(request, site, here, attempt)


@route("/another", http_method=GET_OR_POST, status_code=200)
async def another(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Begin a further clip of the learner's own; an open one is gone on with."""
    if here.activity.kind is not Kind.OWN_CLIP:
        raise attempts.NotYours(_("This activity takes no clips of your own."))
    async with site.database.begin() as work:
        attempt = await attempts.open_another(work, here.launch, site.clock())
    return await show_attempt(request, site, here, attempt)


async def show_attempt(
    request: HTMXRequest, site: Site, here: Here, attempt: Attempt
) -> Response[Any]:
    """Go to the attempt's own address; without cookies, show it at once."""
    if here.handle is None:
        return Redirect(attempt_path(here, attempt), status_code=303)
    return await answer_attempt(request, site, here, attempt.id)


@post("/begin", status_code=200)
async def begin(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Start an exam's clock, and open its first case; it starts once."""
    async with site.database.begin() as work:
        problem = await opening.begin(work, here.activity, here.launch, site.clock())
        if problem is not None:
            raise attempts.AttemptRefused(problem)
        following = await next_case(Easel(site=site, work=work, here=here))
        case = await case_at(work, here, following or 1)
        attempt = await attempts.open_case(work, here.launch, case, site.clock())
    return await show_attempt(request, site, here, attempt)


@get("/delivery")
async def delivery(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """How the grade of this activity stands, asked for again and again while it travels."""
    async with site.database.begin() as work:
        easel = Easel(site=site, work=work, here=here)
        mine = await mine_by_case(easel)
        grade = await draw_grade(easel, list(mine.values()))
    return Template(
        "fragments/delivery.html.jinja",
        context={
            "launch": here.view,
            "grade": grade,
            "delivery_path": f"{here.path}/delivery",
        },
    )


@post("/delivery/now", status_code=200)
async def deliver_now(site: NamedDependency[Site], here: NamedDependency[Here]) -> Response[Any]:
    """Try at once to send a grade that the LMS did not accept yet."""
    learner = here.launch.learner_id
    if learner is None or not here.launch.is_learner:
        raise attempts.NotYours(_("There is no grade of yours here."))
    await site.limits.ask("address", f"delivery to {learner}")
    async with site.database.begin() as work:
        row = await passback_rows.latest(work.session, here.activity.id, learner)
        if row is not None:
            await passback.try_now(work, row, site.clock())
    if here.handle is None:
        return Redirect(here.path, status_code=303)
    return await show_home(site, here)


routes = Router(
    "/",
    route_handlers=[home, try_out, begin, open_case, look_again, another, delivery, deliver_now],
)
