"""When an activity can be worked in, and when its answers may be shown: pure.

A closing time is the teacher's own and shuts the door; a due date belongs to the LMS, and late
work is taken here.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.i18n import _
from service.models import Activity, Answers, Kind, Sitting
from service.numbers import decimal
from service.words import moment_in

# A press of the button at the last moment takes its way through the network.
GRACE = timedelta(seconds=10)


def zone_named(name: str) -> tzinfo | None:
    """A time zone by its name in the IANA database; None where there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def moment_words(moment: datetime, activity: Activity) -> str:
    """A moment in the time zone in which the teacher thinks."""
    zone = zone_named(activity.zone)
    return moment_in(moment, zone or UTC, activity.zone if zone else "UTC")


def time_words(moment: datetime, activity: Activity) -> str:
    """A time of day in the same zone."""
    zone = zone_named(activity.zone)
    there = moment.astimezone(zone or UTC)
    return f"{there:%H:%M} ({activity.zone.replace('_', ' ') if zone else 'UTC'})"


def has_opened(activity: Activity, now: datetime) -> bool:
    """Whether its first moment has come."""
    return activity.opens_at is None or activity.opens_at <= now


def has_closed(activity: Activity, now: datetime) -> bool:
    """Whether its last moment is over."""
    return activity.closes_at is not None and activity.closes_at <= now


def lacks_close(activity: Activity) -> bool:
    """Whether its answers wait for an end that nobody has set, as in a copied exam."""
    return activity.answers is Answers.AFTER_CLOSE and activity.closes_at is None


def answers_open(activity: Activity, now: datetime) -> bool:
    """Whether a learner may see the answer of what they have locked in, and its score."""
    return activity.answers is Answers.AT_ONCE or has_closed(activity, now)


def second_is_open(activity: Activity, now: datetime) -> bool:
    """Whether the second part of two has begun."""
    return activity.second_opens_at is not None and activity.second_opens_at <= now


def second_words(activity: Activity) -> str:
    """When the second part of two begins."""
    if activity.second_opens_at is None:
        return _("The second part opens once your teacher has said when.")
    return _(
        "The second part opens on %(moment)s.",
        moment=moment_words(activity.second_opens_at, activity),
    )


def why_shut(activity: Activity, now: datetime) -> str | None:
    """Why nobody can lock anything in at this moment, as a sentence."""
    if lacks_close(activity):
        return _("Your teacher has to say first when this closes. Nothing is missed till then.")
    if not has_opened(activity, now) and activity.opens_at is not None:
        return _("This opens on %(moment)s.", moment=moment_words(activity.opens_at, activity))
    if has_closed(activity, now) and activity.closes_at is not None:
        return _("This closed on %(moment)s.", moment=moment_words(activity.closes_at, activity))
    return None


def answers_words(activity: Activity) -> str:
    """When answers may be seen that are sealed now."""
    if activity.kind is Kind.PRE_POST:
        return _("Answers are shown once you have done both parts.")
    if activity.closes_at is None:
        return _("Answers open once your teacher has set a closing time, and it is over.")
    return _("Answers open on %(moment)s.", moment=moment_words(activity.closes_at, activity))


def deadline(activity: Activity, sitting: Sitting | None) -> datetime | None:
    """When a learner's time at an exam is over: their own minutes, and never after it closes."""
    if activity.kind is not Kind.EXAM or sitting is None or sitting.started_at is None:
        return None
    ends = sitting.started_at + timedelta(minutes=(activity.minutes or 0) * sitting.factor)
    return min(ends, activity.closes_at) if activity.closes_at else ends


def is_over(activity: Activity, sitting: Sitting | None, now: datetime) -> bool:
    """Whether a learner's time at an exam is over."""
    ends = deadline(activity, sitting)
    return ends is not None and now >= ends + GRACE


def minutes_of(activity: Activity, sitting: Sitting | None) -> str:
    """How many minutes this learner has, in figures."""
    return decimal((activity.minutes or 0) * (sitting.factor if sitting else 1.0))
