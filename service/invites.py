"""Invites: an operator makes one, an LMS's administrator connects by it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.models import Invite
from service.signing import fingerprint, new_secret
from service.store.database import Database

LONGEST_NOTE = 255
MOST_USES = 1000
REGISTER_PATH = "/lti/register"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an invite is good for.

    approves: whether what registers by it may launch at once, and its deployments as they turn up.
    """

    uses: int = 1
    lasts: timedelta = timedelta(days=7)
    approves: bool = False
    approves_deployments: bool = False
    note: str | None = None


async def make_invite(database: Database, public_url: str, terms: Terms, now: datetime) -> str:
    """The address to hand over; we keep but its secret's hash, so it is shown this once."""
    secret = new_secret()
    async with database.begin() as work:
        work.session.add(
            Invite(
                secret_hash=fingerprint(secret),
                note=(terms.note or "")[:LONGEST_NOTE] or None,
                uses_left=min(max(terms.uses, 1), MOST_USES),
                approves=terms.approves,
                approves_deployments=terms.approves_deployments,
                created_at=now,
                expires_at=now + terms.lasts,
            )
        )
    return f"{public_url}{REGISTER_PATH}/{secret}"
