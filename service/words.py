"""Readings, refusals and grades in words: one place for the sentences that several pages share."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from babel.dates import format_date
from markupsafe import Markup

from inference.reading import CATEGORIES as FAILING_FIRST
from inference.reading import MAX_UPLOAD_MEGABYTES, Reading, RefusalCode
from service.i18n import _, later, locale
from service.models import Passback, PassbackState
from service.numbers import counted, decimal
from service.scoring import CATEGORIES, Banded, Blend, Linear, Within, rule_named

TOO_LARGE = later(
    "This file is %(megabytes)s MB; the limit is %(limit)s MB. "
    "Shorten it or export at lower quality."
)
REFUSALS: Mapping[str, str] = {
    RefusalCode.UNREADABLE: later(
        "We couldn't open this file. It may be damaged or saved in an unusual format. "
        "Export it as MP4 and try again."
    ),
    RefusalCode.UNSUPPORTED_TYPE: later(
        "This is %(kind)s. Please choose a video (MP4, AVI, MOV) or an animated GIF."
    ),
    RefusalCode.TOO_SHORT: later(
        "This clip is too short to show a full heartbeat. Use at least 1 second "
        "(2–5 beats is best)."
    ),
    RefusalCode.STILL_IMAGE: later(
        "Nothing moves in this file: it is a still image. Use a clip of at least 1 second "
        "(2–5 beats is best)."
    ),
    RefusalCode.TOO_LONG: later(
        "This clip is %(seconds)s seconds; the limit is 20. Pick the part to use."
    ),
    RefusalCode.TOO_LARGE: TOO_LARGE,
    RefusalCode.FRAME_RATE_UNKNOWN: later(
        "This file doesn't say how many frames were recorded each second. "
        "Your scanner shows it as FR or Hz: type it here, or export the clip again."
    ),
    RefusalCode.NO_SECTOR: later(
        "We couldn't find the ultrasound picture in this clip, so we can't hide what is around it. "
        "Export the clip from the scanner and try again."
    ),
    RefusalCode.TWO_IMAGES: later(
        "This clip shows two ultrasound pictures side by side. Export it with one picture only."
    ),
    RefusalCode.COLOUR_DOPPLER: later(
        "This clip shows colour flow over the heart, which hides its walls. "
        "Use a clip without colour."
    ),
    RefusalCode.LIBRARY_CASE: later(
        "This is a case of the library, not a clip of your own. Choose another."
    ),
}
# What a file is instead of a video; what is not here is named as it was found.
FILE_KINDS: Mapping[str, str] = {
    "PDF": later("a PDF"),
    "JPEG": later("a JPEG picture"),
    "PNG": later("a PNG picture"),
    "BMP": later("a BMP picture"),
    "TIFF": later("a TIFF picture"),
    "WebP": later("a WebP picture"),
    "HEIC or AVIF": later("a HEIC or AVIF picture"),
    "ZIP": later("a ZIP archive"),
    "gzip": later("a gzip archive"),
    "HTML": later("an HTML page"),
    "text": later("a text file"),
    "WAV": later("a sound file"),
    "Ogg": later("an Ogg file"),
    "WMV": later("a WMV video"),
    "FLV": later("an FLV video"),
    "MPEG": later("an MPEG video"),
    "RIFF": later("a RIFF file"),
    "unknown": later("a file of a kind that we don't know"),
    "a deflated DICOM file": later("a deflated DICOM file"),
    "a DICOM file with unusual pixels": later("a DICOM file with unusual pixels"),
}
TOO_MANY_PIXELS = later(
    "This clip has too many pictures, or too large ones. Export it smaller or shorter."
)
GRADE_UNTOUCHED = later("Your grade isn't affected and no attempt was used.")

WARNINGS: Mapping[str, str] = {
    "short_clip": later("Short clip: less than the model's usual 1.3 seconds."),
    "frame_rate_told": later("The frame rate was typed in, not read from the file."),
    "few_beats": later(
        "Fewer than two whole beats: the one that is seen may not be a typical one."
    ),
    "out_of_domain": later(
        "This picture is unlike those that the model has learnt from: its number may mean little."
    ),
    "poor_quality": later(
        "Walls and cavities stand out poorly here: on such clips the software errs more."
    ),
}

# What a reading calls a category, and what people read.
CATEGORY_LABELS: Mapping[str, str] = {
    name: label
    for (name, _low), (_bound, label) in zip(FAILING_FIRST, reversed(CATEGORIES), strict=True)
}

NO_READING: Mapping[str, str] = {
    "unavailable": later(
        "The analyser was not available for this clip, so there is no software reading. "
        "You get full credit for taking part."
    ),
    "unchecked": later(
        "The view check did not respond for a day, so there is no software reading. "
        "You get full credit for taking part."
    ),
    "unanswered": later(
        "Nobody has confirmed the view of this clip, so there is no software reading. "
        "You get full credit for taking part."
    ),
    "rejected": later(
        "The software could not use this clip, so there is no reading. "
        "You get full credit for taking part."
    ),
}

RULES: Mapping[str, str] = {
    "category": later(
        "Full marks for the right category or within 3 points, half for the next category."
    ),
    "confidence": later(
        "Honest confidence pays: a narrow range earns more when it holds, and costs more "
        "when it does not."
    ),
    "certainty": later(
        "Certainty-based marks: within 10 points, 1, 2 or 3 of 3 by how certain you are; beyond, "
        "0, 2 or 6 are taken away."
    ),
    "completion": later("Full marks for taking part. How close you are is not scored."),
}
RULES_IN_SHORT: Mapping[str, str] = {
    "category": later("Category"),
    "confidence": later("Confidence"),
    "completion": later("Completion"),
    "certainty": later("Certainty-based marks"),
}


def refusal(stored: Mapping[str, object]) -> str:
    """Why a clip was refused, what would help, and that it costs nothing."""
    return f"{refusal_reason(stored)} {_(GRADE_UNTOUCHED)}"


def refusal_reason(stored: Mapping[str, object]) -> str:
    """Why a clip was refused, and what would help."""
    detail = stored.get("detail")
    if stored["code"] == RefusalCode.TOO_LARGE and not has(detail, "megabytes"):
        return _(TOO_MANY_PIXELS)
    facts: dict[str, object] = {
        "kind": _("not a video"),
        "seconds": "?",
        "megabytes": "?",
        "limit": MAX_UPLOAD_MEGABYTES,
    }
    if isinstance(detail, dict):
        facts |= {str(name): shown(value) for name, value in detail.items()}
    return _(REFUSALS[str(stored["code"])], **facts)


def has(detail: object, name: str) -> bool:
    """Whether a refusal gives this figure."""
    return isinstance(detail, dict) and name in detail


def shown(fact: object) -> str:
    """A figure without needless zeros; a kind of file with its article."""
    if isinstance(fact, int | float):
        return decimal(fact)
    kind = str(fact)
    if kind in FILE_KINDS:
        return _(FILE_KINDS[kind])
    if kind.startswith(("a ", "an ")):
        return kind
    spelt_out = kind[:1] in "AEFHILMNORSX" and kind[:3].isupper()
    return f"{'an' if spelt_out else 'a'} {kind}"


def no_reading(reason: str | None) -> str:
    """Why there is no reading, and that it costs nothing."""
    return _(NO_READING.get(reason or "", NO_READING["rejected"]))


def set_aside() -> str:
    """Of an attempt whose clip showed another view."""
    return _("You took another clip instead of this one, so this one counts for nothing.")


def given_back() -> str:
    """Of an attempt at a case that a teacher has given back."""
    return _("Your teacher has given you this case back: open it again from the activity.")


def reopened(reason: str) -> str:
    """Of the attempt in its place."""
    return _(
        "Your teacher has given you this case back; only what you lock in now counts. "
        "Their reason: %(reason)s",
        reason=reason,
    )


def gap(delta: float) -> str:
    """A signed gap in words."""
    size = abs(delta)
    if delta == 0:
        return _("You read exactly the same.")
    if delta < 0:
        return counted("You read %(count)s point low.", "You read %(count)s points low.", size)
    return counted("You read %(count)s point high.", "You read %(count)s points high.", size)


def gap_to_demo(delta: float) -> str:
    """A signed gap to a reading whose own error nobody knows: no praise, and no blame."""
    size = abs(delta)
    if delta == 0:
        said = _("Yours is the same as the demo model's.")
    elif delta < 0:
        said = counted(
            "Yours is %(count)s point lower than the demo model's.",
            "Yours is %(count)s points lower than the demo model's.",
            size,
        )
    else:
        said = counted(
            "Yours is %(count)s point higher than the demo model's.",
            "Yours is %(count)s points higher than the demo model's.",
            size,
        )
    return f"{said} {_('Which of the two is nearer to this heart is not known.')}"


def case_name(place: int | None) -> str:
    """A case by its number in the activity at hand; elsewhere it has another one, or none."""
    return _("Practice case") if place is None else _("Case %(position)s", position=place)


def percent(value: float) -> str:
    """An LVEF as it is printed: one decimal, none where it is whole."""
    return decimal(round(value, 1))


NO_BREAK = "\N{NO-BREAK SPACE}"


def range_words(reading: Reading) -> str:
    """How far the reading can be trusted, or that nobody knows."""
    if reading.half_width is None:
        return _("range unknown: demo model")
    low = max(0.0, reading.lvef - reading.half_width)
    high = min(100.0, reading.lvef + reading.half_width)
    said = _(
        "likely %(low)s–%(high)s %% (±%(half)s)",
        low=f"{low:.0f}",
        high=f"{high:.0f}",
        half=f"{reading.half_width:.0f}",
    )
    return said.replace(" %", f"{NO_BREAK}%")


def range_categories(reading: Reading) -> str | None:
    """The categories that the range touches; None where there is no range."""
    named = [_(CATEGORY_LABELS[name]) for name in reading.categories]
    if not named:
        return None
    if len(named) == 1:
        return _("All of this range is %(category)s.", category=named[0])
    return _(
        "This range touches more than one category, so the software names none: %(categories)s.",
        categories="; ".join(named),
    )


def view_check(reading: Reading) -> str:
    """Which check the clip has passed."""
    checker, accepted = reading.verdict.checked_by, reading.verdict.outcome == "accepted"
    if accepted and checker == "teacher":
        return _("View confirmed as apical four-chamber by a teacher.")
    if accepted:
        return _("View confirmed as apical four-chamber.")
    if checker == "gemini":
        return _("View not confirmed: the view check was unsure, so closeness is not scored.")
    if checker == "off":
        return _("View not confirmed: the view check is switched off here.")
    return _("View not confirmed: only technical checks were made of this clip.")


def warnings(reading: Reading, *, measures: bool = False) -> tuple[str, ...]:
    """What else to know about a reading; `measures` where an estimate is compared with it."""
    told = [_(WARNINGS[code]) for code in reading.warnings if code in WARNINGS]
    if reading.low_agreement and measures:
        told.append(
            _(
                "The software isn't sure about this clip: parts of it gave other numbers. "
                "So how close you are to it won't be scored."
            )
        )
    elif reading.low_agreement:
        told.append(_("The software isn't sure about this clip: parts of it gave other numbers."))
    return tuple(told)


def grade(passback: Passback) -> str:
    """A grade as points, with the platform's reason where it refused it."""
    score = counted(
        "%(given)s of %(count)s point.",
        "%(given)s of %(count)s points.",
        passback.score_maximum,
        given=decimal(passback.score_given),
    )
    if passback.state is PassbackState.REFUSED and passback.problem:
        return f"{score} {passback.problem}"
    return score


