"""Access tokens for all processes: kept encrypted in the database, asked for by one at a time."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.fernet import InvalidToken

from lti.errors import LtiError, PlatformUnreachable
from lti.outbound import SingleFlight
from lti.tokens import PATIENCE_SECONDS, Token, Wanted
from service import events
from service.clock import utc_now
from service.models import EventKind, EventOutcome
from service.signing import Signer, fingerprint
from service.store import access_tokens as rows
from service.store.database import Database, Work

# A process that asks may die; after this, another one does.
LEASE = timedelta(seconds=PATIENCE_SECONDS + 2)
LOOK_AGAIN_SECONDS = 0.1


class DatabaseShelf:
    """The shelf that every process shares. While one asks, no transaction is open."""

    def __init__(
        self, database: Database, signer: Signer, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._here = SingleFlight[Wanted, str]()

    async def token(self, wanted: Wanted, ask: Callable[[], Awaitable[Token]]) -> str:
        """The token that is kept for this, or a new one that one of all processes asks for."""
        return await self._here.run(wanted, lambda: self._find_or_ask(wanted, ask))

    async def forget(self, token: str) -> None:
        """Never hand this one out again."""
        async with self._database.begin() as work:
            await rows.forget(work.session, fingerprint(token))

    async def _find_or_ask(self, wanted: Wanted, ask: Callable[[], Awaitable[Token]]) -> str:
        digest, registration_id = digest_of(wanted), UUID(wanted.registration.id)
        for _ in range(2 * int(LEASE.total_seconds() / LOOK_AGAIN_SECONDS)):
            async with self._database.begin() as work:
                now = self._clock()
                kept = await rows.usable(work.session, digest, now)
                if kept and (text := self._read(kept.encrypted)):
                    return text
                unreadable = kept.encrypted if kept else None
                ours = await rows.claim(
                    work.session, digest, registration_id, now, now + LEASE, unreadable=unreadable
                )
            if ours:
                return await self._ask(digest, registration_id, ask)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        raise PlatformUnreachable("The learning platform gives no access token now.")

    def _read(self, encrypted: str | None) -> str | None:
        """The token again; None if it was written under another secret."""
        try:
            return self._signer.decrypt(encrypted or "")
        except InvalidToken:
            return None

    async def _ask(
        self, digest: str, registration_id: UUID, ask: Callable[[], Awaitable[Token]]
    ) -> str:
        try:
            token = await ask()
        except LtiError as error:
            later = isinstance(error, PlatformUnreachable)
            outcome = EventOutcome.FAILED if later else EventOutcome.REFUSED
            async with self._database.begin() as work:
                await rows.release(work.session, digest)
                self._note(work, outcome, registration_id, type(error).__name__)
            raise
        async with self._database.begin() as work:
            until = datetime.fromtimestamp(token.until, UTC)
            mark = fingerprint(token.text)
            await rows.keep(work.session, digest, self._signer.encrypt(token.text), mark, until)
            self._note(work, EventOutcome.OK, registration_id, None)
        return token.text

    def _note(
        self, work: Work, outcome: EventOutcome, registration_id: UUID, code: str | None
    ) -> None:
        at = self._clock()
        events.note(work, EventKind.ACCESS, outcome, at, registration_id=registration_id, code=code)


def digest_of(wanted: Wanted) -> str:
    """What a token is kept under."""
    parts = [*map(str, astuple(wanted.registration)), *sorted(wanted.scopes)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
