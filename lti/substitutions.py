"""What a platform is asked to put into the custom parameters of each launch, and what came.

A platform that does not know a variable sends its name, `$…`; one that has no value for it, null or
nothing. Parameters are signed, but a teacher can edit them: what makes no sense is not there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from lti.platforms import ATTEMPT_COUNTS

LONGEST_ID: Final = 255
LONGEST_HISTORY: Final = 50
LONGEST_MOMENT: Final = 40
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MOST_ATTEMPTS: Final = 1_000

# What a copied course or link was copied from.
HISTORIES: Final = {
    "context_id_history": "$Context.id.history",
    "resource_link_id_history": "$ResourceLink.id.history",
}
# Until when work is on time, for whoever arrives; and how often it can be handed in.
TERMS: Final = {"due_at": "$ResourceLink.submission.endDateTime", **ATTEMPT_COUNTS}


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a platform takes work: until when, and how many times of how many."""

    due_at: datetime | None = None
    attempts_allowed: int | None = None
    attempts_used: int = 0


NO_TERMS: Final = Terms()


def terms_of(custom: Mapping[str, str]) -> Terms:
    """What came of TERMS."""
    return Terms(
        due_at=_moment(custom.get("due_at", "")),
        attempts_allowed=_count(custom.get("attempts_allowed", "")) or None,
        attempts_used=_count(custom.get("attempts_used", "")),
    )


def history(ids: str) -> tuple[str, ...]:
    """The ids of a list, newest first."""
    found = dict.fromkeys(text.strip() for text in ids.split(","))
    known = (each for each in found if 0 < len(each) <= LONGEST_ID and not each.startswith("$"))
    return tuple(islice(known, LONGEST_HISTORY))


def _moment(said: str) -> datetime | None:
    """A moment with its zone; without one it would be a guess of hours."""
    if len(said) > LONGEST_MOMENT:
        return None
    try:
        found = datetime.fromisoformat(said.strip())
        if found.tzinfo is None or not EARLIEST <= found < LATEST:
            return None
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _count(said: str) -> int:
    """A whole number; 0 for anything else, such as -1 for "as often as you like"."""
    found = re.fullmatch(r"\d{1,4}", said.strip(), re.ASCII)
    return min(int(found[0]), MOST_ATTEMPTS) if found else 0
