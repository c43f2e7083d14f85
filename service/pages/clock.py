"""An exam's clock, as pages show it: the server's time counts, the page only tells it."""

from dataclasses import dataclass
from datetime import datetime

from service.models import Activity, Sitting
from service.numbers import counted, forms
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

    @property
    def left(self) -> str:
        """The same in words."""
        return counted("%(count)s minute left", "%(count)s minutes left", self.minutes)

    @property
    def forms(self) -> dict[str, str]:
        """The same for a script that counts on."""
        return forms("%(count)s minute left", "%(count)s minutes left")


def draw_clock(activity: Activity, sitting: Sitting | None, now: datetime) -> ClockView | None:
    """The clock of a learner who sits an exam, while it runs."""
    ends = deadline(activity, sitting)
    if ends is None or ends <= now:
        return None
    return ClockView(until=time_words(ends, activity), seconds=round((ends - now).total_seconds()))