def rule_in_full(name: str) -> str:
    """A scoring rule as a sentence for learners and teachers."""
    match rule_named(name):
        case Linear(full, none):
            return closeness(full, none)
        case Blend(Linear(full, none)):
            close = closeness(full, none)
            return _("%(close)s That counts 70 %%, the right category 30 %%.", close=close)
        case Banded(shift):
            reach = [decimal(bound + shift) for bound in (5, 10, 15, 20)]
            return _(
                "100 %% within %(a)s points, 80 %% within %(b)s, 50 %% within %(c)s, "
                "20 %% within %(d)s.",
                **dict(zip("abcd", reach, strict=True)),
            )
        case Within(reach):
            return _("Within %(reach)s points counts as a hit.", reach=decimal(reach))
        case rule:
            return _(RULES[rule.name])


def closeness(full: float, none: float) -> str:
    """A straight line between full marks and none."""
    return counted(
        "Full marks within %(count)s point, none beyond %(none)s, a straight line between.",
        "Full marks within %(count)s points, none beyond %(none)s, a straight line between.",
        full,
        none=decimal(none),
    )


def rule_in_short(name: str) -> str:
    """A scoring rule in the few words that a gradebook has room for."""
    match rule_named(name):
        case Linear(full, none):
            return _("Linear ±%(full)s/±%(none)s", full=decimal(full), none=decimal(none))
        case Blend(Linear(full, none)):
            return _(
                "70 %% linear ±%(full)s/±%(none)s, 30 %% category",
                full=decimal(full),
                none=decimal(none),
            )
        case Banded(shift):
            return f"{_('Banded')} +{decimal(shift)}" if shift else _("Banded")
        case Within(reach):
            return _("Hits within ±%(reach)s", reach=decimal(reach))
        case rule:
            return _(RULES_IN_SHORT[rule.name])


def day(moment: datetime) -> Markup:
    """A date, with its year, as the reader's language writes it."""
    return told(moment, "day", format_date(moment.astimezone(UTC), "d MMM y", locale=locale()))


def day_and_time(moment: datetime) -> Markup:
    """A moment, with its zone said."""
    day = format_date(moment.astimezone(UTC), "d MMM", locale=locale())
    return told(moment, "moment", f"{day}, {moment.astimezone(UTC):%H:%M} UTC")


def moment_in(moment: datetime, zone: tzinfo, named: str) -> str:
    """A moment in somebody's own time zone, which is named, with its year."""
    there = moment.astimezone(zone)
    day = format_date(there, "d MMM y", locale=locale())
    return f"{day}, {there:%H:%M} ({named.replace('_', ' ')})"


def at_time(moment: datetime) -> Markup:
    """A time of day, with its zone said."""
    return told(moment, "time", f"{moment.astimezone(UTC):%H:%M} UTC")


def told(moment: datetime, how: str, words: str) -> Markup:
    """A moment as nobody's zone has it; a browser that runs scripts tells it by its own clock."""
    exact = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time datetime="{}" data-told="{}">{}</time>').format(exact, how, words)
