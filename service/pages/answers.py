"""What stands beside an answer: why it is so, what to compare it with, and what can be asked."""

from collections.abc import Sequence
from dataclasses import replace

from inference.reading import PreparedClip
from service import parts, words
from service.attempts import Revealed
from service.i18n import _
from service.models import Attempt, Case, Clip
from service.pages.explained import draw_explained
from service.pages.site import Here, Site
from service.pages.still_address import still_of
from service.pages.views import AnchorView, RegradeView, RevealView
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
        anchors=await anchors(site, work, here, attempt, revealed),
    )


async def anchors(
    site: Site, work: Work, here: Here, attempt: Attempt, revealed: Revealed
) -> tuple[AnchorView, ...]:
    """The nearest cases ten points below and above, of those whose answers this learner knows; a
    demo model's number on a real heart has no neighbours."""
    reference, reading = revealed.score.reference_lvef, revealed.reading
    unsure = attempt.case_id is None and (reading is None or reading.half_width is None)
    if reference is None or unsure:
        return ()
    shown = await rows.shown_cases(work.session, attempt.learner_id, but=attempt.id)
    chosen = [nearest(shown, reference + apart) for apart in (-APART, APART)]
    now = site.clock().timestamp()
    places = await parts.places_for(work, here.activity, attempt.learner_id)
    return tuple(
        [
            await draw_anchor(site, here, case, clip, places.get(case.id), now=now)
            for case, clip in (one for one in chosen if one)
            if clip.masked_key and clip.prepared
        ]
    )


def nearest(shown: Sequence[tuple[Case, Clip]], lvef: float) -> tuple[Case, Clip] | None:
    """The case whose reference is about this; None where there is none."""

    def off(one: tuple[Case, Clip]) -> float:
        return abs(one[0].reference_lvef - lvef)

    found = min(shown, key=off, default=None)
    return found if found and off(found) <= ABOUT else None


async def draw_anchor(
    site: Site, here: Here, case: Case, clip: Clip, place: int | None, *, now: float
) -> AnchorView:
    """One case beside the answer."""
    prepared = PreparedClip.from_primitives(clip.prepared or {})
    return AnchorView(
        name=words.case_name(place),
        lvef=percent(case.reference_lvef),
        url=await site.clips.grant_download(clip.masked_key or "", launch=here.launch.id, now=now),
        width=prepared.width,
        height=prepared.height,
    )
