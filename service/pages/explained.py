"""Why the answer is what it is: stills, the area curve, the rhythm, and what to look at next."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from inference.reading import DRAWN_BORDER, PHANTOM_OUTLINES, Outline, Tracing
from service.attempts import Revealed
from service.charts import trace
from service.i18n import _
from service.numbers import decimal
from service.pages.views import CurveView, ExplainedView, MomentView, StillView

CLOSE = 5.0  # points: nearer than experienced readers are to each other
MOST_ROWS = 60  # of the curve's table: a long clip is thinned out evenly
OUTLINER = "outlines"  # the installed model's page; no answer keeps a checksum of it
PHANTOM_OUTLINER = "phantom-outlines"
MODELS = {DRAWN_BORDER: None, PHANTOM_OUTLINES: PHANTOM_OUTLINER}
POLLED_FOR = timedelta(minutes=1)  # a still is cut in a second, once a worker is free
type Address = Callable[[int], str]


def draw_explained(
    revealed: Revealed,
    times: Sequence[float],
    address: Address,
    *,
    stills_due: bool,
    now: datetime,
) -> ExplainedView | None:
    """What there is to explain this answer with, and what is on its way; None where there is
    nothing but the numbers."""
    view = explanation(revealed, times, address)
    if view is None or view.stills or revealed.marks is None or revealed.tracing is not None:
        return view
    if not stills_due:
        return replace(view, waits=_("No pictures could be drawn of these two frames."))
    if now - revealed.marks.marked_at < POLLED_FOR:
        return replace(view, waits=_("Drawing them …"), polls=True)
    return replace(
        view,
        waits=_(
            "The pictures take longer than usual. Open this page again in a minute to see them."
        ),
    )


def explanation(
    revealed: Revealed, times: Sequence[float], address: Address
) -> ExplainedView | None:
    """The parts that there are."""
    tracing, marks = revealed.tracing, revealed.marks
    if tracing is not None and not fits(tracing, len(times)):
        return None
    if tracing is not None:
        diastole, systole = tracing.end_diastole, tracing.end_systole
        return ExplainedView(
            stills=stills(revealed, (diastole, systole), times, address),
            curve=curve(tracing, times),
            rhythm=rhythm(tracing),
            source=source(tracing),
            borders=tuple(
                (one.frame, points(one))
                for one in (diastole, systole, *tracing.later)
                if one.points
            ),
            model=MODELS.get(tracing.source, OUTLINER),
            end_diastole=tuple(beat.end_diastole for beat in tracing.beats) or (diastole.frame,),
            end_systole=tuple(beat.end_systole for beat in tracing.beats) or (systole.frame,),
        )
    if marks is None:
        return None
    marked = tuple(
        Outline(frame=frame, points=()) for frame in (marks.end_diastole, marks.end_systole)
    )
    return ExplainedView(
        stills=stills(revealed, marked, times, address),
        curve=None,
        rhythm=None,
        source=_("As you marked them."),
        end_diastole=(marks.end_diastole,),
        end_systole=(marks.end_systole,),
    )


def fits(tracing: Tracing, frames: int) -> bool:
    """Whether an outline is one of this clip: of another, nothing is shown."""
    outlined = (tracing.end_diastole, tracing.end_systole, *tracing.later)
    named = [outline.frame for outline in outlined]
    for beat in tracing.beats:
        named += [beat.end_diastole, beat.end_systole]
    return len(tracing.areas) == frames and max(named) < frames


def stills(
    revealed: Revealed, outlines: Sequence[Outline], times: Sequence[float], address: Address
) -> tuple[StillView, ...]:
    """Both pictures, or none: one alone compares with nothing."""
    if any(outline.frame not in revealed.stills for outline in outlines):
        return ()
    names = (_("End diastole"), _("End systole"))
    return tuple(
        StillView(
            url=address(outline.frame),
            name=name,
            frame=outline.frame,
            seconds=decimal(times[outline.frame], 2),
            outline=points(outline),
        )
        for name, outline in zip(names, outlines, strict=True)
    )


def points(outline: Outline) -> str:
    """An outline as a polygon's points, in percent of the picture."""
    return " ".join(f"{100 * x:.1f},{100 * y:.1f}" for x, y in outline.points)


def curve(tracing: Tracing, times: Sequence[float]) -> CurveView:
    """The cavity's area over the clip, with its beats, and the same as rows."""
    largest = {beat.end_diastole: _("end diastole") for beat in tracing.beats}
    named = largest | {beat.end_systole: _("end systole") for beat in tracing.beats}
    every = max(1, -(-len(times) // MOST_ROWS))
    shown = [k for k in range(len(times)) if k % every == 0 or k in named]
    moments = [
        MomentView(
            frame=k, seconds=decimal(times[k], 2), area=round(tracing.areas[k]), named=named.get(k)
        )
        for k in shown
    ]
    smallest = min(tracing.areas)
    return CurveView(
        line=trace(tracing.areas, times),
        end=decimal(times[-1], 1),
        times=tuple(times),
        moments=tuple(moments),
        sentence=_(
            "The cavity's area over %(seconds)s seconds: it shrinks to %(smallest)s %% of its "
            "largest. That is a share of area, not an ejection fraction.",
            seconds=decimal(times[-1], 1),
            smallest=round(smallest),
        ),
    )


def rhythm(tracing: Tracing) -> str | None:
    """The heart rate, where there are beats enough to tell."""
    if tracing.heart_rate is None:
        return None
    rate = _("About %(rate)s beats a minute.", rate=round(tracing.heart_rate))
    if tracing.irregular:
        return f"{rate} {_('The beats differ in length: judge an average over several.')}"
    return rate


def source(tracing: Tracing) -> str:
    """Who drew the outline."""
    if tracing.source == DRAWN_BORDER:
        return _("The outline is the border that this phantom was drawn with.")
    if tracing.source == PHANTOM_OUTLINES:
        label = _("phantom model: not for real hearts")
        return _("The outline was drawn by %(model)s.", model=f"{tracing.source} ({label})")
    return _("The outline was drawn by %(model)s.", model=tracing.source)


def cue(revealed: Revealed) -> str | None:
    """The one thing to look at next time, by which way this estimate missed."""
    gap = revealed.score.delta
    if gap is None or revealed.estimate.known:
        return None
    if abs(gap) <= CLOSE:
        return _(
            "You are as near as experienced readers are to each other. "
            "Next time, commit after two beats and see whether that holds."
        )
    if revealed.tracing is not None and revealed.tracing.irregular:
        return _(
            "This rhythm is irregular. Look at three beats or more, and judge the average one."
        )
    if gap > 0:
        return _(
            "You read high. Compare the cavity at its smallest with its largest: how much is left "
            "at end systole? Walls that move are not walls that thicken."
        )
    return _(
        "You read low. Watch how far the mitral annulus comes down towards the apex, and how "
        "much of the cavity is gone at end systole, rather than one wall that looks lazy."
    )
