"""Operators sign in without a password: a link from the command line becomes a session, once."""

from datetime import datetime, timedelta

from service.models import OperatorPass, PassKind
from service.signing import fingerprint, new_secret
from service.store import operators as rows
from service.store.database import Database

LINK_LASTS = timedelta(minutes=10)
SESSION_LASTS = timedelta(hours=8)
ENTER_PATH = "/operator/enter"


class OperatorUnknown(Exception):
    """No session, or one whose time is over."""


class LinkRefused(Exception):
    """The link was used, or its time is over."""


async def make_link(database: Database, public_url: str, now: datetime) -> str:
    """An address that lets its holder in, once."""
    secret = new_secret()
    async with database.begin() as work:
        work.session.add(_pass(PassKind.LINK, secret, now, LINK_LASTS))
    return f"{public_url}{ENTER_PATH}/{secret}"


async def check_link(database: Database, secret: str, now: datetime) -> None:
    """LinkRefused unless it still lets somebody in; looking does not use it up."""
    async with database.begin() as work:
        if await rows.usable(work.session, PassKind.LINK, fingerprint(secret), now) is None:
            raise LinkRefused


async def enter(database: Database, secret: str, now: datetime) -> str:
    """Swap a link for a session; the session's secret, which only the browser keeps."""
    session = new_secret()
    async with database.begin() as work:
        if await rows.take(work.session, PassKind.LINK, fingerprint(secret), now) is None:
            raise LinkRefused
        work.session.add(_pass(PassKind.SESSION, session, now, SESSION_LASTS))
    return session


async def check_session(database: Database, secret: str, now: datetime) -> None:
    """OperatorUnknown unless this is a session."""
    async with database.begin() as work:
        if await rows.usable(work.session, PassKind.SESSION, fingerprint(secret), now) is None:
            raise OperatorUnknown


async def leave(database: Database, secret: str, now: datetime) -> None:
    """End a session."""
    async with database.begin() as work:
        await rows.take(work.session, PassKind.SESSION, fingerprint(secret), now)


def _pass(kind: PassKind, secret: str, now: datetime, lasts: timedelta) -> OperatorPass:
    return OperatorPass(
        kind=kind, secret_hash=fingerprint(secret), created_at=now, expires_at=now + lasts
    )
