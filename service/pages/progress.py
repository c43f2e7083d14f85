"""How a learner is getting on: their errors over time, their patterns, their cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from litestar import Router, route
from litestar.di import NamedDependency
from litestar.response import Template

from service import history, parts
from service.history import Seen
from service.i18n import _
from service.numbers import counted, decimal
from service.pages.past import draw_seen, past_cases
from service.pages.patterns import draw_mastery, draw_patterns
from service.pages.refreshers import draw_due
from service.pages.site import GET_OR_POST, Here, Site, page
from service.pages.trends import ProgressView
from service.progress import LEAST_FOR_CHARTS, ROLLING, Look, bias, mean_error, skill
from service.store import clips as clip_rows

LATEST = 5  # cases on the first page; the list has all


@route("/progress", http_method=GET_OR_POST, status_code=200)
async def progress(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """What all that this learner has settled comes to."""
    async with site.database.begin() as work:
        seen = await history.of_learner(work, here.launch, site.clock())
        history.shown(seen, site.clock())
        numbers = await parts.places_for(work, here.activity, here.launch.learner_id)
        library = len(await clip_rows.cases(work.session))
    places = {str(case): place for case, place in numbers.items()}
    drawn = draw_progress(here, seen, places, library, site.clock())
    return page("progress", launch=here.view, progress=drawn)


def draw_progress(
    here: Here, seen: Sequence[Seen], places: Mapping[str, int], library: int, now: datetime
) -> ProgressView:
    """Words first, then charts once there is enough to draw, then every case. Counted are first
    looks: whoever looks again has been told the answer."""
    every = history.looks(seen)
    looks = [look for look in every if look.first]
    return ProgressView(
        path=f"{here.path}/progress",
        home_path=here.path,
        summary=summary_words(looks, again=len(every) - len(looks)),
        bias=bias_words(looks) if looks else None,
        skill=skill_words(looks) if looks else None,
        mastery=draw_mastery(looks, library=library),
        missing=max(0, LEAST_FOR_CHARTS - len(looks)),
        patterns=draw_patterns(looks) if len(looks) >= LEAST_FOR_CHARTS else None,
        due=draw_due(here, seen, places, now),
        cases=tuple(draw_seen(here, one, places) for one in reversed(seen[-LATEST:])),
        cases_path=f"{here.path}/progress/cases",
    )


def summary_words(looks: Sequence[Look], *, again: int = 0) -> str:
    """How many first looks, and how far off. again: how many were no first ones."""
    if not looks:
        return _("Nothing to show yet. Your first case starts your history.")
    error = counted(
        "Mean error: %(count)s point.", "Mean error: %(count)s points.", mean_error(looks), 1
    )
    said = f"{_('Cases: %(count)s.', count=len(looks))} {error}"
    if len(looks) > ROLLING:
        recent = mean_error(looks[-ROLLING:])
        said += " " + _(
            "In the last %(count)s: %(error)s.", count=ROLLING, error=decimal(recent, 1)
        )
    if again:
        said += " " + _("A further look at a case is practice, and not counted here.")
    return said


def bias_words(looks: Sequence[Look]) -> str:
    """The mean signed gap in words."""
    lean = round(bias(looks), 1)
    if lean > 0:
        return counted(
            "On average you read %(count)s point high.",
            "On average you read %(count)s points high.",
            lean,
        )
    if lean < 0:
        return counted(
            "On average you read %(count)s point low.",
            "On average you read %(count)s points low.",
            -lean,
        )
    return _("On average you read neither high nor low.")


def skill_words(looks: Sequence[Look]) -> str | None:
    """How much better than a guess that never looks."""
    gained = skill(looks)
    if gained is None:
        return None
    percent = round(100 * gained)
    if percent > 0:
        return _(
            "Your error is %(percent)s %% smaller than that of always saying 55.", percent=percent
        )
    if percent == 0:
        return _("So far, always saying 55 would come as near.")
    return _(
        "So far, always saying 55 would come nearer: your error is %(percent)s %% larger.",
        percent=-percent,
    )


routes = Router("/", route_handlers=[progress, past_cases])
