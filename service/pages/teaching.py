"""What staff do on the class page: send a grade again, decide about one, take the list away."""

import csv
import io
from typing import Any
from uuid import UUID

from litestar import Router, get, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest
from markupsafe import escape

from service import decisions, passback, reopening, rosters
from service.attempts import NotYours
from service.i18n import _
from service.models import Activity, Kind, PassbackState
from service.numbers import decimal
from service.pages.classroom import (
    DECIDERS,
    FACTORS,
    SENDERS,
    ClassRow,
    Typed,
    class_rows,
    show_class,
    show_deliveries,
)
from service.pages.guard import form_of
from service.pages.site import Here, Site
from service.store import passbacks as passback_rows
from service.store import rosters as roster_rows
from service.store.database import Work

GET_OR_POST = [HttpMethod.GET, HttpMethod.POST]
LONGEST_REASON = 300
UNDELIVERED = {PassbackState.DUE, PassbackState.REFUSED}
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CSV_HEADER = (
    "learner", "cases done", "mean error, points", "bias, points", "score", "of", "gradebook",
    "when", "why", "set by a teacher because", "exempt because",
)  # fmt: skip

FIRST_PART = ("mean error in the first part, points", "bias in the first part, points")
SECOND_PART = {
    "mean error, points": "mean error in the second part, points",
    "bias, points": "bias in the second part, points",
}


def only(here: Here, roles: set[str]) -> None:
    """To everybody else there is no such page."""
    if here.launch.role not in roles:
        raise NotYours(_("There is no such page here. Open the activity again from your course."))


async def back(site: Site, here: Here) -> Response[Any]:
    """The class again; without cookies at once, since no address would open it."""
    if here.handle is None:
        return Redirect(here.path, status_code=303)
    return await show_class(site, here)


