"""A moment as a form's field holds it, in a time zone that is named. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from service.i18n import _
from service.windows import zone_named

MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d(:00)?")


def typed_moment(moment: datetime | None, zone: str) -> str:
    """A moment as a date field holds it."""
    if moment is None:
        return ""
    return f"{moment.astimezone(zone_named(zone) or UTC):%Y-%m-%dT%H:%M}"


def read_moment(
    name: str, typed: Mapping[str, str], zone: str, wrong: dict[str, str]
) -> datetime | None:
    """A day and a time of this zone; None where nothing was typed."""
    said = typed[name].strip()
    if not said:
        return None
    try:
        there = datetime.fromisoformat(said if MOMENT.fullmatch(said) else "")
    except ValueError:
        wrong[name] = _("Type a day and a time, as 2027-03-31T23:59.")
        return None
    return there.replace(tzinfo=zone_named(zone)).astimezone(UTC)
