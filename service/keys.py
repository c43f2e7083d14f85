"""Our own signing keys, kept encrypted. They overlap: a key is published before it signs, and
stays published after it has signed for the last time, since platforms keep what they fetched."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken

from lti.keys import ToolKey as LtiKey
from service.models import ToolKey
from service.settings import KeyRefused
from service.signing import Signer
from service.store import registrations as rows
from service.store.database import Database

# Twice as long as platforms are told to keep our key set (see `tool_keys`).
SIGNS_AFTER = timedelta(minutes=10)
# A token of ours lives for minutes; a deep-linking answer may lie in an open tab for days.
PUBLISHED_FOR = timedelta(days=7)


async def ensure_key(database: Database, signer: Signer, now: datetime) -> None:
    """Make the first key where there is none that signs."""
    async with database.begin() as work:
        if not any(key.retired_at is None for key in await rows.keys(work.session)):
            work.session.add(fresh(signer, now))


def fresh(signer: Signer, now: datetime) -> ToolKey:
    """A new key; its private half is stored encrypted, and nowhere else."""
    key = LtiKey.generate()
    return ToolKey(kid=key.kid, encrypted_pem=signer.encrypt(key.private_pem), created_at=now)


async def rotate(database: Database, signer: Signer, now: datetime) -> str:
    """Add a key, which signs as soon as platforms have had the time to fetch it; its name."""
    async with database.begin() as work:
        key = fresh(signer, now)
        work.session.add(key)
        return key.kid


async def retire(database: Database, kid: str, now: datetime) -> None:
    """Never sign with this key again; it stays published for a while."""
    async with database.begin() as work:
        stored = await rows.keys(work.session, lock=True)
        active = [key for key in stored if key.retired_at is None]
        found = next((key for key in active if key.kid == kid), None)
        if found is None:
            raise KeyRefused(f"No active key is called {kid}; see `eyeball keys list`.")
        if signs_now([key for key in active if key is not found], now) is None:
            raise KeyRefused(
                "No other key would be left that platforms know: run `eyeball keys rotate`, "
                f"and retire this one after {SIGNS_AFTER.seconds // 60} minutes."
            )
        found.retired_at = now


async def describe(database: Database, now: datetime) -> list[str]:
    """A line for each key."""
    async with database.begin() as work:
        stored = await rows.keys(work.session)
    signing = signs_now(stored, now) or next(iter(stored), None)
    return [
        f"{key.kid}  made {key.created_at:%Y-%m-%d %H:%M} UTC  {state(key, signing, now)}"
        for key in stored
    ]


def state(key: ToolKey, signing: ToolKey | None, now: datetime) -> str:
    """What a key is good for now."""
    if key.retired_at is not None:
        until = key.retired_at + PUBLISHED_FOR
        return f"retired, published until {until:%Y-%m-%d}" if until > now else "retired"
    if key is signing:
        return "signs"
    later = key.created_at + SIGNS_AFTER
    return f"signs from {later:%H:%M} UTC" if later > now else "active"


def signs_now(keys: Sequence[ToolKey], now: datetime) -> ToolKey | None:
    """The newest active key that platforms have had the time to fetch."""
    known = [key for key in keys if key.retired_at is None and key.created_at <= now - SIGNS_AFTER]
    return max(known, key=lambda key: key.created_at, default=None)


async def published_keys(database: Database, signer: Signer, now: datetime) -> list[LtiKey]:
    """Every key that a platform may still meet, or will meet soon."""
    async with database.begin() as work:
        stored = await rows.keys(work.session)
    return [
        opened(key, signer)
        for key in stored
        if key.retired_at is None or now < key.retired_at + PUBLISHED_FOR
    ]


async def signing_key(database: Database, signer: Signer, now: datetime) -> LtiKey:
    """The key that signs now; a deployment's very first one does so at once, and is made here if a
    worker has something to sign before any web process ran."""
    if not (active := await active_keys(database)):
        await ensure_key(database, signer, now)
        active = await active_keys(database)
    return opened(signs_now(active, now) or active[-1], signer)


async def active_keys(database: Database) -> list[ToolKey]:
    """The keys that sign, now or soon; the newest first."""
    async with database.begin() as work:
        stored = await rows.keys(work.session)
    return [key for key in stored if key.retired_at is None]


def opened(key: ToolKey, signer: Signer) -> LtiKey:
    """A stored key, ready to sign with."""
    try:
        return LtiKey(kid=key.kid, private_pem=signer.decrypt(key.encrypted_pem))
    except InvalidToken as error:
        raise KeyRefused(
            "Our signing keys cannot be opened: EYEBALL_SECRET is not the one they were made with."
        ) from error