@get("/class/deliveries")
async def deliveries(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """How the grades of the class stand, for a class page that waits for some."""
    if not here.launch.is_staff:
        raise NotYours(_("There is no such page here. Open the activity again from your course."))
    return await show_deliveries(site, here)


@post("/class/send", status_code=200)
async def send_all(site: NamedDependency[Site], here: NamedDependency[Here]) -> Response[Any]:
    """Send every grade that has not arrived; not those that a teacher has to decide about."""
    only(here, SENDERS)
    async with site.database.begin() as work:
        for row in await passback_rows.of_activity(work.session, here.activity.id):
            if row.state in UNDELIVERED:
                await passback.send_again(work, row, site.clock())
    return await back(site, here)


@post("/class/{learner_id:uuid}/send", status_code=200)
async def send_one(
    learner_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Send one learner's grade again; what the gradebook holds is looked at first."""
    return await send(site, here, learner_id, anyway=False)


@post("/class/{learner_id:uuid}/send-anyway", status_code=200)
async def send_anyway(
    learner_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Send one learner's grade over what the gradebook holds."""
    return await send(site, here, learner_id, anyway=True)


async def send(site: Site, here: Here, learner_id: UUID, *, anyway: bool) -> Response[Any]:
    """Send the newest grade of a learner of this class."""
    only(here, SENDERS)
    async with site.database.begin() as work:
        row = await passback_rows.latest(work.session, here.activity.id, learner_id)
        if row is None:
            raise NotYours(_("Nothing has been scored for this learner yet."))
        await passback.send_again(work, row, site.clock(), anyway=anyway)
    return await back(site, here)


@post("/class/{learner_id:uuid}/score", status_code=200)
async def decide(
    request: HTMXRequest,
    learner_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """A teacher's own score for a learner, with a reason; without points, the work counts again."""
    only(here, DECIDERS)
    form = await form_of(request)
    points, reason = form.get("points", "").strip(), form.get("reason", "").strip()
    share, error = read_decision(points, reason, here.activity.points)
    if error:
        typed = Typed(learner=str(learner_id), points=points[:20], reason=reason[:300], error=error)
        return await show_class(site, here, typed=typed)
    async with site.database.begin() as work:
        await check_in_class(work, here, learner_id)
        await decisions.set_score(
            work, learner_id, by=here.launch, share=share, reason=reason, now=site.clock()
        )
    return await back(site, here)


@post("/class/{learner_id:uuid}/exempt", status_code=200)
async def exempt(
    request: HTMXRequest,
    learner_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Nothing is expected of a learner here, with a reason. Letting the work count ends it."""
    only(here, DECIDERS)
    reason = (await form_of(request)).get("reason", "").strip()
    if error := wrong_reason(reason):
        typed = Typed(learner=str(learner_id), points="", reason=reason[:300], error=error)
        return await show_class(site, here, typed=typed)
    async with site.database.begin() as work:
        await check_in_class(work, here, learner_id)
        await decisions.exempt(work, learner_id, by=here.launch, reason=reason, now=site.clock())
    return await back(site, here)


@post("/class/{learner_id:uuid}/time", status_code=200)
async def give_time(
    request: HTMXRequest,
    learner_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """How much of an exam's time a learner has; it holds before they begin, and while they sit."""
    only(here, DECIDERS)
    factor = (await form_of(request)).get("factor", "")
    if here.activity.kind is not Kind.EXAM or factor not in FACTORS:
        raise NotYours(_("There is no such page here. Open the activity again from your course."))
    async with site.database.begin() as work:
        await check_in_class(work, here, learner_id)
        await decisions.give_time(
            work,
            here.activity,
            learner_id,
            by=here.launch,
            factor=float(factor),
            now=site.clock(),
        )
    return await back(site, here)


@post("/class/{learner_id:uuid}/restart", status_code=200)
async def restart(
    learner_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """Let a learner begin an exam's clock again."""
    only(here, DECIDERS)
    async with site.database.begin() as work:
        await check_in_class(work, here, learner_id)
        await reopening.restart(work, here.activity, learner_id, by=here.launch, now=site.clock())
    return await back(site, here)


def wrong_reason(reason: str) -> str | None:
    """What is wrong with a reason, which the learner can read."""
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        return _("Say why, in up to 300 characters: the learner can read it.")
    return None


def read_decision(points: str, reason: str, maximum: float) -> tuple[float | None, str | None]:
    """The share of the maximum that was typed, None for none; or what is wrong with it."""
    if error := wrong_reason(reason):
        return None, error
    if not points:
        return None, None
    try:
        number = float(points.replace(",", "."))
    except ValueError:
        number = -1.0
    if not 0 <= number <= maximum:  # and no NaN
        return None, _("Type points from 0 to %(maximum)s.", maximum=decimal(maximum))
    return number / maximum, None


async def check_in_class(work: Work, here: Here, learner_id: UUID) -> None:
    """Only about a learner of this class, and never anonymously."""
    roster = await roster_rows.of_course(
        work.session, here.launch.registration_id, here.activity.context_id
    )
    known = {row.id for row in await class_rows(work, here, roster)}
    if str(learner_id) not in known or here.launch.learner_id is None:
        raise NotYours(_("There is no such learner in this class."))


@post("/class/roster", status_code=200)
async def fetch_roster(site: NamedDependency[Site], here: NamedDependency[Here]) -> Response[Any]:
    """Have the course list read again."""
    only(here, SENDERS)
    async with site.database.begin() as work:
        roster = await roster_rows.of_course(
            work.session, here.launch.registration_id, here.activity.context_id
        )
        if roster is not None:
            rosters.ask(work, roster, site.clock(), at_once=True)
    return await back(site, here)


@route("/class.csv", http_method=GET_OR_POST, status_code=200)
async def take_away(site: NamedDependency[Site], here: NamedDependency[Here]) -> Response[bytes]:
    """The class as a file for a spreadsheet."""
    only(here, SENDERS)
    async with site.database.begin() as work:
        roster = await roster_rows.of_course(
            work.session, here.launch.registration_id, here.activity.context_id
        )
        found = await class_rows(work, here, roster)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(csv_head(here.activity))
    writer.writerows(csv_line(row, parts=here.activity.kind is Kind.PRE_POST) for row in found)
    return Response(
        ("\ufeff" + written.getvalue()).encode(),  # spreadsheets take it for UTF-8 by this mark
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="class.csv"'},
    )


def csv_head(activity: Activity) -> tuple[str, ...]:
    """The columns; of two parts each is named, and the first one's come at the end."""
    if activity.kind is not Kind.PRE_POST:
        return CSV_HEADER
    second = (SECOND_PART.get(name, name) for name in CSV_HEADER)
    return (*second, *FIRST_PART)


def csv_line(row: ClassRow, *, parts: bool) -> list[str]:
    """One learner; texts that people typed never begin as a formula does."""
    texts = (row.problem or "", row.decided or "", row.exempt or "")
    return [
        plain_text(row.learner),
        str(row.done),
        *map(plain_number, (row.mean_error, row.bias)),
        "" if row.score is None else f"{row.score:g}",
        f"{row.maximum:g}",
        row.delivery.value,
        escape(row.at or "").striptags(),
        *map(plain_text, texts),
        *(map(plain_number, (row.first_error, row.first_bias)) if parts else ()),
    ]


def plain_number(points: float | None) -> str:
    """A number as every spreadsheet reads it."""
    return "" if points is None else f"{points:.1f}"


def plain_text(text: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(FORMULA) else text


routes = Router(
    "/",
    route_handlers=[
        deliveries,
        send_all,
        send_one,
        send_anyway,
        decide,
        exempt,
        give_time,
        restart,
        fetch_roster,
        take_away,
    ],
)
