"""How a learner's grade stands, in words: sent, on its way, or why there is none yet."""

from collections.abc import Sequence

from service import parts, sealing, words
from service.i18n import _
from service.models import (
    Activity,
    Attempt,
    AttemptState,
    Kind,
    Override,
    Passback,
    PassbackState,
)
from service.numbers import counted
from service.pages.easel import Easel
from service.pages.views import Delivery, GradeView
from service.scoring import points
from service.store import attempts as attempt_rows
from service.store import clips as clip_rows
from service.store import line_items as line_item_rows
from service.store import passbacks as passback_rows
from service.words_of_lms import refusal_words

DELIVERIES = {
    PassbackState.SENT: Delivery.SENT,
    PassbackState.REFUSED: Delivery.REFUSED,
    PassbackState.HELD: Delivery.HELD,
    PassbackState.SUPERSEDED: Delivery.NONE,  # and nothing in its stead: its learner is exempt
}


async def draw_grade(easel: Easel, mine: list[Attempt]) -> GradeView:
    """What of this learner's work has gone to the gradebook."""
    here = easel.here
    if here.launch.is_preview:
        return GradeView(
            sentence=_("You're previewing. Nothing is sent to the gradebook."),
            delivery=Delivery.NONE,
        )
    if here.view.told:
        return GradeView(sentence=_("Nothing is sent to the gradebook."), delivery=Delivery.NONE)
    learner = here.launch.learner_id
    passback = learner and await passback_rows.latest(easel.work.session, here.activity.id, learner)
    if not passback:
        sentence = await no_grade(easel, mine)
        return GradeView(sentence=with_word(sentence, here.decided), delivery=Delivery.NONE)
    return GradeView(
        sentence=with_word(words.grade(passback), here.decided),
        delivery=standing(passback),
        at=moment_of(passback),
        refusal=refusal_words(passback.problem),
    )


def with_word(sentence: str, decided: Override | None) -> str:
    """A grade, with the teacher's reason where it is the teacher's own."""
    if decided is None or decided.share is None:
        return sentence
    return f"{sentence} {_('Set by your teacher: %(reason)s', reason=decided.reason)}"


async def no_grade(easel: Easel, mine: list[Attempt]) -> str:
    """Why nothing has been sent, or never is."""
    activity = easel.here.activity
    column = bool(mine) and await column_awaited(easel)
    sealed = not await parts.answers_open(
        easel.work, activity, easel.here.launch.learner_id, easel.site.clock()
    )
    if not sealed and await nothing_counts(easel, mine):
        if activity.kind is Kind.OWN_CLIP:
            return _("You knew this clip's answer already, so nothing goes to the gradebook.")
        return _("You knew all these answers from other activities: nothing is graded here.")
    return no_grade_words(activity, mine, awaited=column, sealed=sealed)


async def nothing_counts(easel: Easel, mine: Sequence[Attempt]) -> bool:
    """Whether nothing here counts for this learner, since they knew it all."""
    activity, now = easel.here.activity, easel.site.clock()
    if activity.kind is Kind.OWN_CLIP:
        scores = [await attempt_rows.score(easel.work.session, one.id) for one in mine]
        return bool(scores) and all(score is not None and score.seen for score in scores)
    learner = easel.here.launch.learner_id
    if activity.kind is Kind.MASTERY or learner is None:
        return False
    begun = await easel.begun()
    scored = (
        await attempt_rows.scored(easel.work.session, activity.id, learner)
        if begun.has_settled
        else ()
    )
    spared = await sealing.spared(
        easel.work,
        activity,
        learner,
        scored={attempt.case_id for attempt, *_ in scored},
        known=begun.known_elsewhere(activity.id),
        now=now,
    )
    cases = await clip_rows.cases_of(easel.work.session, activity)
    return bool(cases) and spared >= {case.id for case in cases}


def moment_of(passback: Passback) -> str | None:
    """When it was sent or seen, or is tried again."""
    times = {
        Delivery.SENT: passback.sent_at,
        Delivery.FOUND: passback.seen_at,
        Delivery.RETRYING: passback.next_try_at,
    }
    moment = times.get(standing(passback))
    return words.day_and_time(moment) if moment else None


def standing(passback: Passback) -> Delivery:
    """How a grade stands on its way."""
    if passback.state is PassbackState.SENT and passback.seen_at and passback.accepted_at is None:
        return Delivery.FOUND
    waiting = Delivery.RETRYING if passback.problem else Delivery.SENDING
    return DELIVERIES.get(passback.state, waiting)


async def column_awaited(easel: Easel) -> bool:
    """Whether the platform is asked for a column, or has made one that no launch names."""
    columns = await line_item_rows.of_activity(easel.work.session, easel.here.activity.id)
    return any(column.container_url for column in columns)


def no_grade_words(activity: Activity, mine: list[Attempt], *, awaited: bool, sealed: bool) -> str:
    """Why nothing has been sent."""
    if sealed and activity.kind is not Kind.PRE_POST:
        return _("Your grade goes to the gradebook when answers are shown.")
    if awaited and any(attempt.state is AttemptState.SETTLED for attempt in mine):
        return _(
            "This activity's column in the gradebook is being made; your grade follows by itself."
        )
    if not awaited and mine and all(attempt.line_item_url is None for attempt in mine):
        return _("This activity has no column in the gradebook, so nothing is sent.")
    if activity.kind is Kind.MASTERY:
        return _("Your progress goes to the gradebook, a tenth of the way at a time.")
    if activity.kind is Kind.PRE_POST:
        return _("Your grade goes to the gradebook once both parts are done.")
    if activity.kind is not Kind.OWN_CLIP:
        return counted(
            "Your mean over all cases, of %(count)s point, goes to the gradebook "
            "when every case is done.",
            "Your mean over all cases, of %(count)s points, goes to the gradebook "
            "when every case is done.",
            points(1.0, activity.points),
        )
    return _("Nothing has been sent to the gradebook yet.")
