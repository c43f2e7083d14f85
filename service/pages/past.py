"""The list of a learner's cases: what they said, what it was compared with, and the clip again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from litestar import route
from litestar.di import NamedDependency
from litestar.response import Template
from litestar_htmx import HTMXRequest

from service import history, parts, words
from service.history import Seen, Waits
from service.i18n import _
from service.numbers import counted
from service.pages.guard import form_of
from service.pages.site import GET_OR_POST, Here, Site, page
from service.pages.still_address import still_of
from service.pages.trends import CasesView, Choice, PastCase
from service.scoring import CATEGORIES, COMPLETION, category
from service.store import clips as clip_rows
from service.store import tracings as tracing_rows
from service.store.database import Work
from service.trust import SOFTWARE

AT_ONCE = 30  # cases on one page
FILTER = ("activity", "category", "page")
type Entry = Seen | Waits


@route("/progress/cases", http_method=GET_OR_POST, status_code=200)
async def past_cases(
    request: HTMXRequest, site: NamedDependency[Site], here: NamedDependency[Here]
) -> Template:
    """Everything that this learner has locked in, or the part of it that they ask for."""
    form = await form_of(request)
    asked = dict(request.query_params.items()) | form
    async with site.database.begin() as work:
        seen, waits = await history.both_of_learner(work, here.launch, site.clock())
        history.shown(seen, site.clock())
        numbers = await parts.places_for(work, here.activity, here.launch.learner_id)
        places = {str(case): place for case, place in numbers.items()}
        entries: list[Entry] = sorted(
            [*seen, *waits], key=lambda one: one.estimate.locked_at, reverse=True
        )
        view = draw_list(here, entries, asked)
        chosen = [one for one in entries if is_asked_for(one, asked)]
        first = AT_ONCE * page_number(asked, len(chosen))
        shown = chosen[first : first + AT_ONCE]
        drawn = [draw_entry(here, one, places) for one in shown]
        drawn = await with_pictures(work, site, here, shown, drawn)
    # A form's answers are in no address.
    launch = replace(here.view, at=place_of(view, asked)) if form else here.view
    return page("past", launch=launch, past=replace(view, cases=tuple(drawn)))


def place_of(view: CasesView, asked: Mapping[str, str]) -> str:
    """The list with its filter, as an address: it stays when the language changes."""
    chosen = {name: asked[name] for name in FILTER if asked.get(name)}
    return f"{view.path}?{urlencode(chosen)}" if chosen else view.path


def draw_list(here: Here, entries: Sequence[Entry], asked: Mapping[str, str]) -> CasesView:
    """All about the list but its lines."""
    found = [one for one in entries if is_asked_for(one, asked)]
    number = page_number(asked, len(found))
    titles = {str(one.activity.id): one.activity.title for one in entries}
    categories = {str(place): _(name) for place, (_bound, name) in enumerate(CATEGORIES)}
    return CasesView(
        path=f"{here.path}/progress/cases",
        progress_path=f"{here.path}/progress",
        home_path=here.path,
        summary=counted("%(count)s case.", "%(count)s cases.", len(found)),
        activities=choices(titles, asked.get("activity")),
        categories=choices(categories, asked.get("category")),
        cases=(),
        newer=number or None,
        older=number + 2 if AT_ONCE * (number + 1) < len(found) else None,
    )


def choices(named: Mapping[str, str], chosen: str | None) -> tuple[Choice, ...]:
    """The options of a filter."""
    return tuple(
        Choice(value=value, label=label, chosen=value == chosen) for value, label in named.items()
    )


def is_asked_for(one: Entry, asked: Mapping[str, str]) -> bool:
    """Whether a filter lets it through; a category is that of what it was compared with, so what
    waits is in none."""
    activity, band = asked.get("activity"), asked.get("category")
    if activity and str(one.activity.id) != activity:
        return False
    if band not in {str(place) for place in range(len(CATEGORIES))}:
        return True
    reference = one.score.reference_lvef if isinstance(one, Seen) else None
    if reference is None:
        return False
    return category(round(reference, 1)) == CATEGORIES[int(band or 0)][1]


def page_number(asked: Mapping[str, str], entries: int) -> int:
    """Which page of the list, from 0 on; one that is not there is the nearest that is."""
    typed = asked.get("page", "")
    wanted = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 1
    return min(max(0, wanted - 1), max(0, entries - 1) // AT_ONCE)


def draw_entry(here: Here, one: Entry, places: Mapping[str, int]) -> PastCase:
    """One line, whichever it is."""
    return draw_seen(here, one, places) if isinstance(one, Seen) else draw_waits(here, one, places)


def draw_waits(here: Here, one: Waits, places: Mapping[str, int]) -> PastCase:
    """What was locked in, and nothing else: there is no answer that could be shown."""
    return PastCase(
        label=label_of(here, one, one.attempt.case_id, places),
        activity=one.activity.title,
        day=one.estimate.locked_at,
        estimate=str(one.estimate.lvef),
        reference=None,
        gap=None,
        status="waiting",
        path=path_of(here, one),
    )


def draw_seen(here: Here, one: Seen, places: Mapping[str, int]) -> PastCase:
    """What was said, and what it was compared with."""
    reference, delta = one.score.reference_lvef, one.score.delta
    by_software = one.score.reference_source == SOFTWARE
    doubtful = by_software and one.look is None  # a number that blames nobody
    return PastCase(
        label=label_of(here, one, one.attempt.case_id, places),
        activity=one.activity.title,
        day=one.estimate.locked_at,
        estimate=str(one.estimate.lvef),
        reference=None if reference is None else words.percent(reference),
        gap=None if delta is None or doubtful else words.gap(delta),
        status=status_of(one),
        path=path_of(here, one),
        by_software=by_software,
    )


def status_of(one: Seen) -> str:
    """Whether it counts, and for what."""
    if one.attempt.look > 1 or one.score.seen:
        return "practice"
    if one.score.rule == COMPLETION:
        return "taken" if one.look else "unscored"
    return "scored" if one.look else "unscored"


def label_of(here: Here, one: Entry, case_id: UUID | None, places: Mapping[str, int]) -> str:
    """A case by its number in the activity at hand: elsewhere it has another one."""
    if case_id is None:
        return _("Your own clip")
    return words.case_name(
        places.get(str(case_id)) if one.activity.id == here.activity.id else None
    )


def path_of(here: Here, one: Entry) -> str | None:
    """Where it is looked at again: in its own activity only."""
    return f"{here.path}/attempts/{one.attempt.id}" if one.activity.id == here.activity.id else None


async def with_pictures(
    work: Work, site: Site, here: Here, entries: Sequence[Entry], drawn: Sequence[PastCase]
) -> list[PastCase]:
    """The same lines with a still of each clip whose answer was shown, or since when it is gone."""
    shown = [one.attempt.clip_id if isinstance(one, Seen) else None for one in entries]
    clips = [clip for clip in shown if clip is not None]
    frames = await tracing_rows.first_frames(work.session, clips)
    gone = await clip_rows.deleted_on(work.session, clips)
    found: list[PastCase] = []
    for line, clip in zip(drawn, shown, strict=True):
        if clip is None:
            found.append(line)
        elif clip in gone:
            found.append(replace(line, deleted_at=gone[clip]))
        else:
            frame = frames.get(clip)
            picture = None if frame is None else still_of(site, here, clip, frame)
            found.append(replace(line, picture=picture))
    return found
