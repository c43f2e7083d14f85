"""What a learner and a teacher are told of a clip's view: words and choices, never a reading."""

from dataclasses import dataclass, replace

from inference.triaged import FRAMES, GEMINI, NOT_ECHO, Triaged
from service import words
from service.cloud_settings import ViewCheck
from service.i18n import _, later
from service.models import Clip, Estimate, Hold
from service.numbers import days, decimal
from service.pages.site import Here
from service.pages.views import AttemptView, ClipView, Stage, Step, ViewNotice, WrongView
from service.rulings import (
    TEACHER_ANSWERS_WITHIN,
    everything_waiting,
    may_ask,
    may_rule,
    ruled,
)
from service.store.database import Work

VIEWS = {
    "A2C": later("an apical two-chamber view"),
    "A3C": later("an apical three-chamber view"),
    "A5C": later("an apical five-chamber view"),
    "PLAX": later("a parasternal long-axis view"),
    "PSAX": later("a parasternal short-axis view"),
    "subcostal": later("a subcostal view"),
}
UNSURE = later(
    "We can't confirm this is an apical four-chamber view. You'll still see a reading and get "
    "credit for taking part, but closeness won't be scored."
)
DOWN = later(
    "The view check isn't responding. You can go on: we'll finish by ourselves when it's back, or "
    "your teacher can confirm the view."
)
DOWN_LOCKED = later(
    "The view check isn't responding. Your estimate is locked in and counts as on time. We'll "
    "finish by ourselves when it's back, or your teacher can confirm the view."
)
ASKED = later(
    "Sent: your teacher was asked to look at the view of this clip. You'll see the answer here. "
    "You can go on meanwhile."
)
ASKED_LOCKED = later(
    "Sent: your teacher was asked to look at the view of this clip. Your estimate is locked in and "
    "counts as on time; the clip is read as soon as the view is confirmed."
)
TEACHER_FIRST = later(
    "Here a teacher confirms the view of each clip before the software reads it. You can go on "
    "meanwhile."
)
REPLY_TIME = later("Usual reply time set by your course: %(days)s.")
LAPSES = later(
    "Without an answer within %(days)s you get credit for taking part, without a reading."
)
ERRS = later(
    "The check errs, most often on poor windows and unusual hearts. All that it decides is whether "
    "the software may read the clip: that has learnt apical four-chamber views alone, and its "
    "number for another view would mean nothing."
)
REASONS = {
    Hold.WRONG_VIEW: later("the check says: another view"),
    Hold.UNAVAILABLE: later("the check isn't responding"),
    Hold.TEACHER: later("you confirm each clip here"),
}


def is_wrong_view(clip: Clip) -> bool:
    """Whether the learner has to choose: another clip, or a person's word."""
    return clip.hold is Hold.WRONG_VIEW and clip.teacher_asked_at is None


def is_checked(clip: Clip, check: ViewCheck) -> bool:
    """Whether somebody, or something, is asked for the view of this clip."""
    return not clip.phantom and check not in {ViewCheck.OFF, ViewCheck.LOCAL}


def notice_of(
    clip: Clip, check: ViewCheck, *, is_read: bool, reply_days: int | None
) -> ViewNotice | None:
    """What is known of the view while the learner looks; None where nobody is asked."""
    if clip.hold is not None:  # of a clip whose time is over nobody is asked any more
        return None if is_read else held_notice(clip, clip.hold, reply_days)
    if not is_checked(clip, check):
        return None
    if clip.triage is None:
        return None if is_read else ViewNotice(sentence=_("Checking the view …"))
    if Triaged.from_primitives(clip.triage).verdict.outcome == "accepted":
        return ViewNotice(sentence=_("View confirmed: apical four-chamber."), settled=True)
    return ViewNotice(sentence=_(UNSURE), settled=True, caution=True)


def held_notice(clip: Clip, hold: Hold, reply_days: int | None) -> ViewNotice:
    """Why the clip is not read for now."""
    if is_wrong_view(clip):
        return ViewNotice(sentence=wrong_view_words(clip), caution=True, settled=True, stop=True)
    if hold is Hold.UNAVAILABLE and clip.teacher_asked_at is None:
        return ViewNotice(sentence=_(DOWN), caution=True, may_ask=may_ask(clip))
    sentence = asked_words(TEACHER_FIRST if hold is Hold.TEACHER else ASKED, hold, reply_days)
    return ViewNotice(sentence=sentence, caution=True, may_ask=may_ask(clip))


def asked_words(sentence: str, hold: Hold, reply_days: int | None) -> str:
    """That a person was asked, how soon they usually answer, and what becomes of no answer."""
    if hold is Hold.UNAVAILABLE:  # the check itself goes on, and within a day it answers or lapses
        return _(sentence)
    said = [_(sentence)]
    if reply_days is not None:
        said.append(_(REPLY_TIME, days=days(reply_days)))
    said.append(_(LAPSES, days=days(TEACHER_ANSWERS_WITHIN.days)))
    return " ".join(said)


