"""The rules of asking a person about a clip's view: a learner asks, a teacher decides."""

from datetime import datetime, timedelta
from uuid import UUID

from service import attempts
from service.attempts import AttemptRefused, NotYours
from service.i18n import _
from service.models import Attempt, AttemptState, Clip, ClipState, Hold, Launch, Ruling
from service.setups import MOST_REPLY_DAYS
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import views as rows
from service.store.database import Work
from service.viewing import by_teacher

# A question lapses then: the clip counts as taking part, without a reading.
TEACHER_ANSWERS_WITHIN = timedelta(days=MOST_REPLY_DAYS)
OPEN = {AttemptState.DRAFT, AttemptState.LOCKED}


def may_rule(launch: Launch) -> bool:
    """Who decides about views: the people who teach here."""
    return launch.role in {"teacher", "assistant"} and launch.learner_id is not None


def ruled(clip: Clip) -> bool:
    """Whether a teacher has said that this clip shows another view."""
    return clip.triage is not None and clip.triage["verdict"]["checked_by"] == "teacher"


def may_ask(clip: Clip) -> bool:
    """Whether a teacher can still be asked about this clip."""
    return clip.hold is not None and clip.teacher_asked_at is None and not ruled(clip)


async def ask_teacher(work: Work, attempt_id: UUID, *, by: Launch, now: datetime) -> Attempt:
    """The learner has a teacher look at a clip that the check does not confirm."""
    attempt = await attempts.of_launch(work, attempt_id, by, lock=True)
    if attempt.clip_id is None or attempt.case_id is not None or attempt.state not in OPEN:
        raise AttemptRefused(_("There is nothing to ask your teacher about here."))
    clip = await clip_rows.by_id(work.session, attempt.clip_id, lock=True)
    if may_ask(clip) and not await clip_rows.is_read(work.session, clip.id):
        clip.teacher_asked_at = now
    elif clip.teacher_asked_at is None:
        raise AttemptRefused(_("There is nothing to ask your teacher about here."))
    return attempt


async def waiting_clip(
    work: Work, attempt_id: UUID, *, by: Launch, lock: bool = False
) -> tuple[Attempt, Clip]:
    """A clip of this activity that nobody has confirmed, for a teacher."""
    attempt = await attempt_rows.by_id(work.session, attempt_id) if may_rule(by) else None
    if attempt is None or attempt.activity_id != by.activity_id or attempt.clip_id is None:
        raise NotYours(_("There is no such clip here. Go back to the class."))
    clip = await clip_rows.by_id(work.session, attempt.clip_id, lock=lock)
    decided = await clip_rows.is_read(work.session, clip.id)
    if clip.hold is None or clip.state is not ClipState.READY or decided:
        raise NotYours(_("This clip needs no decision any more. Go back to the class."))
    return attempt, clip


async def rule(work: Work, attempt_id: UUID, *, by: Launch, accepted: bool, now: datetime) -> None:
    """A teacher confirms the view, and the clip is read; or says that it is another one."""
    _attempt, clip = await waiting_clip(work, attempt_id, by=by, lock=True)
    if by.learner_id is None or clip.masked_key is None:
        raise NotYours(_("There is no such clip here. Go back to the class."))
    work.session.add(
        Ruling(
            clip_id=clip.id,
            masked_key=clip.masked_key,
            accepted=accepted,
            teacher_id=by.learner_id,
            created_at=now,
        )
    )
    clip.triage = by_teacher(accepted=accepted).to_primitives()
    clip.teacher_asked_at = None
    clip.hold = None if accepted else Hold.WRONG_VIEW
    clip.next_try_at = None
    if accepted:
        clip.ready_at = now  # the day in which a reading is awaited begins anew
        work.nudge("read", clip.id)


async def everything_waiting(work: Work, activity_id: UUID) -> list[tuple[Attempt, Clip, str]]:
    """The clips that wait for a decision, each with its learner's label."""
    found = await rows.waiting(work.session, activity_id)
    return [(attempt, clip, learner.label) for attempt, clip, learner in found]
