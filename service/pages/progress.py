"""How a learner is getting on: their errors over time, their patterns, their cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from litestar import Router, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.response import Template

from service import history, parts, words
from service.charts import agreement_chart, digit_bars, error_chart
from service.history import Seen
from service.i18n import _
from service.models import Kind
from service.numbers import decimal, signed
from service.pages.site import Here, Site, page
from service.pages.trends import (
    AgreementView,
    CalibrationView,
    DigitsView,
    GridView,
    MasteryView,
    PastCase,
    PatternsView,
    ProgressView,
)
from service.progress import (
    HIT_WITHIN,
    LEAST_FOR_CHARTS,
    MASTERY_BIAS,
    MASTERY_HITS,
    MASTERY_LOOKS,
    MASTERY_WINDOW,
    ROLLING,
    Look,
    agreement,
    bias,
    calibration,
    category_grid,
    due,
    last_digits,
    mastery,
    mean_error,
    skill,
)
from service.scoring import CATEGORIES
from service.store import clips as clip_rows
from service.trust import SOFTWARE

GET_OR_POST = [HttpMethod.GET, HttpMethod.POST]


@route("/progress", http_method=GET_OR_POST, status_code=200)
async def progress(site: NamedDependency[Site], here: NamedDependency[Here]) -> Template:
    """What all that this learner has settled comes to."""
    async with site.database.begin() as work:
        seen = await history.of_learner(work, here.launch, site.clock())
        numbers = await parts.places_for(work, here.activity, here.launch.learner_id)
        library = len(await clip_rows.cases(work.session))
    places = {str(case): place for case, place in numbers.items()}
    drawn = draw_progress(here, seen, places, library, site.clock())
    return page("progress", launch=here.view, progress=drawn)


def draw_progress(
    here: Here, seen: Sequence[Seen], places: Mapping[str, int], library: int, now: datetime
) -> ProgressView:
    """Words first, then charts once there is enough to draw, then every case."""
    looks = history.looks(seen)
    return ProgressView(
        home_path=here.path,
        summary=summary_words(looks),
        bias=bias_words(looks) if looks else None,
        skill=skill_words(looks) if looks else None,
        mastery=draw_mastery(looks, library=library),
        missing=max(0, LEAST_FOR_CHARTS - len(looks)),
        patterns=draw_patterns(looks) if len(looks) >= LEAST_FOR_CHARTS else None,
        due=draw_due(here, looks, places, now),
        cases=tuple(draw_past(here, one, places) for one in reversed(seen)),
    )


def draw_due(
    here: Here, looks: Sequence[Look], places: Mapping[str, int], now: datetime
) -> tuple[tuple[str, str], ...]:
    """The cases of this activity that should be looked at again by now."""
    if here.activity.kind is Kind.OWN_CLIP:
        return ()
    mine = [look for look in looks if look.case in places]
    return tuple(
        (
            _("Case %(position)s", position=places[case]),
            f"{here.path}/cases/{places[case]}/again",
        )
        for case in due(mine, now)
    )


def summary_words(looks: Sequence[Look]) -> str:
    """How many, and how far off."""
    if not looks:
        return _("Nothing to show yet. Your first case starts your history.")
    said = _(
        "Cases: %(count)s. Mean error: %(error)s points.",
        count=len(looks),
        error=decimal(mean_error(looks), 1),
    )
    if len(looks) > ROLLING:
        recent = mean_error(looks[-ROLLING:])
        said += " " + _(
            "In the last %(count)s: %(error)s.", count=ROLLING, error=decimal(recent, 1)
        )
    return said


def bias_words(looks: Sequence[Look]) -> str:
    """The mean signed gap in words."""
    lean = round(bias(looks), 1)
    size = decimal(abs(lean))
    if lean > 0:
        return _("On average you read %(points)s points high.", points=size)
    if lean < 0:
        return _("On average you read %(points)s points low.", points=size)
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


def draw_mastery(looks: Sequence[Look], *, library: int | None = None) -> MasteryView:
    """The bar, and what is missing in words; `library` says how many cases there are to look at."""
    found = mastery(looks)
    return MasteryView(
        reached=found.reached,
        percent=100 if found.reached else min(99, round(100 * found.share)),
        sentence=_(
            "Your last first looks within ±%(within)s: %(hits)s of %(window)s; %(needed)s of "
            "%(full)s are needed.",
            hits=found.hits,
            window=found.window,
            within=decimal(HIT_WITHIN),
            needed=MASTERY_HITS,
            full=MASTERY_WINDOW,
        ),
        rule=_(
            "The rule: at least %(looks)s first looks; in the last %(window)s of them, %(hits)s "
            "within ±%(within)s, and a mean gap of at most %(bias)s points either way.",
            looks=MASTERY_LOOKS,
            window=MASTERY_WINDOW,
            hits=MASTERY_HITS,
            within=decimal(HIT_WITHIN),
            bias=decimal(MASTERY_BIAS),
        ),
        limit=None if found.reached else limit_words(library),
    )


def limit_words(library: int | None) -> str | None:
    """How far practice cases can take one, where the library is too small for all of the way."""
    if library is None or library >= MASTERY_LOOKS:
        return None
    return _(
        "The library here has %(cases)s cases, and each counts at the first look: they take you "
        "%(percent)s %% of the way.",
        cases=library,
        percent=round(100 * library / MASTERY_LOOKS),
    )


def draw_patterns(looks: Sequence[Look]) -> PatternsView:
    """Every chart, with the figures of its table twin."""
    limits = agreement(looks)
    digits = last_digits(looks)
    return PatternsView(
        errors=error_chart(looks),
        error_rows=tuple(
            (str(index), str(look.estimate), words.percent(look.reference), signed(look.delta))
            for index, look in enumerate(looks, start=1)
        ),
        agreement=None
        if limits is None
        else AgreementView(
            chart=agreement_chart(looks, limits),
            bias=signed(limits.bias, 1),
            low=signed(limits.low, 1),
            high=signed(limits.high, 1),
        ),
        grid=GridView(names=tuple(_(name) for _bound, name in CATEGORIES), rows=grid_rows(looks)),
        digits=DigitsView(
            bars=digit_bars(digits),
            sentence=digit_words(digits.round_share, flagged=digits.flagged),
            flagged=digits.flagged,
        ),
        calibration=tuple(
            CalibrationView(
                half_width=held.half_width,
                percent=round(100 * held.held / held.looks),
                sentence=_(
                    "Your ±%(width)s held %(held)s of %(looks)s times (%(percent)s %%). "
                    "Aim for 80 %%.",
                    width=held.half_width,
                    held=held.held,
                    looks=held.looks,
                    percent=round(100 * held.held / held.looks),
                ),
            )
            for held in calibration(looks)
        ),
    )


def grid_rows(looks: Sequence[Look]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """A row for each category of the reference: how the estimates fell."""
    rows = zip(CATEGORIES, category_grid(looks), strict=True)
    return tuple((_(name), tuple(row)) for (_bound, name), row in rows)


def digit_words(share: float, *, flagged: bool) -> str:
    """Whether round numbers are preferred."""
    said = _(
        "%(percent)s %% of your estimates end in 0 or 5; chance would give 20 %%.",
        percent=round(100 * share),
    )
    if flagged:
        return f"{said} {_('Try to name the number you see, not the nearest round one.')}"
    return said


def draw_past(here: Here, one: Seen, places: Mapping[str, int]) -> PastCase:
    """One line of the list; it opens again where this launch's activity holds it."""
    label = _("Your own clip")
    if one.case:
        mine = one.activity.id == here.activity.id  # cases have other numbers in other activities
        label = words.case_name(places.get(str(one.case.id)) if mine else None)
    reference, delta = one.score.reference_lvef, one.score.delta
    by_software = one.score.reference_source == SOFTWARE
    doubtful = by_software and one.look is None  # a number that blames nobody
    return PastCase(
        label=label,
        activity=one.activity.title,
        day=one.estimate.locked_at,
        estimate=str(one.estimate.lvef),
        reference=None if reference is None else words.percent(reference),
        gap=None if delta is None or doubtful else words.gap(delta),
        counts=one.look is not None,
        path=f"{here.path}/attempts/{one.attempt.id}"
        if one.activity.id == here.activity.id
        else None,
        by_software=by_software,
    )


routes = Router("/", route_handlers=[progress])
