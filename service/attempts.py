"""The rules of an Attempt: open, lock, settle, reveal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inference.reading import Reading as SoftwareReading
from inference.reading import Tracing as SoftwareTracing
from service import opening, passback, sealing
from service.i18n import _
from service.judging import score_of
from service.models import (
    Attempt,
    AttemptState,
    Case,
    ClipState,
    Draft,
    Estimate,
    Launch,
    Learner,
    Marks,
    Score,
)
from service.scoring import CERTAINTIES, CERTAINTY, CONFIDENCE, HALF_WIDTHS
from service.store import attempts as rows
from service.store import clips as clip_rows
from service.store import launches as launch_rows
from service.store import tracings as tracing_rows
from service.store.database import Work
from service.trust import tells_how_close, unsealed

WESTERN = {zero + digit: str(digit) for zero in (0x660, 0x6F0) for digit in range(10)} | {
    ord("\N{ARABIC PERCENT SIGN}"): "%"
}


class AttemptRefused(Exception):
    """This cannot be done with this attempt; the message is a sentence for the learner."""


class NotYours(AttemptRefused):
    """The attempt does not exist, or belongs to someone else: the answer is the same."""


class EstimateInvalid(AttemptRefused):
    """What was typed is no whole number from 0 to 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """All that a learner may see of an attempt that has settled.

    tracing:  the ventricle's outline at end diastole and end systole, its area in every frame, and
              the beats; None where nothing can draw it: then nothing is invented.
    marks:    the frames that the learner calls end diastole and end systole instead.
    may_mark: whether they are offered to mark them.
    outlining: whether an outline is still to come.
    stills:   the frames of the clip that there are pictures of, by now; `still_of` is the address.
    """

    estimate: Estimate
    score: Score
    reading: SoftwareReading | None
    none_because: str | None
    clip_id: UUID
    tracing: SoftwareTracing | None
    marks: Marks | None
    may_mark: bool
    outlining: bool
    stills: frozenset[int]


async def open_case(work: Work, launch: Launch, case: Case, now: datetime) -> Attempt:
    """The learner's latest attempt at this case, begun now if they had none."""
    learner = required_learner(launch)
    latest = await rows.last_look(work.session, launch.activity_id, learner, case.id)
    if latest is not None:
        return latest
    return await begun(work, launch, fresh(launch, now, case=case), now)


async def begun(work: Work, launch: Launch, wanted: Attempt, now: datetime) -> Attempt:
    """A further attempt, for as long as the activity lets anyone begin one."""
    activity = await launch_rows.activity(work.session, launch.activity_id)
    sentence = await opening.shut_for(work, activity, wanted, now)
    if sentence is not None:
        raise AttemptRefused(sentence)
    return await rows.open_or_add(work.session, wanted)


async def look_again(work: Work, launch: Launch, case: Case, now: datetime) -> Attempt:
    """A further look at a case whose answer the learner has seen; an open one is gone on with."""
    latest = await open_case(work, launch, case, now)
    if latest.state is not AttemptState.SETTLED:
        return latest
    await check_answered(work, latest, now)
    return await rows.open_or_add(work.session, fresh(launch, now, case=case, look=latest.look + 1))


async def open_own(work: Work, launch: Launch, now: datetime) -> Attempt:
    """The learner's attempt with a clip of their own: the newest, or a first one."""
    learner = required_learner(launch)
    newest = await rows.latest_own(work.session, launch.activity_id, learner)
    return newest or await begun(work, launch, fresh(launch, now), now)


async def open_another(work: Work, launch: Launch, now: datetime) -> Attempt:
    """A further own-clip attempt; an open one is gone on with."""
    return await begun(work, launch, fresh(launch, now), now)


def fresh(launch: Launch, now: datetime, case: Case | None = None, look: int = 1) -> Attempt:
    """A draft; it remembers the column that its score belongs in, whatever later launches say."""
    return Attempt(
        activity_id=launch.activity_id,
        learner_id=required_learner(launch),
        case_id=case.id if case else None,
        clip_id=case.clip_id if case else None,
        look=look,
        state=AttemptState.DRAFT,
        preview=not launch.is_learner,
        line_item_url=launch.line_item_url if launch.is_learner else None,
        platform_family=launch.platform_family,
        created_at=now,
    )


def required_learner(launch: Launch) -> UUID:
    """Who works here; an anonymous launch may only look."""
    if launch.learner_id is None or not (launch.is_learner or launch.is_preview):
        raise AttemptRefused(_("You can look at this activity, but not work in it."))
    return launch.learner_id


