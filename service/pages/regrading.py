"""A learner says that an answer looks wrong; the teacher reads it and answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from litestar import Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service import attempts, parts, regrades, words
from service.attempts import NotYours
from service.i18n import _
from service.models import Outcome
from service.numbers import decimal
from service.pages import request_words
from service.pages.answering import answer_attempt
from service.pages.classroom import DECIDERS, SENDERS
from service.pages.drawing import Easel, draw_clip
from service.pages.guard import form_of
from service.pages.home import GET_OR_POST
from service.pages.site import Here, Site, page
from service.pages.teaching import LONGEST_REASON, only, read_decision
from service.pages.viewing import unnamed
from service.pages.views import AttemptView, RegradeView, Step
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import regrades as rows
from service.trust import SOFTWARE

LARGEST_FORM = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One answer that a learner wants to be looked at again, for their teacher."""

    learner: str
    what: str
    estimate: str
    reference: str | None
    said: str
    at: str
    path: str
    by_software: bool = False  # what it is compared with is a reading, no reference
    closed: str | None = None  # when it was answered, and how
    note: str | None = None  # what its learner was told
    version: str = ""  # which answer stands


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingView:
    """What a teacher types to answer a request, and what is wrong with it."""

    may_score: bool
    maximum: str
    outcome: str = ""
    points: str = ""
    note: str = ""
    error: str | None = None
    wrong: str = ""  # which of the three it is about


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
    return await show_requests(site, here)


async def show_requests(site: Site, here: Here) -> Template:
    """The list: what is open, and what was answered."""
    if not here.launch.is_staff:
        raise NotYours(_("There is no such page here."))
    async with site.database.begin() as work:
        found = await rows.of_activity(work.session, here.activity.id)
        learners = {learner.id for _asked, learner, *_ in found}
        places = {one: await parts.places_for(work, here.activity, one) for one in learners}
    asked = [draw_request(here, one, places[one[1].id]) for one in found]
    return page(
        "requests",
        launch=replace(here.view, preview=False),
        requests=[one for one in asked if one.closed is None],
        answered=[one for one in asked if one.closed is not None],
        home_path=here.path,
    )


@route("/requests/{attempt_id:uuid}", http_method=GET_OR_POST, status_code=200)
async def request_of(
    attempt_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """One answer that a learner thinks is wrong: what they said, the numbers, and the clip."""
    return await show_request(site, here, attempt_id)


@post("/requests/{attempt_id:uuid}/close", status_code=200)
async def close(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Say what came of a request; with a score of the teacher's own, if they set one."""
    only(here, SENDERS)
    form = await form_of(request)
    said, typed = read_closing(here, form)
    if said is None:
        return await show_request(site, here, attempt_id, typed=typed)
    async with site.database.begin() as work:
        await regrades.close(work, attempt_id, by=here.launch, said=said, now=site.clock())
    if here.handle is None:
        return Redirect(f"{here.path}/requests", status_code=303)
    return await show_requests(site, here)


def read_closing(here: Here, form: dict[str, str]) -> tuple[regrades.Closing | None, ClosingView]:
    """What a teacher said to a request; None where something is wrong, which the view says."""
    note = regrades.legible(form.get("note", ""))
    points = form.get("points", "").strip()
    view = replace(
        empty_closing(here),
        outcome=form.get("outcome", "")[:20],
        points=points[:20],
        note=note[:LONGEST_REASON],
    )
    share, error, wrong = None, None, ""
    if view.outcome not in {*Outcome} or (view.outcome == Outcome.SCORED and not view.may_score):
        error, wrong = _("Choose what came of it."), "outcome"
    elif len(note) > LONGEST_REASON:
        error, wrong = _("Say it in at most %(most)s characters.", most=LONGEST_REASON), "note"
    elif view.outcome == Outcome.SCORED:
        share, error = read_decision(points or "x", note, here.activity.points)
        wrong = "points" if note else "note"
    if error:
        return None, replace(view, error=error, wrong=wrong)
    outcome, seen = Outcome(view.outcome), form.get("seen", "")
    return regrades.Closing(outcome=outcome, note=note, share=share, seen=seen), view


def empty_closing(here: Here) -> ClosingView:
    """The form as it opens."""
    return ClosingView(
        may_score=here.launch.role in DECIDERS, maximum=decimal(here.activity.points)
    )


async def show_request(
    site: Site, here: Here, attempt_id: UUID, *, typed: ClosingView | None = None
) -> Template:
    """The page of one request."""
    if not here.launch.is_staff:
        raise NotYours(_("There is no such page here."))
    async with site.database.begin() as work:
        found = await rows.of_activity(work.session, here.activity.id, attempt_id=attempt_id)
        if not found:
            raise NotYours(_("There is no such page here."))
        places = await parts.places_for(work, here.activity, found[0][1].id)
        asked = draw_request(here, found[0], places)
        learner, disclosed = await attempts.disclose_to_staff(work, found[0][1].id, by=here.launch)
        # Of a further look, or one that does not count, only the clip and the numbers are shown.
        reading = next((one.reading for one in disclosed if one.attempt.id == attempt_id), None)
        attempt = await attempt_rows.by_id(work.session, attempt_id)
        clip_id = attempts.required(attempt.clip_id if attempt else None)
        clip = await clip_rows.by_id(work.session, clip_id)
        own = found[0][4] is None
        view = AttemptView(path=asked.path, step=Step.REVEAL, own_clip=own, position=None, of=None)
        drawn = await draw_clip(Easel(site=site, work=work, here=here), clip, view)
    if own:
        drawn = unnamed(drawn, _("A learner's clip"))
    return page(
        "request",
        status=422 if typed else 200,
        launch=replace(here.view, preview=False),
        attempt=replace(view, clip=drawn),
        asked=asked,
        reading=words.percent(reading.lvef) if reading and not asked.by_software else None,
        learner=learner.label,
        work_path=f"{here.path}/learners/{learner.id}",
        requests_path=f"{here.path}/requests",
        closing=(typed or empty_closing(here)) if may_close(here) else None,
    )


def may_close(here: Here) -> bool:
    """Who answers learners: whoever sends grades, and not anonymously."""
    return here.launch.role in SENDERS and here.launch.learner_id is not None


def draw_request(here: Here, found: rows.Asked, places: Mapping[UUID, int]) -> RequestView:
    """One line of the list."""
    request, learner, estimate, score, case = found
    return RequestView(
        learner=learner.label,
        what=words.case_name(places.get(case.id)) if case else _("Own clip"),
        estimate=str(estimate.lvef),
        reference=None if score.reference_lvef is None else words.percent(score.reference_lvef),
        said=request.said,
        at=words.day_and_time(request.created_at),
        by_software=score.reference_source == SOFTWARE,
        path=f"{here.path}/requests/{request.attempt_id}",
        closed=request_words.for_staff(request),
        note=request.note,
        version=regrades.version(request),
    )


routes = Router(
    "/", route_handlers=[ask, requests, request_of, close], request_max_body_size=LARGEST_FORM
)
