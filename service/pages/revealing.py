"""The answer in words and marks: what a settled attempt shows."""

from inference.reading import Reading
from service import words
from service.attempts import Revealed
from service.charts import TICKS, span
from service.i18n import _, later
from service.numbers import decimal, signed
from service.pages import model_cards
from service.pages.explained import cue
from service.pages.views import DialView, GradeView, Mark, ModelView, RevealView
from service.scoring import CATEGORIES, CERTAINTIES, CERTAINTY, COMPLETION, GRAY_ZONE, category

NO_CATEGORY = later("A demo model's number on a real heart names no category.")
WITHIN = 10  # points: how near an estimate is called near


def draw_reveal(
    revealed: Revealed, grade: GradeView, *, own_clip: bool, again: bool = False
) -> RevealView:
    """All that the reveal page says."""
    score = revealed.score
    if score.reference_lvef is None or score.delta is None:
        raise ValueError("an attempt without a reference has nothing to compare with")
    kind = "software" if own_clip else "reference"
    estimate, reference = str(revealed.estimate.lvef), words.percent(score.reference_lvef)
    near = abs(score.delta) <= WITHIN
    unknown = own_clip and revealed.reading is not None and revealed.reading.half_width is None
    return RevealView(
        headline=headline(estimate, reference, own_clip=own_clip),
        gap=words.gap_to_demo(score.delta) if unknown else words.gap(score.delta),
        estimate=estimate,
        reference=reference,
        reference_kind=kind,
        within=_("Within %(points)s points of the reference", points=WITHIN)
        if near and not own_clip
        else None,
        score=_("Practice: a further look is not graded.") if again else score_words(revealed),
        rule=None if again or score.rule == COMPLETION else words.rule_in_full(score.rule),
        category=_(NO_CATEGORY)
        if unknown
        else category_words(revealed.estimate.lvef, round(score.reference_lvef, 1)),
        dial=draw_dial(revealed, kind),
        model=draw_model(revealed.reading, revealed, own_clip=own_clip)
        if revealed.reading
        else None,
        grade=grade,
        known=revealed.estimate.known,
        own_range=own_range_words(revealed, kind, judged=not unknown),
        cue=None if unknown else cue(revealed),  # nobody knows which way the learner missed
        may_mark=revealed.may_mark,
        outlining=revealed.outlining,
    )


def headline(estimate: str, reference: str, *, own_clip: bool) -> str:
    """Both numbers in one line."""
    if own_clip:
        return _(
            "You said %(estimate)s %%. The software read %(reference)s %%.",
            estimate=estimate,
            reference=reference,
        )
    return _(
        "You said %(estimate)s %%. The reference is %(reference)s %%.",
        estimate=estimate,
        reference=reference,
    )


def score_words(revealed: Revealed) -> str:
    """What this case earns, or why closeness earns nothing here."""
    if revealed.score.rule == COMPLETION:
        return _("Taking part: complete. How close you were is not scored.")
    if revealed.score.rule == CERTAINTY:
        marks = signed(round(max(CERTAINTIES) * revealed.score.value))
        return _("Marks for this case: %(marks)s of 3.", marks=marks)
    return _("Score for this case: %(score)s %%.", score=decimal(round(100 * revealed.score.value)))


def own_range_words(revealed: Revealed, kind: str, *, judged: bool) -> str | None:
    """The range that the learner gave, and whether it held what they are compared with: another
    question than how near they were."""
    own = span(revealed.estimate.lvef, revealed.estimate.half_width)
    if own is None:
        return None
    bounds = {"low": f"{own.low:.0f}", "high": f"{own.high:.0f}"}
    if not judged:  # nobody knows how far off the other number is itself
        return _("%(low)s–%(high)s %%.", **bounds)
    held = abs(revealed.score.delta or 0.0) <= (revealed.estimate.half_width or 0)
    if kind == "software":
        if held:
            return _("%(low)s–%(high)s %%: it held the software's reading.", **bounds)
        return _("%(low)s–%(high)s %%: it missed the software's reading.", **bounds)
    if held:
        return _("%(low)s–%(high)s %%: it held the reference.", **bounds)
    return _("%(low)s–%(high)s %%: it missed the reference.", **bounds)


def category_words(estimate: int, reference: float) -> str:
    """Both categories; a cut-point between two near numbers is no disagreement."""
    yours, theirs = category(estimate), category(reference)
    if yours == theirs:
        return _("%(category)s, the same as yours.", category=_(theirs))
    apart = abs(bounds(yours) - bounds(theirs))
    said = _(
        "Yours %(yours)s, here %(theirs)s: %(steps)s apart.",
        yours=_(yours),
        theirs=_(theirs),
        steps=_("one band") if apart == 1 else _("two bands"),
    )
    distance = abs(estimate - reference)
    if distance <= GRAY_ZONE:
        return f"{said} {_('The numbers are within 3 points: not a real difference.')}"
    if distance <= WITHIN:
        return f"{said} {_('Cut-points are fuzzy; see the clip.')}"
    return said


def bounds(name: str) -> int:
    """The place of a category in its scheme."""
    return [label for _, label in CATEGORIES].index(name)


def draw_dial(revealed: Revealed, kind: str) -> DialView:
    """Estimate, reference and reading on one axis."""
    score, reading = revealed.score, revealed.reading
    reference = score.reference_lvef or 0.0
    marks = [Mark(value=revealed.estimate.lvef, label=_("You"), kind="estimate")]
    if kind == "reference":
        marks.append(Mark(value=reference, label=_("Reference"), kind="reference"))
    if reading is not None:
        marks.append(Mark(value=reading.lvef, label=_("Software"), kind="reading"))
    covered = span(reading.lvef, reading.half_width) if reading else None
    own = span(revealed.estimate.lvef, revealed.estimate.half_width)
    said = "; ".join(f"{mark.label} {words.percent(mark.value)} %" for mark in marks)
    return DialView(
        marks=tuple(marks),
        low=covered.low if covered else None,
        high=covered.high if covered else None,
        own_low=own.low if own else None,
        own_high=own.high if own else None,
        ticks=TICKS,
        sentence=f"{said}.",
    )


def draw_model(reading: Reading, revealed: Revealed, *, own_clip: bool) -> ModelView:
    """Which model read it, and how far to trust its number.

    A tracing tells the rhythm better, and a library's case was chosen for the view it shows.
    """
    versions = reading.versions
    rate = reading.heart_rate if revealed.tracing is None else None
    confirmed = reading.verdict.outcome == "accepted"
    return ModelView(
        name=versions.model,
        label=_("phantom model: not for real hearts") if versions.demo_model else None,
        lvef=words.percent(reading.lvef),
        range_words=words.range_words(reading),
        view_check=words.view_check(reading) if own_clip or confirmed else "",
        warnings=words.warnings(reading, measures=own_clip),
        categories=words.range_categories(reading),
        page=model_cards.address(versions.model_sha256),
        heart_rate=None if rate is None else _("About %(rate)s beats a minute.", rate=round(rate)),
        versions=(
            (_("Model"), versions.model),
            (_("Weights (sha256)"), versions.model_sha256),
            (_("Reader"), versions.code),
            (_("View check"), versions.triage),
            (_("Device"), f"{versions.device}, {versions.dtype}"),
            (_("Clips averaged"), str(versions.clips)),
        ),
    )
