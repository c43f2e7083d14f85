"""A learner's patterns: every chart, and beside it a table of every value that it draws."""

from collections.abc import Sequence

from service import words
from service.charts import agreement_chart, digit_bars, error_chart
from service.i18n import _
from service.numbers import counted, decimal, signed
from service.pages.trends import (
    AgreementView,
    CalibrationView,
    DigitsView,
    GridView,
    MasteryView,
    PatternsView,
    Rows,
)
from service.progress import (
    HIT_WITHIN,
    MASTERY_BIAS,
    MASTERY_HITS,
    MASTERY_LOOKS,
    MASTERY_WINDOW,
    Agreement,
    Held,
    Look,
    Mastery,
    agreement,
    calibration,
    category_grid,
    last_digits,
    mastery,
    rolling_errors,
)
from service.scoring import CATEGORIES


def draw_mastery(looks: Sequence[Look], *, library: int | None = None) -> MasteryView:
    """The bar, and what is missing in words; `library` says how many cases there are to look at."""
    found = mastery(looks)
    percent = 100 if found.reached else min(99, round(100 * found.share))
    return MasteryView(
        reached=found.reached,
        percent=percent,
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
        rows=mastery_rows(found, percent),
    )


def mastery_rows(found: Mastery, percent: int) -> Rows:
    """What the rule asks for, part by part, and how long the bar is."""
    within = _(
        "Of the last %(window)s, within ±%(points)s",
        window=MASTERY_WINDOW,
        points=decimal(HIT_WITHIN),
    )
    return (
        (_("First looks"), str(found.looks), str(MASTERY_LOOKS)),
        (within, str(found.hits), str(MASTERY_HITS)),
        (
            _("Mean gap of the last %(window)s, points", window=MASTERY_WINDOW),
            signed(found.bias, 1),
            f"±{decimal(MASTERY_BIAS)}",
        ),
        (_("Length of the bar"), f"{percent} %", "100 %"),
    )


def limit_words(library: int | None) -> str | None:
    """How far practice cases can take one, where the library is too small for all of the way."""
    if library is None or library >= MASTERY_LOOKS:
        return None
    return counted(
        "The library here has %(count)s case, and it counts at the first look: it takes you "
        "%(percent)s %% of the way.",
        "The library here has %(count)s cases, and each counts at the first look: they take you "
        "%(percent)s %% of the way.",
        library,
        percent=round(100 * library / MASTERY_LOOKS),
    )


def draw_patterns(looks: Sequence[Look]) -> PatternsView:
    """Every chart, with the figures of its table twin."""
    digits = last_digits(looks)
    bars = digit_bars(digits)
    return PatternsView(
        errors=error_chart(looks),
        error_rows=error_rows(looks),
        agreement=draw_agreement(looks, agreement(looks)),
        grid=GridView(names=tuple(_(name) for _bound, name in CATEGORIES), rows=grid_rows(looks)),
        digits=DigitsView(
            bars=bars,
            rows=tuple((bar.label, str(bar.count)) for bar in bars),
            sentence=digit_words(digits.round_share, flagged=digits.flagged),
            flagged=digits.flagged,
        ),
        calibration=tuple(draw_held(one) for one in calibration(looks)),
    )


def error_rows(looks: Sequence[Look]) -> Rows:
    """Case by case: what was said, how far off it was, and where the curve stands."""
    means = rolling_errors(looks)
    return tuple(
        (
            str(index),
            str(look.estimate),
            words.percent(look.reference),
            signed(round(look.delta, 1)),
            decimal(mean, 1),
        )
        for index, (look, mean) in enumerate(zip(looks, means, strict=True), start=1)
    )


def draw_agreement(looks: Sequence[Look], limits: Agreement | None) -> AgreementView | None:
    """Bland and Altman's plot; None for too few looks."""
    if limits is None:
        return None
    return AgreementView(
        chart=agreement_chart(looks, limits),
        bias=signed(limits.bias, 1),
        low=signed(limits.low, 1),
        high=signed(limits.high, 1),
        rows=tuple(
            (
                str(index),
                decimal(round((look.estimate + look.reference) / 2, 2)),
                signed(round(look.delta, 1)),
            )
            for index, look in enumerate(looks, start=1)
        ),
    )


def draw_held(held: Held) -> CalibrationView:
    """One bar, and its sentence."""
    percent = round(100 * held.held / held.looks)
    return CalibrationView(
        row=(f"±{held.half_width}", str(held.looks), str(held.held), f"{percent} %", "80 %"),
        percent=percent,
        sentence=counted(
            "Your ±%(width)s held %(held)s of %(count)s time (%(percent)s %%). Aim for 80 %%.",
            "Your ±%(width)s held %(held)s of %(count)s times (%(percent)s %%). Aim for 80 %%.",
            held.looks,
            width=held.half_width,
            held=held.held,
            percent=percent,
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
