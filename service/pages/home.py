"""The first page of a launch: the learner's clip, the practice cases, or the class."""

from dataclasses import replace
from typing import Any

from litestar import Router, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service import attempts, words
from service.i18n import _
from service.models import Attempt, AttemptState, Case, Kind
from service.pages.answering import answer_attempt
from service.pages.classroom import show_class
from service.pages.drawing import Easel, attempt_path, draw, draw_grade, next_case
from service.pages.picking import show_picker
from service.pages.settings import show_settings
from service.pages.site import GET_OR_POST, Here, Site, page
from service.pages.views import CaseView
from service.store import attempts as rows
from service.store import clips as clip_rows
from service.store import launches as launch_rows
from service.store.database import Work


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
        return page("notice", launch=here.view, title=here.activity.title, sentence="", hint=None)
    if here.activity.kind is Kind.PRACTICE:
        return await show_practice(site, here)
    return await show_own(site, here)


async def show_unset(site: Site, here: Here) -> Template:
    """An activity that nobody has set up: the teacher does it here, the others are told so."""
    if here.launch.sets_up:
        return await show_settings(site, here)
    return page(
        "notice",
        launch=here.view,
        title=_("This activity isn't set up yet"),
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
    if here.activity.kind is Kind.PRACTICE:
        return await show_practice(site, here)
    return await show_own(site, here)


async def show_own(site: Site, here: Here) -> Template:
    """The learner's newest clip, at whatever step it is."""
    async with site.database.begin() as work:
        attempt = await attempts.open_own(work, here.launch, site.clock())
        view = await draw(Easel(site=site, work=work, here=here), attempt)
    return page("attempt", launch=here.view, attempt=view)


async def show_practice(site: Site, here: Here) -> Template:
    """All practice cases, with what came of those that are done."""
    async with site.database.begin() as work:
        easel = Easel(site=site, work=work, here=here)
        mine = await mine_by_case(work, here)
        cases = [
            await case_view(easel, position, mine.get(case.id))
            for position, case in enumerate(
                await clip_rows.cases_of(work.session, here.activity), start=1
            )
        ]
        following = await next_case(easel)
        grade = await draw_grade(easel, list(mine.values()))
    done = sum(case.state == "done" for case in cases)
    return page(
        "practice",
        launch=here.view,
        cases=cases,
        summary=_(
            "%(done)s of %(all)s cases done. Each case counts at your first look.",
            done=done,
            all=len(cases),
        ),
        grade=grade,
        next_path=f"{here.path}/cases/{following}" if following else None,
        next_label=_("Continue") if mine else _("Start with case 1"),
        delivery_path=f"{here.path}/delivery",
        progress_path=f"{here.path}/progress" if done else None,
    )


async def mine_by_case(work: Work, here: Here) -> dict[object, Attempt]:
    """This learner's attempts, by case."""
    if here.launch.learner_id is None:
        return {}
    found = await rows.of_learner(work.session, here.activity.id, here.launch.learner_id)
    return {attempt.case_id: attempt for attempt in found}


async def case_view(easel: Easel, position: int, attempt: Attempt | None) -> CaseView:
    """One line of the list; a number only where this learner has seen it already."""
    states = {AttemptState.LOCKED: "waiting", AttemptState.SETTLED: "done"}
    state = "new" if attempt is None else states.get(attempt.state, "draft")
    outcome = None
    if attempt is not None and state == "done":
        revealed = await attempts.reveal(
            easel.work, attempt.id, by=easel.here.launch, now=easel.site.clock()
        )
        if revealed and revealed.score.reference_lvef is not None:
            outcome = _(
                "Yours %(estimate)s %%, reference %(reference)s %%. %(gap)s",
                estimate=revealed.estimate.lvef,
                reference=words.percent(revealed.score.reference_lvef),
                gap=words.gap(revealed.score.delta or 0.0),
            )
    return CaseView(
        position=position,
        path=f"{easel.here.path}/cases/{position}",
        state=state,
        outcome=outcome,
    )


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
    cases = await clip_rows.cases_of(work.session, here.activity)
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


@get("/delivery")
async def delivery(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """How the grade of this activity stands, asked for again and again while it travels."""
    async with site.database.begin() as work:
        mine = await mine_by_case(work, here)
        grade = await draw_grade(Easel(site=site, work=work, here=here), list(mine.values()))
    return Template(
        "fragments/delivery.html.jinja",
        context={"grade": grade, "delivery_path": f"{here.path}/delivery"},
    )


routes = Router("/", route_handlers=[home, try_out, open_case, look_again, another, delivery])
