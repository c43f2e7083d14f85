"""What a person who waits should know."""

from datetime import datetime, timedelta

from service import words
from service.i18n import _
from service.models import Estimate
from service.numbers import counted

SLOW_AFTER = timedelta(seconds=20)
LEAVE_AFTER = timedelta(seconds=90)


def masking_words(before: int, *, alive: bool) -> str | None:
    """What a person should know whose clip is not prepared yet."""
    if not alive:
        return _(
            "The analyser is offline. Your clip is safe here and will be prepared when it is back."
        )
    if before == 0:
        return None
    return counted("One clip is before yours.", "%(count)s clips are before yours.", before)


def waiting_words(estimate: Estimate, *, now: datetime, alive: bool) -> str:
    """What a person who waits should know."""
    since = now - estimate.locked_at
    if not alive:
        return _(
            "The analyser is offline, so there's no software reading yet. "
            "Your estimate is saved at %(time)s; it will count as on time.",
            time=words.at_time(estimate.locked_at),
        )
    if since > LEAVE_AFTER:
        return _("This takes longer than usual, and goes on by itself.")
    if since > SLOW_AFTER:
        return _("Starting the analyser. The first run can take a minute.")
    return ""
