"""What a learner and a teacher are told of a clip's view: words and choices, never a reading."""

from dataclasses import dataclass, replace

from inference.triaged import Triaged
from service import words
from service.cloud_settings import ViewCheck
from service.i18n import _, later
from service.models import Clip, Estimate, Hold
from service.numbers import decimal
from service.pages.site import Here
from service.pages.views import AttemptView, ClipView, Stage, Step, ViewNotice, WrongView
from service.rulings import everything_waiting, may_ask, may_rule, ruled
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
ASKED = later("Your teacher was asked to look at the view of this clip. You can go on meanwhile.")
ASKED_LOCKED = later(
    "Your teacher was asked to look at the view of this clip. Your estimate is locked in and "
    "counts as on time; the clip is read as soon as the view is confirmed."
)
TEACHER_FIRST = later(
    "Here a teacher confirms the view of each clip before the software reads it. You can go on "
    "meanwhile."
)
REASONS = {
    Hold.WRONG_VIEW: later("the check says: another view"),
    Hold.UNAVAILABLE: later("the check isn't responding"),
    Hold.TEACHER: later("you confirm each clip here"),
}


def is_wrong_view(clip: Clip) -> bool:
    """Whether the learner has to choose: another clip, or a person's word."""
    return clip.hold is Hold.WRONG_VIEW and clip.teacher_asked_at is None


def notice_of(clip: Clip, check: ViewCheck, *, is_read: bool) -> ViewNotice | None:
    """What is known of the view while the learner looks; None where nobody is asked."""
    if clip.phantom or check in {ViewCheck.OFF, ViewCheck.LOCAL}:
        return None
    if clip.hold is not None:
        return held_notice(clip, clip.hold)
    if clip.triage is None:
        return None if is_read else ViewNotice(sentence=_("Checking the view …"))
    if Triaged.from_primitives(clip.triage).verdict.outcome == "accepted":
        return ViewNotice(sentence=_("View confirmed: apical four-chamber."), settled=True)
    return ViewNotice(sentence=_(UNSURE), settled=True, caution=True)


def held_notice(clip: Clip, hold: Hold) -> ViewNotice:
    """Why the clip is not read for now."""
    if is_wrong_view(clip):
        return ViewNotice(sentence=wrong_view_words(clip), caution=True, settled=True, stop=True)
    sentence = {Hold.UNAVAILABLE: DOWN, Hold.TEACHER: TEACHER_FIRST}.get(hold, ASKED)
    if clip.teacher_asked_at is not None and hold is not Hold.TEACHER:
        sentence = ASKED
    return ViewNotice(sentence=_(sentence), caution=True, may_ask=may_ask(clip))


def wrong_view_words(clip: Clip) -> str:
    """Which view it is not, and that it costs nothing."""
    if ruled(clip):
        said = _("Your teacher looked at this clip: it isn't an apical four-chamber view.")
    else:
        said = _("This doesn't look like an apical four-chamber view.")
        view = Triaged.from_primitives(clip.triage).verdict.view if clip.triage else ""
        if view in VIEWS:
            said += " " + _("It looks like %(view)s.", view=_(VIEWS[view]))
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
        wrong_view=WrongView(sentence=wrong_view_words(clip), may_ask=may_ask(clip), kept=kept),
    )


def unnamed(clip: ClipView | None, whose: str) -> ClipView | None:
    """A clip that nobody may call an apical four-chamber view yet."""
    if clip is None:
        return None
    label = _("%(whose)s, %(seconds)s seconds", whose=whose, seconds=decimal(clip.seconds, 1))
    return replace(clip, label=label)


def add_to_waiting(view: AttemptView, clip: Clip | None) -> AttemptView:
    """What the waiting page says while nobody has confirmed the view."""
    if clip is None or clip.hold is None:
        return view
    asked = clip.teacher_asked_at is not None or clip.hold is Hold.TEACHER
    stages = (
        *view.stages[:-1],
        Stage(label=_("View confirmed"), done=False, active=True),
        Stage(label=_("Reading the clip"), done=False, active=False),
    )
    return replace(
        view,
        stages=stages,
        waiting_words=_(ASKED_LOCKED if asked else DOWN_LOCKED),
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
