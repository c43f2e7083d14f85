"""What stands beside an answer: why it is so, what to compare it with, and what can be asked."""

from collections.abc import Sequence
from dataclasses import replace

from inference.reading import PreparedClip, Tracing
from service import attempts, parts, words
from service.attempts import Revealed
from service.i18n import _
from service.models import Attempt, Case, Clip
from service.pages.explained import draw_explained
from service.pages.site import Here, Site
from service.pages.still_address import still_of
from service.pages.views import AnchorView, BesideView, RegradeView, RevealView
from service.store import attempts as rows
from service.store import regrades as regrade_rows
from service.store.database import Work
from service.words import percent

APART = 10.0  # points above and below, at which cases are laid beside this one
ABOUT = 5.0  # points that such a case may be off that


async def with_reasons(
    site: Site,
    work: Work,
    here: Here,
    attempt: Attempt,
    clip: Clip | None,
    revealed: Revealed,
    view: RevealView,
) -> RevealView:
    """The answer with all that there is to explain it."""
    asked = await regrade_rows.of_attempt(work.session, attempt.id)
    view = replace(
        view,
        regrade=RegradeView(said=asked.said if asked else None),
        seen_before=_(
            "You've already seen the answer for this clip. "
            "It's fine for practice but isn't scored again."
        )
        if revealed.score.seen
        else None,
    )
    if clip is None or clip.prepared is None or clip.masked_key is None:
        return view
    times = PreparedClip.from_primitives(clip.prepared).frame_times

    def address(frame: int) -> str:
        return still_of(site, here, revealed.clip_id, frame)

    return replace(
        view,
        explained=draw_explained(revealed, times, address),
        beside=await beside(site, work, here, attempt, revealed, times),
    )


async def beside(
    site: Site,
    work: Work,
    here: Here,
    attempt: Attempt,
    revealed: Revealed,
    times: Sequence[float],
) -> BesideView | None:
    """The nearest cases ten points below and above, of those whose answers this learner knows; a
    demo model's number on a real heart has no neighbours."""
    reference, reading = revealed.score.reference_lvef, revealed.reading
    unsure = attempt.case_id is None and (reading is None or reading.half_width is None)
    if reference is None or unsure:
        return None
    shown = await rows.shown_cases(work.session, attempt.learner_id, but=attempt.id)
    chosen = [nearest(shown, reference + apart) for apart in (-APART, APART)]
    ids = [one[1].id for one in chosen if one]
    traced = await attempts.tracings_shown(work, attempt.learner_id, ids)
    places = await parts.places_for(work, here.activity, attempt.learner_id)
    below, above = [
        await draw_anchor(site, here, *one, places.get(one[0].id), traced.get(one[1].id))
        if one and one[1].masked_key and one[1].prepared
        else None
        for one in chosen
    ]
    own = cycle(revealed.tracing, times)
    in_step = own is not None and all(one.cycle for one in (below, above) if one)
    return BesideView(
        sentence=beside_words(below, above, in_step=in_step), below=below, above=above, cycle=own
    )


def beside_words(below: AnchorView | None, above: AnchorView | None, *, in_step: bool) -> str:
    """What is shown beside this case, and how it plays; or why nothing is."""
    if below is None and above is None:
        return _(
            "Once you have done a case about 10 points below or above this one, it plays here "
            "beside it."
        )
    if below and above:
        said = _("Cases that you have done, about 10 points below and above this one.")
    elif below:
        said = _("A case that you have done, about 10 points below this one; none lies above yet.")
    else:
        said = _("A case that you have done, about 10 points above this one; none lies below yet.")
    how = (
        _("Each plays one beat over and over, slowed or sped up until all beats take as long.")
        if in_step
        else _("They begin together; their beats may drift apart.")
    )
    return f"{said} {how}"


def cycle(tracing: Tracing | None, times: Sequence[float]) -> tuple[float, float] | None:
    """Where the first whole beat begins, and how long it lasts; None where none is known."""
    if tracing is None or len(tracing.areas) != len(times) or len(tracing.beats) < 2:
        return None
    begins, ends = (times[beat.end_diastole] for beat in tracing.beats[:2])
    return round(begins, 3), round(ends - begins, 3)


def nearest(shown: Sequence[tuple[Case, Clip]], lvef: float) -> tuple[Case, Clip] | None:
    """The case whose reference is about this; None where there is none."""

    def off(one: tuple[Case, Clip]) -> float:
        return abs(one[0].reference_lvef - lvef)

    found = min(shown, key=off, default=None)
    return found if found and off(found) <= ABOUT else None


async def draw_anchor(
    site: Site,
    here: Here,
    case: Case,
    clip: Clip,
    place: int | None,
    traced: Tracing | None,
) -> AnchorView:
    """One case beside the answer."""
    prepared = PreparedClip.from_primitives(clip.prepared or {})
    now = site.clock().timestamp()
    return AnchorView(
        name=words.case_name(place),
        lvef=percent(case.reference_lvef),
        url=await site.clips.grant_download(clip.masked_key or "", launch=here.launch.id, now=now),
        opens_at=prepared.opens_at,
        width=prepared.width,
        height=prepared.height,
        cycle=cycle(traced, prepared.frame_times),
    )
