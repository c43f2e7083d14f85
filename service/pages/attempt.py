"""One attempt: its page, the estimate, the review, the lock, and the wait."""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Template
from litestar_htmx import HTMXRequest

from service import attempts
from service.i18n import _
from service.models import Attempt, AttemptState, Estimate
from service.pages.answering import answer_attempt, whole
from service.pages.drawing import Easel, draw, draw_grade
from service.pages.guard import form_of
from service.pages.site import GET_OR_POST, Here, Site, fragment
from service.pages.views import EstimateView
from service.scoring import CERTAINTIES, HALF_WIDTHS
from service.store import attempts as rows
from service.store.database import Work

LARGEST_FORM = 16_000


@route("/", http_method=GET_OR_POST, status_code=200)
async def attempt_page(
    attempt_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """The attempt at whatever step it is: reload, back and a second tab all end here."""
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        view = await draw(Easel(site=site, work=work, here=here), attempt)
    return whole(here, view)


@get("/step")
async def step(
    attempt_id: FromPath[UUID],
    seen: FromQuery[str],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The next step, or 204 while the one that the page shows still holds."""
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        view = await draw(Easel(site=site, work=work, here=here), attempt)
    if view.version and view.version == seen:
        return Response(None, status_code=204)
    return fragment(view.step, launch=here.view, attempt=view)


@post("/review", status_code=200)
async def review(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Show the estimate once more before it is locked, or say what is wrong with it."""
    typed = await typed_in(request, site, here, attempt_id)
    return await answer_attempt(
        request, site, here, attempt_id, typed=typed, review=not typed.is_wrong
    )


@post("/back", status_code=200)
async def back(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """From the review to the estimate, with what was typed."""
    form = await form_of(request)
    return await answer_attempt(request, site, here, attempt_id, typed=as_typed(form))


@post("/draft", status_code=204)
async def draft(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> None:
    """Keep what is typed so far, right or wrong."""
    form = await form_of(request)
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        await keep(work, attempt, as_typed(form), turn_of(form), site)


@post("/lock", status_code=200)
async def lock(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Lock the estimate in; from here on it cannot change. A second press changes nothing, and
    another number is told that it came too late."""
    typed = await typed_in(request, site, here, attempt_id)
    if typed.is_wrong:
        return await answer_attempt(request, site, here, attempt_id, typed=typed)
    async with site.database.begin() as work:
        locks = await attempts.lock(
            work,
            attempt_id,
            by=here.launch,
            lvef=attempts.parse_lvef(typed.lvef),
            sure=sure_of(typed, here),
            known=typed.known,
            attested=typed.attested,
            now=site.clock(),
        )
        before = None if locks else await rows.estimate(work.session, attempt_id)
    late = overtaken(typed, before)
    typed = replace(typed, overtaken=late)
    return await answer_attempt(request, site, here, attempt_id, typed=typed if late else None)


async def typed_in(request: HTMXRequest, site: Site, here: Here, attempt_id: UUID) -> EstimateView:
    """What was typed, with a sentence for each thing that is wrong."""
    form = await form_of(request)
    typed = as_typed(form)
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        await keep(work, attempt, typed, turn_of(form), site)
        is_locked = attempt.state is not AttemptState.DRAFT
        locked = await rows.estimate(work.session, attempt_id) if is_locked else None
    if attempt.case_id is None and not typed.attested:
        typed = replace(typed, attest_error=_("Please confirm this before you lock in."))
    try:
        sure_of(typed, here)
    except attempts.EstimateInvalid as error:
        typed = replace(typed, sure_error=str(error))
    try:
        attempts.parse_lvef(typed.lvef)
    except attempts.EstimateInvalid as error:
        return replace(typed, lvef_error=str(error))
    return replace(typed, overtaken=overtaken(typed, locked))


def overtaken(typed: EstimateView, locked: Estimate | None) -> str | None:
    """That this number comes after another one was locked in, as it may from a second window."""
    lvef = attempts.parse_lvef(typed.lvef)
    if locked is None or lvef == locked.lvef:
        return None
    return _(
        "You had locked in %(locked)s %% already, so the %(typed)s %% from this window were not "
        "taken.",
        locked=locked.lvef,
        typed=lvef,
    )


def sure_of(typed: EstimateView, here: Here) -> attempts.Sure:
    """How sure the learner is, by what this activity asks."""
    return attempts.parse_sure(typed.half_width, typed.certainty, here.activity.rule)


async def keep(
    work: Work, attempt: Attempt, typed: EstimateView, turn: attempts.Turn | None, site: Site
) -> None:
    """Keep what was typed, for a reload, another device or a later launch."""
    await attempts.keep_draft(
        work,
        attempt,
        lvef=typed.lvef,
        sure=attempts.Sure(
            half_width=offered(typed.half_width, HALF_WIDTHS),
            certainty=offered(typed.certainty, CERTAINTIES),
        ),
        known=typed.known,
        attested=typed.attested,
        turn=turn,
        now=site.clock(),
    )


def offered(chosen: str, choices: Collection[int]) -> int | None:
    """What was chosen, if the page offers it."""
    return int(chosen) if chosen in map(str, choices) else None


def as_typed(form: dict[str, str]) -> EstimateView:
    """The form's fields, as they came, but for what no keyboard types."""

    def field(name: str) -> str:
        return "".join(filter(str.isprintable, form.get(name, ""))).strip()[:8]

    return EstimateView(
        lvef=field("lvef"),
        half_width=field("half_width"),
        certainty=field("certainty"),
        known="known" in form,
        attested="attest" in form,
    )


def turn_of(form: dict[str, str]) -> attempts.Turn | None:
    """Page and number, as attempt.js counts; None where no script runs, or for anything else."""
    found = re.fullmatch(r"([a-z0-9]{1,32})-([0-9]{1,9})", form.get("turn", ""), re.ASCII)
    return attempts.Turn(found[1], int(found[2])) if found else None


@get("/delivery")
async def delivery(
    attempt_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """How this attempt's grade stands, asked for again and again while it travels."""
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        grade = await draw_grade(Easel(site=site, work=work, here=here), [attempt])
    path = f"{here.path}/attempts/{attempt_id}/delivery"
    return fragment("delivery", launch=here.view, grade=grade, delivery_path=path)


routes = Router(
    "/attempts/{attempt_id:uuid}",
    route_handlers=[attempt_page, step, review, back, draft, lock, delivery],
    request_max_body_size=LARGEST_FORM,
)
