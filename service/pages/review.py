"""One learner's settled work, for staff: from the LMS's gradebook, or from the class."""

from dataclasses import dataclass
from uuid import UUID

from litestar import Router, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.response import Template

from service import attempts, words
from service.attempts import Disclosed
from service.i18n import _
from service.pages.site import Here, Site, page

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


@route("/learners/{learner_id:uuid}", http_method=GET_OR_POST, status_code=200)
async def review(
    learner_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """What a learner has locked in, and how far off it was."""
    return await show_review(site, here, learner_id)


async def show_review(site: Site, here: Here, learner_id: UUID) -> Template:
    """The page itself; without cookies a launch answers with it at once."""
    async with site.database.begin() as work:
        learner, disclosed = await attempts.disclose_to_staff(work, learner_id, by=here.launch)
    return page(
        "review",
        launch=here.view,
        learner=learner.label,
        rows=[work_row(number, one) for number, one in enumerate(disclosed, start=1)],
        class_path=here.path,
    )


def work_row(number: int, one: Disclosed) -> WorkRow:
    """A line of numbers and words."""
    reference, reading = one.score.reference_lvef, one.reading
    return WorkRow(
        number=number,
        estimate=f"{one.estimate.lvef} %",
        reference=None if reference is None else f"{words.percent(reference)} %",
        reading=None if reading is None else f"{words.percent(reading.lvef)} %",
        gap=None if one.score.delta is None else words.gap(one.score.delta),
        locked_at=_("%(moment)s UTC", moment=f"{one.estimate.locked_at:%Y-%m-%d %H:%M}"),
    )


routes = Router("/", route_handlers=[review])
