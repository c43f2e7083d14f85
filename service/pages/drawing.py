"""From rows to what the templates are given: one attempt, at one step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from uuid import UUID
from zlib import crc32

from inference.reading import PreparedClip
from service import attempts, judging, opening, parts, sealing, words
from service.cloud_settings import Cloud, ViewCheck
from service.i18n import _
from service.models import (
    Attempt,
    AttemptState,
    Case,
    Clip,
    ClipState,
)
from service.numbers import decimal
from service.own_clips import found_boxes
from service.pages.answers import with_reasons
from service.pages.clock import draw_clock
from service.pages.easel import Easel
from service.pages.grade_words import draw_grade
from service.pages.refusals import draw_refusal
from service.pages.revealing import draw_reveal
from service.pages.site import Here
from service.pages.viewing import add_to_waiting, draw_wrong_view, is_wrong_view, notice_of
from service.pages.views import (
    AttemptView,
    ClipView,
    CoverView,
    EstimateView,
    PlaceView,
    Stage,
    Step,
    ViewNotice,
)
from service.pages.waits import masking_words, waiting_words
from service.scoring import CERTAINTY, CONFIDENCE
from service.store import attempts as rows
from service.store import clips as clip_rows
from service.store import health, reopenings


async def draw(
    easel: Easel,
    attempt: Attempt,
    *,
    typed: EstimateView | None = None,
    review: bool = False,
    covering: bool = False,
) -> AttemptView:
    """An attempt as its learner sees it now."""
    clip = await clip_of(easel, attempt)
    place = await place_of(easel, attempt) if attempt.case_id else None
    view = AttemptView(
        path=attempt_path(easel.here, attempt),
        step=step_of(attempt, clip),
        own_clip=attempt.case_id is None,
        position=place.position if place else None,
        of=place.of if place else None,
        again=attempt.look > 1,
        overtaken=typed and typed.overtaken,
        home_path=easel.here.path if place else None,
    )
    if attempt.state is AttemptState.DRAFT:
        activity, now = easel.here.activity, easel.site.clock()
        shut = await opening.shut_for(easel.work, activity, attempt, now)
        if shut is not None:
            return replace(view, step=Step.SHUT, shut=shut, home_path=easel.here.path)
        sitting = await opening.sitting_of(easel.work, activity, attempt.learner_id)
        view = replace(view, clock=draw_clock(activity, sitting, now))
    if view.step is Step.CHOOSE:
        view = replace(view, progress_path=await way_to_earlier_clips(easel))
        return replace(view, refusal=await draw_refusal(easel, clip))
    if clip is not None and clip.prepared is not None:
        view = replace(view, clip=await draw_clip(easel, clip, view))
    if view.step is Step.COVER or (covering and view.step is Step.ESTIMATE):
        return draw_cover(view, clip)
    if view.step is Step.ESTIMATE:
        typed = typed or await typed_before(easel, attempt)
        seen = await judging.has_seen(easel.work, attempt)
        rule = easel.here.activity.rule
        counts = rule in {CONFIDENCE, CERTAINTY} and not view.own_clip
        typed = replace(typed, asks_certainty=counts and rule == CERTAINTY)
        typed = replace(typed, needs_attestation=view.own_clip, seen=seen, sure_counts=counts)
        typed = replace(typed, leaves_to=leaves_to(easel.site.settings.cloud))
        notice, reopened = await draw_notice(easel, clip), await reopened_words(easel, attempt)
        view = replace(view, view_notice=notice, reopened=reopened)
        return replace(view, estimate=typed, step=Step.REVIEW if review else Step.ESTIMATE)
    if view.step is Step.MASKING:
        return await draw_masking(easel, view, clip)
    return await draw_further(easel, attempt, clip, view)


async def way_to_earlier_clips(easel: Easel) -> str | None:
    """Where a learner finds the answers to clips that came before this one, if any did."""
    seen = (await easel.begun()).first_looks(easel.here.activity.id)
    settled = any(one.state is AttemptState.SETTLED for one in seen)
    return f"{easel.here.path}/progress" if settled else None


def leaves_to(cloud: Cloud) -> str:
    """Whom frames of a clip are sent to; nobody where all of it is done on this server."""
    asked = cloud.view_check is ViewCheck.GEMINI
    return ", ".join(["Google (Gemini)"] * asked + ["Modal"] * (cloud.modal is not None))


async def draw_further(
    easel: Easel, attempt: Attempt, clip: Clip | None, view: AttemptView
) -> AttemptView:
    """What comes after the estimate, or instead of it where the clip shows another view."""
    if view.step is Step.WRONG_VIEW and clip is not None:
        return draw_wrong_view(view, clip, await rows.estimate(easel.work.session, attempt.id))
    if view.step is Step.WAITING:
        waiting = await draw_waiting(easel, attempt, view)
        check, reply_days = easel.site.settings.cloud.view_check, easel.here.activity.reply_days
        return add_to_waiting(waiting, clip, check, reply_days)
    if attempt.state is AttemptState.SET_ASIDE:
        said = words.set_aside() if attempt.case_id is None else words.given_back()
        return replace(view, unread=said, shut=said, home_path=easel.here.path)
    return await draw_settled(easel, attempt, clip, view)


@dataclass(frozen=True, slots=True)
class Place:
    """Which case of how many; no position where the set has lost the case since."""

    position: int | None
    of: int


async def place_of(easel: Easel, attempt: Attempt) -> Place:
    """Where an attempt's case stands in the activity's set."""
    cases = await parts.cases_for(easel.work, easel.here.activity, attempt.learner_id)
    places = enumerate(cases, start=1)
    position = next((n for n, case in places if case.id == attempt.case_id), None)
    return Place(position, len(cases))


async def typed_before(easel: Easel, attempt: Attempt) -> EstimateView:
    """What was typed and not locked, here or on another device; a new clip is attested anew."""
    draft = await rows.draft(easel.work.session, attempt.id)
    if draft is None:
        return EstimateView()
    return EstimateView(
        lvef=draft.lvef,
        half_width=str(draft.half_width or ""),
        certainty=str(draft.certainty or ""),
        known=draft.known,
        attested=draft.attested and draft.clip_id == attempt.clip_id,
    )


async def reopened_words(easel: Easel, attempt: Attempt) -> str | None:
    """That a teacher has given this case back, and why."""
    if attempt.case_id is None or attempt.first_locked_at is None:
        return None
    reason = await reopenings.reason(easel.work.session, attempt)
    return None if reason is None else words.reopened(reason)


async def draw_notice(easel: Easel, clip: Clip | None) -> ViewNotice | None:
    """How the check of the clip's view stands."""
    if clip is None:
        return None
    is_read = await clip_rows.is_read(easel.work.session, clip.id)
    check, reply_days = easel.site.settings.cloud.view_check, easel.here.activity.reply_days
    return notice_of(clip, check, is_read=is_read, reply_days=reply_days)