def wrong_view_words(clip: Clip) -> str:
    """Which view it is not, and that it costs nothing."""
    if ruled(clip):
        said = _("Your teacher looked at this clip: it isn't an apical four-chamber view.")
    else:
        said = _("This doesn't look like an apical four-chamber view.")
        view = Triaged.from_primitives(clip.triage).verdict.view if clip.triage else ""
        if view in VIEWS:
            said += " " + _("Closest match: %(view)s (not certain).", view=_(VIEWS[view]))
    return f"{said} {_(words.GRADE_UNTOUCHED)}"


def draw_wrong_view(view: AttemptView, clip: Clip, estimate: Estimate | None) -> AttemptView:
    """Another clip, or a person's word."""
    kept = None
    if estimate is not None:
        kept = _(
            "Your estimate of %(lvef)s %% was locked in at %(time)s. "
            "The clip that you take instead counts as handed in then.",
            lvef=estimate.lvef,
            time=words.at_time(estimate.locked_at),
        )
    return replace(
        view,
        step=Step.WRONG_VIEW,
        clip=unnamed(view.clip, _("Your clip")),
        wrong_view=WrongView(
            sentence=wrong_view_words(clip), may_ask=may_ask(clip), kept=kept, why=why_wrong(clip)
        ),
    )


def why_wrong(clip: Clip) -> str | None:
    """How the check came to its word, in ours; None where a person has decided."""
    if ruled(clip) or clip.triage is None:
        return None
    verdict = Triaged.from_primitives(clip.triage).verdict
    if verdict.checked_by != GEMINI:
        return _(ERRS)
    said = _("Google's Gemini looked at %(count)s pictures of the masked clip.", count=FRAMES)
    if NOT_ECHO in verdict.reasons:
        return f"{said} {_('It took them for something other than an echocardiogram.')} {_(ERRS)}"
    return f"{said} {_('It took them for another view.')} {_(ERRS)}"


def unnamed(clip: ClipView | None, whose: str) -> ClipView | None:
    """A clip that nobody may call an apical four-chamber view yet."""
    if clip is None:
        return None
    label = _("%(whose)s, %(seconds)s seconds", whose=whose, seconds=decimal(clip.seconds, 1))
    return replace(clip, label=label)


def stages_of(clip: Clip | None, check: ViewCheck) -> tuple[Stage, ...]:
    """What is done and what is awaited once an estimate is locked in."""
    held = clip is not None and clip.hold is not None
    awaited = clip is not None and is_checked(clip, check) and (held or clip.triage is None)
    stages = [
        Stage(label=_("Estimate locked"), done=True, active=False),
        Stage(label=_("Everything around the picture hidden"), done=True, active=False),
    ]
    if held:
        stages.append(Stage(label=_("Checking the view …"), done=False, active=True))
    elif clip is not None and is_checked(clip, check):
        label = _("Checking the view (usually 5–15 seconds)") if awaited else _("View checked")
        stages.append(Stage(label=label, done=not awaited, active=awaited))
    if held or awaited:
        return (*stages, Stage(label=_("Reading the clip"), done=False, active=False))
    reading = _("Reading the clip (usually 5–15 seconds)")
    return (*stages, Stage(label=reading, done=False, active=True))


def add_to_waiting(
    view: AttemptView, clip: Clip | None, check: ViewCheck, reply_days: int | None
) -> AttemptView:
    """What the waiting page says of the view, and while nobody has confirmed it."""
    stages = stages_of(clip, check)
    reached = next(number for number, stage in enumerate(stages) if stage.active)
    view = replace(view, stages=stages, version=f"{view.version}-{reached}")
    if clip is None or clip.hold is None:
        return view
    asked = clip.teacher_asked_at is not None or clip.hold is Hold.TEACHER
    return replace(
        view,
        waiting_words=asked_words(ASKED_LOCKED, clip.hold, reply_days) if asked else _(DOWN_LOCKED),
        version=f"{view.version}-{clip.hold}-{asked:d}",
        view_notice=ViewNotice(
            sentence="", may_ask=may_ask(clip), may_replace=clip.hold is Hold.WRONG_VIEW
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingView:
    """One clip that waits for a teacher's word."""

    learner: str
    path: str
    reason: str
    asked: str | None
    locked: bool


async def draw_queue(work: Work, here: Here) -> list[WaitingView] | None:
    """The clips of this activity that nobody has confirmed; None for those who do not decide."""
    if not may_rule(here.launch):
        return None
    return [
        WaitingView(
            learner=label,
            path=f"{here.path}/views/{attempt.id}",
            reason=_(REASONS[clip.hold or Hold.TEACHER]),
            asked=clip.teacher_asked_at and words.day_and_time(clip.teacher_asked_at),
            locked=attempt.state == "locked",
        )
        for attempt, clip, label in await everything_waiting(work, here.activity.id)
    ]
