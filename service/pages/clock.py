"""An exam's clock, as pages show it: the server's time counts, the page only tells it."""

from dataclasses import dataclass
from datetime import datetime

from service.models import Activity, Sitting
from service.windows import deadline, time_words


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """How long there is."""

    until: str  # the time of day, with its zone
    seconds: int  # from now on

    @property
    def minutes(self) -> int:
        """How many have begun."""
        return -(-self.seconds // 60)


def draw_clock(activity: Activity, sitting: Sitting | None, now: datetime) -> ClockView | None:
    """The clock of a learner who sits an exam, while it runs."""
    ends = deadline(activity, sitting)
    if ends is None or ends <= now:
        return None
    return ClockView(until=time_words(ends, activity), seconds=round((ends - now).total_seconds()))