async def of_launch(work: Work, attempt_id: UUID, launch: Launch, *, lock: bool = False) -> Attempt:
    """The attempt, if it is this learner's, in this activity."""
    attempt = await rows.by_id(work.session, attempt_id, lock=lock)
    if (
        attempt is None
        or attempt.learner_id != launch.learner_id
        or attempt.activity_id != launch.activity_id
    ):
        raise NotYours(
            _("There is no such attempt here. Open the activity again from your course.")
        )
    return attempt


def parse_lvef(text: str) -> int:
    """A whole percent, 0 to 100, as people type it, on an Arabic or a Persian keyboard too."""
    digits = text.translate(WESTERN).strip().removesuffix("%").strip()
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 3 or int(digits) > 100:
        raise EstimateInvalid(_("Type a whole number from 0 to 100."))
    return int(digits)


@dataclass(frozen=True, slots=True)
class Sure:
    """How sure a learner is, by what the activity's rule asks: one of the two, or neither."""

    half_width: int | None = None
    certainty: int | None = None


NOT_SAID = Sure()


def parse_sure(half_width: str, certainty: str, rule: str) -> Sure:
    """What is offered, or nothing where nothing was chosen and the rule needs nothing."""
    asks_certainty = rule == CERTAINTY
    text = certainty if asks_certainty else half_width
    if not text and rule in {CERTAINTY, CONFIDENCE}:
        raise EstimateInvalid(_("Choose how sure you are: this activity scores it."))
    if not text:
        return NOT_SAID
    if text not in map(str, CERTAINTIES if asks_certainty else HALF_WIDTHS):
        raise EstimateInvalid(_("Choose how sure you are from what is offered."))
    return Sure(certainty=int(text)) if asks_certainty else Sure(half_width=int(text))


@dataclass(frozen=True, slots=True)
class Turn:
    """Which opening of a page has sent something, and as the how-manieth thing, from 1.

    Requests may overtake each other, and so may the server's answers to them.
    """

    page: str
    number: int


async def keep_draft(
    work: Work,
    attempt: Attempt,
    *,
    lvef: str,
    sure: Sure,
    known: bool,
    attested: bool,
    turn: Turn | None,
    now: datetime,
) -> None:
    """Keep what is typed so far; nothing, once the estimate is locked, the clip is gone, or the
    time for it is over."""
    if attempt.state is not AttemptState.DRAFT or attempt.clip_id is None:
        return
    activity = await launch_rows.activity(work.session, attempt.activity_id)
    if await opening.shut_for(work, activity, attempt, now) is not None:
        return
    draft = Draft(
        attempt_id=attempt.id,
        clip_id=attempt.clip_id,
        lvef=lvef,
        half_width=sure.half_width,
        certainty=sure.certainty,
        known=known,
        attested=attested,
        page=turn and turn.page,
        turn=turn and turn.number,
        saved_at=now,
    )
    await rows.keep_draft(work.session, draft)


async def lock(
    work: Work,
    attempt_id: UUID,
    *,
    by: Launch,
    lvef: int,
    sure: Sure = NOT_SAID,
    known: bool,
    attested: bool,
    now: datetime,
) -> bool:
    """Lock the estimate in, for good; false where one was locked in before, and stands."""
    attempt = await of_launch(work, attempt_id, by, lock=True)
    if attempt.state is not AttemptState.DRAFT:
        return False
    if attempt.clip_id is None:
        raise AttemptRefused(_("Choose a clip first."))
    clip = await clip_rows.by_id(work.session, attempt.clip_id)
    if clip.state is not ClipState.READY:
        raise AttemptRefused(_("The clip is not ready yet."))
    if attempt.case_id is None and not attested:
        raise AttemptRefused(_("Please confirm that you may use this clip."))
    activity = await launch_rows.activity(work.session, attempt.activity_id)
    if (sentence := await opening.shut_for(work, activity, attempt, now)) is not None:
        raise AttemptRefused(sentence)
    await write_down(
        work,
        attempt,
        lvef=lvef,
        sure=sure,
        known=known,
        attested=attested,
        locked_at=now,
    )
    await settle(work, attempt.id, now)
    return True


async def write_down(
    work: Work,
    attempt: Attempt,
    *,
    lvef: int,
    sure: Sure,
    known: bool,
    attested: bool,
    locked_at: datetime,
) -> None:
    """The estimate, for good; what was typed goes."""
    work.session.add(
        Estimate(
            attempt_id=attempt.id,
            lvef=lvef,
            half_width=sure.half_width,
            certainty=sure.certainty,
            known=known,
            attested=attested,
            locked_at=locked_at,
        )
    )
    await rows.drop_draft(work.session, attempt.id)
    attempt.state = AttemptState.LOCKED
    await work.session.flush()