def attempt_path(here: Here, attempt: Attempt) -> str:
    """Where an attempt's pages live."""
    return f"{here.path}/attempts/{attempt.id}"


async def clip_of(easel: Easel, attempt: Attempt) -> Clip | None:
    """The attempt's clip, if one was chosen."""
    if attempt.clip_id is None:
        return None
    return await clip_rows.by_id(easel.work.session, attempt.clip_id)


def step_of(attempt: Attempt, clip: Clip | None) -> Step:
    """Which step the learner is at, from the state of attempt and clip alone."""
    if attempt.state is AttemptState.SETTLED:
        return Step.REVEAL
    if attempt.state is AttemptState.SET_ASIDE:
        return Step.UNREAD if attempt.case_id is None else Step.SHUT
    wrong = clip is not None and clip.state is ClipState.READY and is_wrong_view(clip)
    if attempt.state is AttemptState.LOCKED:
        return Step.WRONG_VIEW if wrong else Step.WAITING
    if clip is None:
        return Step.CHOOSE
    if wrong:
        return Step.WRONG_VIEW
    steps = {
        ClipState.UPLOADED: Step.MASKING,
        ClipState.COVERING: Step.MASKING,
        ClipState.FLAGGED: Step.COVER,
        ClipState.READY: Step.ESTIMATE,
    }
    return steps.get(clip.state, Step.CHOOSE)


