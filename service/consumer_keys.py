"""Who comes over from LTI 1.1: an operator names the consumer key and secret that an institution
had with another tool, and a deployment that proves it holds them needs no approval by hand.

Nothing else comes of such a claim: whose work it is goes by this tool's own launches.
"""

import logging
from datetime import datetime

from cryptography.fernet import InvalidToken

from lti.claims import Launch as Claims
from lti.migration import LONGEST_KEY
from service import events
from service.models import ConsumerKey, EventKind, EventOutcome, Registration
from service.settings import KeyRefused
from service.signing import Signer
from service.store import consumer_keys as rows
from service.store import registrations as registration_rows
from service.store.database import Database, Work

log = logging.getLogger(__name__)

LONGEST_SECRET = 255


async def add(database: Database, signer: Signer, key: str, secret: str, now: datetime) -> None:
    """Name a key and its secret, which is stored encrypted and never shown again."""
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise KeyRefused(f"A consumer key has 1 to {LONGEST_KEY} characters that can be seen.")
    if not 0 < len(secret) <= LONGEST_SECRET:
        raise KeyRefused(f"A consumer key's secret has 1 to {LONGEST_SECRET} characters.")
    async with database.begin() as work:
        await rows.put(work.session, key, signer.encrypt(secret), now)


async def remove(database: Database, key: str) -> None:
    """Let nobody in by it any more; what it has let in stays."""
    async with database.begin() as work:
        if not await rows.remove(work.session, key):
            raise KeyRefused(f"No consumer key is called {key}; see `eyeball consumer-keys list`.")


async def describe(database: Database) -> list[str]:
    """A line for each key."""
    async with database.begin() as work:
        return [line_of(row) for row in await rows.everyone(work.session)]


def line_of(row: ConsumerKey) -> str:
    """A key in one line."""
    used = f"proven {row.used_at:%Y-%m-%d %H:%M} UTC" if row.used_at else "not proven yet"
    return f"{row.key}  added {row.created_at:%Y-%m-%d %H:%M} UTC  {used}"


async def lets_in(
    work: Work, claims: Claims, registration: Registration, signer: Signer, now: datetime
) -> bool:
    """Whether a deployment that waits for approval has proven who it was: then it is approved."""
    former = claims.former
    row = await rows.named(work.session, former.key) if former else None
    if former is None or row is None:
        return False
    try:
        secret = signer.decrypt(row.encrypted_secret)
    except InvalidToken:
        log.warning(
            "a consumer key cannot be opened: EYEBALL_SECRET is not the one it was made with"
        )
        return False
    if not former.is_proven_by(secret):
        return False
    row.used_at = now
    await registration_rows.approve(work.session, registration.id, claims.deployment_id, now)
    events.note(
        work,
        EventKind.REGISTRATION,
        EventOutcome.OK,
        now,
        registration_id=registration.id,
        code="from_lti_1_1",
    )
    return True
