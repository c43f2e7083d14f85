"""The moments of a setup against the clock: what is typed anew must not be over already. Pure."""

from datetime import datetime, timedelta

from service.i18n import _
from service.models import Kind
from service.numbers import counted
from service.setups import Read, Setup


def in_time(found: Read, now: datetime, held: Setup | None = None) -> Read:
    """What was read from a form, or a sentence at each moment that comes too late; what stands in
    the activity already, `held`, may stay."""
    if found.setup is None:
        return found
    wrong = {**past(found.setup, now, held)}
    if "closes" not in wrong and is_too_short(found.setup, now, held):
        wrong["closes"] = counted(
            "It has to stay open for the exam's %(count)s minute at least.",
            "It has to stay open for the exam's %(count)s minutes at least.",
            found.setup.minutes or 0,
        )
    return Read(None, wrong) if wrong else found


def past(setup: Setup, now: datetime, held: Setup | None) -> dict[str, str]:
    """Each moment that is over, by its field; this very minute is early enough to open in."""
    wrong: dict[str, str] = {}
    said = _("That moment is over already: type one that is still to come.")
    closes, opens = setup.closes_at, setup.second_opens_at
    if closes and closes <= now and not same(closes, held and held.closes_at):
        wrong["closes"] = said
    if opens and opens < minute(now) and not same(opens, held and held.second_opens_at):
        wrong["second_opens"] = said
    return wrong


def is_too_short(setup: Setup, now: datetime, held: Setup | None) -> bool:
    """Whether an exam closes before its minutes can be used. One that stands may close later than
    it did, however little that is, and what was set before is not asked about."""
    if setup.kind is not Kind.EXAM or setup.closes_at is None or setup.minutes is None:
        return False
    if held is not None and held.kind is Kind.EXAM and held.closes_at is not None:
        longer = setup.minutes > (held.minutes or 0)
        moved = not same(setup.opens_at, held.opens_at)
        sooner = setup.closes_at < minute(held.closes_at)
        if not (longer or moved or sooner):
            return False
    begins = max(setup.opens_at or now, minute(now))
    return setup.closes_at < begins + timedelta(minutes=setup.minutes)


def minute(moment: datetime) -> datetime:
    """A moment as a form holds it."""
    return moment.replace(second=0, microsecond=0)


def same(one: datetime | None, other: datetime | None) -> bool:
    """Whether two moments are the same one in a form."""
    return (one and minute(one)) == (other and minute(other))