async def draw_clip(easel: Easel, clip: Clip, view: AttemptView) -> ClipView | None:
    """A masked clip for the player; None where its file is gone."""
    if clip.masked_key is None or clip.prepared is None or clip.state is ClipState.DELETED:
        return None
    prepared = PreparedClip.from_primitives(clip.prepared)
    return ClipView(
        url=await easel.site.clips.grant_download(
            clip.masked_key,
            launch=easel.here.launch.id,
            now=easel.site.clock().timestamp(),
        ),
        frame_times=prepared.frame_times,
        opens_at=prepared.opens_at,
        seconds=prepared.seconds,
        frames_per_second=prepared.frames_per_second,
        width=prepared.width,
        height=prepared.height,
        label=clip_label(view, prepared),
    )


def clip_label(view: AttemptView, prepared: PreparedClip) -> str:
    """What identifies a clip to those who cannot see it, and tells nothing of its answer."""
    seconds = decimal(prepared.seconds, 1)
    if view.own_clip:
        return _("Your clip, %(seconds)s seconds", seconds=seconds)  # nobody knows its view yet
    if view.position is None:
        return _("Apical four-chamber clip, %(seconds)s seconds", seconds=seconds)
    return _(
        "Apical four-chamber clip, case %(position)s, %(seconds)s seconds",
        position=view.position,
        seconds=seconds,
    )


def draw_cover(view: AttemptView, clip: Clip | None) -> AttemptView:
    """The clip with what was found over its picture, to be covered."""
    found = found_boxes(clip) if clip else []
    places = tuple(
        PlaceView(x=box.x, y=box.y, width=box.width, height=box.height, legible=box.legible)
        for box in found
    )
    picture = (clip and clip.masked_sha256) or ""
    cover = CoverView(places=places, picture=picture, may_go_back=not found)
    return replace(view, step=Step.COVER, cover=cover)


async def draw_masking(easel: Easel, view: AttemptView, clip: Clip | None) -> AttemptView:
    """The clip is being opened and masked."""
    alive = await health.a_worker_is_alive(easel.work.session, easel.site.clock())
    before = await clip_rows.waiting_before(easel.work.session, clip) if clip else 0
    stages = (
        Stage(label=_("Clip received"), done=True, active=False),
        Stage(label=_("Hiding everything around the picture"), done=False, active=True),
    )
    return replace(
        view,
        stages=stages,
        waiting_words=masking_words(before, alive=alive),
        version=f"masking-{alive:d}-{before}",
    )


async def draw_waiting(easel: Easel, attempt: Attempt, view: AttemptView) -> AttemptView:
    """The estimate is locked, and the reading is not there yet."""
    estimate = await rows.estimate(easel.work.session, attempt.id)
    if estimate is None:
        raise RuntimeError(f"attempt {attempt.id} is locked without an estimate")
    alive = await health.a_worker_is_alive(easel.work.session, easel.site.clock())
    waiting = waiting_words(estimate, now=easel.site.clock(), alive=alive)
    return replace(
        view,
        waiting_words=waiting,
        estimate=EstimateView(lvef=str(estimate.lvef), half_width=str(estimate.half_width or "")),
        locked_at=estimate.locked_at.astimezone(UTC),
        version=f"waiting-{crc32(waiting.encode()):x}",
    )


