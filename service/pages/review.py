"""One learner's settled work, for staff: from the LMS's gradebook, or from the class."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from litestar import Router, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service import attempts, reopening, words
from service.attempts import Disclosed, NotYours
from service.i18n import _
from service.models import Attempt, Estimate, Reopening
from service.numbers import counted, signed
from service.pages.classroom import DECIDERS
from service.pages.guard import form_of
from service.pages.site import Here, Site, page
from service.pages.teaching import only, wrong_reason
from service.store import reopenings
from service.trust import SOFTWARE

GET_OR_POST = [HttpMethod.GET, HttpMethod.POST]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One settled attempt."""

    number: int
    estimate: str
    reference: str | None
    reading: str | None
    gap: str | None
    locked_at: str
    attempt: str | None  # where it can be given back


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """One estimate that counts no more, and why."""

    estimate: str
    at: str
    reason: str


@route("/learners/{learner_id:uuid}", http_method=GET_OR_POST, status_code=200)
async def review(
    learner_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """What a learner has locked in, and how far off it was."""
    return await show_review(site, here, learner_id)


async def show_review(
    site: Site, here: Here, learner_id: UUID, *, reason: str = "", error: str | None = None
) -> Template:
    """The page itself; without cookies a launch answers with it at once."""
    decides = here.launch.role in DECIDERS and here.launch.learner_id is not None
    async with site.database.begin() as work:
        learner, disclosed = await attempts.disclose_to_staff(work, learner_id, by=here.launch)
        known = await reopening.blindness(work, here.activity, learner_id, site.clock())
        rows = [
            work_row(number, one, reopens=decides and not reopening.why_not(one.attempt, known))
            for number, one in enumerate(disclosed, start=1)
        ]
        back = await reopenings.of_learner(work.session, here.activity.id, learner_id)
    return page(
        "review",
        status=422 if error else 200,
        launch=replace(here.view, preview=False),  # it is somebody's real work
        learner=learner.label,
        rows=rows,
        given_back=[given_back(*one) for one in back],
        reopen_path=f"{here.path}/learners/{learner_id}/reopen",
        reason=reason[:300],
        error=error,
        class_path=here.path,
    )


@post("/learners/{learner_id:uuid}/reopen", status_code=200)
async def reopen(
    request: HTMXRequest,
    learner_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Give a case back to its learner, with a reason."""
    only(here, DECIDERS)
    form = await form_of(request)
    reason = form.get("reason", "").strip()
    if error := wrong_reason(reason):
        return await show_review(site, here, learner_id, reason=reason, error=error)
    async with site.database.begin() as work:
        await reopening.reopen(
            work,
            chosen(form),
            by=here.launch,
            reason=reason,
            now=site.clock(),
        )
    if here.handle is None:
        return Redirect(f"{here.path}/learners/{learner_id}", status_code=303)
    return await show_review(site, here, learner_id)


def chosen(form: dict[str, str]) -> UUID:
    """Which attempt of those that were offered."""
    try:
        return UUID(form.get("attempt", ""))
    except ValueError as error:
        raise NotYours(_("There is no such attempt in this class.")) from error


def work_row(number: int, one: Disclosed, *, reopens: bool) -> WorkRow:
    """A line of numbers and words. A reading is no reference, and where nobody knows how far off it
    is itself, there is no gap to it: as on the learner's own page."""
    reference, reading = one.score.reference_lvef, one.reading
    if one.score.reference_source == SOFTWARE:
        reference = None
    delta = one.score.delta if one.tells_how_close else None
    return WorkRow(
        number=number,
        estimate=f"{one.estimate.lvef} %",
        reference=None if reference is None else f"{words.percent(reference)} %",
        reading=None if reading is None else f"{words.percent(reading.lvef)} %",
        gap=None if delta is None else points_words(delta),
        locked_at=words.day_and_time(one.estimate.locked_at),
        attempt=str(one.attempt.id) if reopens else None,
    )


def points_words(delta: float) -> str:
    """A gap with its sign and its unit."""
    said = signed(delta, 1)
    return counted("%(gap)s point", "%(gap)s points", delta, 1, gap=said)


def given_back(reopened: Reopening, _attempt: Attempt, estimate: Estimate) -> GivenBack:
    """A line of what a teacher has decided."""
    return GivenBack(
        estimate=f"{estimate.lvef} %",
        at=words.day_and_time(reopened.created_at),
        reason=reopened.reason,
    )


routes = Router("/", route_handlers=[review, reopen])
