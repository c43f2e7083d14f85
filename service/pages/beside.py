"""What an answer is compared with: cases whose answers the learner knows, and drawn hearts where
there is none such near."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from inference.reading import PreparedClip
from service import attempts, parts, words
from service.attempts import Revealed
from service.i18n import _
from service.models import Anchor, Attempt, Case, Clip
from service.pages.site import Here, Site
from service.pages.views import AnchorView, BesideView
from service.store import anchors as anchor_rows
from service.store import attempts as rows
from service.store.database import Work
from service.words import percent

APART = 10.0  # points above and below, at which hearts are laid beside this one
ABOUT = 5.0  # points that such a heart may be off that

type Known = tuple[Case, Clip]


async def beside(
    site: Site,
    work: Work,
    here: Here,
    attempt: Attempt,
    revealed: Revealed,
    times: Sequence[float],
) -> BesideView | None:
    """The hearts ten points below and above: the nearest case, of those whose answers this learner
    knows, else the nearest that was drawn for this. A demo model's number on a real heart has no
    neighbours. Only what `attempts.reveal` answered has any: an address of a drawn heart, signed
    for one launch, is given nowhere else."""
    reference, reading = revealed.score.reference_lvef, revealed.reading
    unsure = attempt.case_id is None and (reading is None or reading.half_width is None)
    if reference is None or unsure:
        return None
    shown = await rows.shown_cases(work.session, attempt.learner_id, but=attempt.id)
    targets = [reference + apart for apart in (-APART, APART)]
    known = [nearest(shown, target, of=reference_of) for target in targets]
    missing = [target for target, one in zip(targets, known, strict=True) if one is None]
    drawn = await anchor_rows.near(work.session, missing, ABOUT) if missing else ()
    views = await draw_known(site, work, here, attempt.learner_id, [one for one in known if one])
    below, above = [
        views[one[0].id] if one else await draw_anchor(site, here, nearest(drawn, target, of=exact))
        for target, one in zip(targets, known, strict=True)
    ]
    own = revealed.tracing and revealed.tracing.first_beat(times)
    in_step = own is not None and all(one.cycle for one in (below, above) if one)
    return BesideView(
        sentence=beside_words(below, above, in_step=in_step), below=below, above=above, cycle=own
    )


def reference_of(known: Known) -> float:
    """The LVEF that a case is compared with."""
    return known[0].reference_lvef


def exact(anchor: Anchor) -> float:
    """The LVEF that a heart was drawn with."""
    return anchor.lvef


def nearest[Heart](
    hearts: Sequence[Heart], lvef: float, *, of: Callable[[Heart], float]
) -> Heart | None:
    """The heart whose LVEF is about this; None where there is none."""

    def off(heart: Heart) -> float:
        return abs(of(heart) - lvef)

    found = min(hearts, key=off, default=None)
    return found if found is not None and off(found) <= ABOUT else None


def beside_words(below: AnchorView | None, above: AnchorView | None, *, in_step: bool) -> str:
    """What is shown beside this case, and how it plays; or why nothing is."""
    if below is None and above is None:
        return _(
            "Once you have done a case about 10 points below or above this one, it plays here "
            "beside it."
        )
    how = (
        _("Each plays one beat over and over, slowed or sped up until all beats take as long.")
        if in_step
        else _("They begin together; their beats may drift apart.")
    )
    return f"{what_is_beside(below, above)} {how}"


def what_is_beside(below: AnchorView | None, above: AnchorView | None) -> str:
    """Which hearts these are, and whether one is still to come."""
    if below and above:
        if not below.drawn and not above.drawn:
            return _("Cases that you have done, about 10 points below and above this one.")
        if below.drawn and above.drawn:
            return _(
                "Drawn hearts with an exact LVEF, about 10 points below and above this one. They "
                "are no cases: once you have done cases about there, these appear here instead."
            )
        return _(
            "A case that you have done and a drawn heart with an exact LVEF, about 10 points below "
            "and above this one."
        )
    if below and below.drawn:
        return _(
            "A drawn heart with an exact LVEF, about 10 points below this one; none lies above yet."
        )
    if above and above.drawn:
        return _(
            "A drawn heart with an exact LVEF, about 10 points above this one; none lies below yet."
        )
    if below:
        return _("A case that you have done, about 10 points below this one; none lies above yet.")
    return _("A case that you have done, about 10 points above this one; none lies below yet.")


async def draw_known(
    site: Site, work: Work, here: Here, learner_id: UUID, known: Sequence[Known]
) -> Mapping[UUID, AnchorView]:
    """These cases beside an answer, by their ids; nothing is asked where there are none."""
    if not known:
        return {}
    traced = await attempts.tracings_shown(work, learner_id, [one.id for _case, one in known])
    places = await parts.places_for(work, here.activity, learner_id)
    views: dict[UUID, AnchorView] = {}
    for case, clip in known:
        prepared = PreparedClip.from_primitives(clip.prepared or {})
        tracing, name = traced.get(clip.id), words.case_name(places.get(case.id))
        views[case.id] = AnchorView(
            name=name,
            label=name,
            lvef=percent(case.reference_lvef),
            url=await address(site, here, clip.masked_key or ""),
            opens_at=prepared.opens_at,
            width=prepared.width,
            height=prepared.height,
            cycle=tracing.first_beat(prepared.frame_times) if tracing else None,
        )
    return views


async def draw_anchor(site: Site, here: Here, anchor: Anchor | None) -> AnchorView | None:
    """A drawn heart beside an answer, named as what it is."""
    if anchor is None:
        return None
    prepared = PreparedClip.from_primitives(anchor.prepared or {})
    beat = anchor.first_beat
    return AnchorView(
        name=_("Drawn heart, exact LVEF"),
        label=_("Drawn heart, LVEF exactly %(lvef)s %%", lvef=anchor.lvef),
        lvef=percent(anchor.lvef),
        url=await address(site, here, anchor.key),
        opens_at=prepared.opens_at,
        width=prepared.width,
        height=prepared.height,
        cycle=(beat[0], beat[1]) if beat else None,
        drawn=True,
    )


async def address(site: Site, here: Here, key: str) -> str:
    """Where this launch may watch a masked clip, for a quarter of an hour."""
    now = site.clock().timestamp()
    return await site.clips.grant_download(key, launch=here.launch.id, now=now)