async def settle(work: Work, attempt_id: UUID, now: datetime) -> bool:
    """Write Score and Passback once both estimate and reference are there; once only."""
    attempt = await rows.by_id(work.session, attempt_id, lock=True)
    if attempt is None or attempt.state is not AttemptState.LOCKED:
        return False
    score = await score_of(work, attempt, now)
    if score is None:
        return False
    work.session.add(score)
    attempt.state = AttemptState.SETTLED
    attempt.settled_at = now
    await work.session.flush()
    await passback.decide(work, attempt, now)
    return True


async def reveal(work: Work, attempt_id: UUID, *, by: Launch, now: datetime) -> Revealed | None:
    """The learner's door to a reading: open only once their attempt has settled, and the activity
    shows answers."""
    attempt = await of_launch(work, attempt_id, by)
    if not await may_be_shown(work, attempt, now) or attempt.clip_id is None:
        return None
    estimate = await rows.estimate(work.session, attempt.id)
    score = await rows.score(work.session, attempt.id)
    if estimate is None or score is None:
        raise RuntimeError(f"attempt {attempt.id} has settled without estimate and score")
    if attempt.revealed_at is None:
        attempt.revealed_at = now
    reading = await clip_rows.reading(work.session, attempt.clip_id)
    clip = await clip_rows.by_id(work.session, attempt.clip_id)
    traced = await tracing_rows.tracing(work.session, clip.id)
    return Revealed(
        estimate=estimate,
        score=score,
        reading=unsealed(reading),
        none_because=reading.none_because if reading else None,
        clip_id=clip.id,
        tracing=SoftwareTracing.from_primitives(traced.body) if traced else None,
        marks=await tracing_rows.marks(work.session, attempt.id),
        may_mark=traced is None and clip.state is ClipState.READY and not clip.outline_due,
        outlining=traced is None and clip.state is ClipState.READY and clip.outline_due,
        stills=frozenset(await tracing_rows.frames_drawn(work.session, clip.id)),
    )


async def tracings_shown(
    work: Work, learner_id: UUID, clip_ids: Iterable[UUID]
) -> dict[UUID, SoftwareTracing]:
    """The outlines, by clip, of those of these cases whose answers this learner was shown."""
    found = await tracing_rows.shown_to(work.session, learner_id, clip_ids)
    return {one.clip_id: SoftwareTracing.from_primitives(one.body) for one in found}


async def may_be_shown(work: Work, attempt: Attempt, now: datetime) -> bool:
    """Whether an attempt's answer is there, and nothing seals it any more."""
    activity = await launch_rows.activity(work.session, attempt.activity_id)
    return (
        attempt.state is AttemptState.SETTLED
        and await sealing.why_sealed(work, activity, attempt, now) is None
    )


async def check_answered(work: Work, attempt: Attempt, now: datetime) -> None:
    """What comes after the answer waits for it."""
    if attempt.state is not AttemptState.SETTLED:
        raise AttemptRefused(_("Lock in your estimate first."))
    activity = await launch_rows.activity(work.session, attempt.activity_id)
    if (sentence := await sealing.why_sealed(work, activity, attempt, now)) is not None:
        raise AttemptRefused(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What staff may see of an attempt that has settled."""

    attempt: Attempt
    estimate: Estimate
    score: Score
    reading: SoftwareReading | None
    tells_how_close: bool  # whether the gap says anything about the learner


async def disclose_to_staff(
    work: Work, learner_id: UUID, *, by: Launch
) -> tuple[Learner, list[Disclosed]]:
    """The second door to readings: for staff of this activity, to what a learner has settled."""
    learner = await work.session.get(Learner, learner_id)
    if not by.is_staff or learner is None or learner.registration_id != by.registration_id:
        raise NotYours(_("There is no such page. Open the activity again from your course."))
    disclosed: list[Disclosed] = []
    for attempt, estimate, score in await rows.scored(work.session, by.activity_id, learner_id):
        if not attempt.preview and attempt.clip_id is not None:
            reading = await clip_rows.reading(work.session, attempt.clip_id)
            disclosed.append(
                Disclosed(
                    attempt=attempt,
                    estimate=estimate,
                    score=score,
                    reading=unsealed(reading),
                    tells_how_close=tells_how_close(score, reading),
                )
            )
    return learner, disclosed


def required(clip_id: UUID | None) -> UUID:
    """The clip of an attempt that cannot be locked without one."""
    if clip_id is None:
        raise RuntimeError("an attempt is locked without a clip")
    return clip_id