async def draw_settled(
    easel: Easel, attempt: Attempt, clip: Clip | None, view: AttemptView
) -> AttemptView:
    """The answer, or that there will be none, or that it is still sealed."""
    activity = easel.here.activity
    sealed = await sealing.why_sealed(easel.work, activity, attempt, easel.site.clock())
    if sealed is not None:
        return await draw_sealed(easel, attempt, view, sealed)
    revealed = await attempts.reveal(
        easel.work, attempt.id, by=easel.here.launch, now=easel.site.clock()
    )
    if revealed is None:
        raise RuntimeError(f"attempt {attempt.id} has settled and reveals nothing")
    grade = await draw_grade(easel, [attempt])
    view = replace(
        view,
        grade=grade,
        may_delete=view.own_clip and view.clip is not None,
        clip_deleted_on=None if clip is None else clip.deleted_at,
        **(await onward(easel, attempt)),
    )
    if revealed.score.reference_lvef is None:
        return replace(view, step=Step.UNREAD, unread=words.no_reading(revealed.none_because))
    answer = draw_reveal(revealed, grade, own_clip=view.own_clip, again=view.again)
    answer = await with_reasons(easel.site, easel.work, easel.here, attempt, clip, revealed, answer)
    return replace(view, reveal=answer)


async def draw_sealed(
    easel: Easel, attempt: Attempt, view: AttemptView, sentence: str
) -> AttemptView:
    """What was locked in, and when the answer is shown; the clip stays, its reading does not."""
    estimate = await rows.estimate(easel.work.session, attempt.id)
    here, now = easel.here, easel.site.clock()
    sitting = await opening.sitting_of(easel.work, here.activity, attempt.learner_id)
    onwards = await onward(easel, attempt)
    return replace(
        view,
        step=Step.SEALED,
        clip=None,
        estimate=EstimateView(
            lvef=str(estimate.lvef) if estimate else "",
            half_width=str(estimate.half_width or "") if estimate else "",
        ),
        sealed=sentence,
        clock=draw_clock(here.activity, sitting, now)
        if onwards["next_path"] != here.path
        else None,
        **onwards,
    )


async def onward(easel: Easel, attempt: Attempt) -> dict[str, str | None]:
    """Where to go from an answer."""
    if attempt.case_id is None:
        return {"next_path": f"{easel.here.path}/another", "next_label": _("Try another clip")}
    following = await next_case(easel)
    if following is None:
        known = await parts.answers_open(
            easel.work, easel.here.activity, attempt.learner_id, easel.site.clock()
        )
        label = _("See how you did") if known else _("All cases")
        return {"next_path": easel.here.path, "next_label": label}
    return {"next_path": f"{easel.here.path}/cases/{following}", "next_label": _("Next case")}


async def next_case(easel: Easel) -> int | None:
    """The first case that this learner has not locked, and can."""
    launch = easel.here.launch
    if launch.learner_id is None:
        return None
    mine = await rows.of_learner(easel.work.session, launch.activity_id, launch.learner_id)
    cases = await parts.cases_for(easel.work, easel.here.activity, launch.learner_id)
    waits = await waiting_here(easel)
    return first_left(await can_begin(easel, cases), mine, waits)


async def waiting_here(easel: Easel) -> Mapping[UUID, str]:
    """The cases that wait for this learner, or did when this closed, and why."""
    launch, activity = easel.here.launch, easel.here.activity
    if launch.learner_id is None or launch.is_preview:
        return {}
    now = easel.site.clock()
    at = min(now, activity.closes_at or now)
    return await sealing.cases_that_wait(easel.work, activity, launch.learner_id, at)


async def can_begin(easel: Easel, cases: Sequence[Case]) -> Sequence[Case]:
    """Those of a learner's cases that are not shut: of two parts, perhaps the first alone."""
    launch, activity = easel.here.launch, easel.here.activity
    now = easel.site.clock()
    found = await parts.parts_of(easel.work, activity, launch.learner_id, now)
    if found is None or launch.is_preview:
        return cases
    return found.first if parts.second_shut(activity, found, now) else cases


def first_left(
    cases: Sequence[Case], mine: Iterable[Attempt], waits: Mapping[UUID, str]
) -> int | None:
    """The first of these cases in which nothing is locked in, and that does not wait."""
    done = {attempt.case_id for attempt in mine if attempt.state is not AttemptState.DRAFT}
    held = done | waits.keys()
    left = (place for place, case in enumerate(cases, start=1) if case.id not in held)
    return next(left, None)
