"""Access tokens: what a platform gives us for our signature, kept until shortly before they end."""

import math
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Protocol
from urllib.parse import urlencode

import httpx2
import msgspec

from lti.errors import PlatformUnreachable, ScopeRefused, TokenRefused
from lti.keys import ToolKey
from lti.outbound import Answer, Call, SingleFlight, fetch, is_safe, retry_after
from lti.platforms import may_give_a_token_later
from lti.registration import Registration

PATIENCE_SECONDS = 10.0
MOST_BYTES = 64 * 1024
# A token must still live when the call that carries it arrives.
EARLY_SECONDS = 60
# One platform allows no skew: an assertion made a second in its future is refused (seen).
BACKDATE_SECONDS = 10
ASSERTION_SECONDS = 300
# Nobody gives a token for longer; and a date ends long before a number does.
LONGEST_LIFE_SECONDS = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token is for. The whole registration counts: an edited one starts afresh, and issuers
    alone are shared by many."""

    registration: Registration
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and until when it may be handed out: seconds since the epoch."""

    text: str
    until: float


class TokenShelf(Protocol):
    """Where tokens are kept, and how many callers come to ask but once."""

    async def token(self, wanted: Wanted, ask: Callable[[], Awaitable[Token]]) -> str:
        """The token that is kept for this, or a new one that one of the callers asks for."""
        ...

    async def forget(self, token: str) -> None:
        """Never hand this one out again."""
        ...


class MemoryShelf:
    """Tokens of one process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[Wanted, Token] = {}
        self._asking = SingleFlight[Wanted, str]()

    async def token(self, wanted: Wanted, ask: Callable[[], Awaitable[Token]]) -> str:
        """The token that is kept for this, or a new one."""
        kept = self._kept.get(wanted)
        if kept and self._clock() < kept.until:
            return kept.text
        return await self._asking.run(wanted, lambda: self._fetch(wanted, ask))

    async def _fetch(self, wanted: Wanted, ask: Callable[[], Awaitable[Token]]) -> str:
        token = await ask()
        self._kept[wanted] = token
        return token.text

    async def forget(self, token: str) -> None:
        """Never hand this one out again."""
        self._kept = {wanted: kept for wanted, kept in self._kept.items() if kept.text != token}


class TokenClient:
    """Access tokens by client_credentials, each asked for once and by one caller at a time.

    key: what this tool signs with now, asked for anew each time so that keys can rotate.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        key: Callable[[], Awaitable[ToolKey]],
        *,
        clock: Callable[[], float] = time.time,
        shelf: TokenShelf | None = None,
    ) -> None:
        self._http = http
        self._key = key
        self._clock = clock
        self._shelf = shelf or MemoryShelf(clock)

    async def token(self, registration: Registration, scopes: Iterable[str]) -> str:
        """A token for these scopes; TokenRefused, or PlatformUnreachable if a retry may help."""
        wanted = Wanted(registration, frozenset(scopes))
        return await self._shelf.token(wanted, lambda: self._ask(registration, wanted.scopes))

    async def forget(self, token: str) -> None:
        """The platform did not accept this token: never hand it out again."""
        await self._shelf.forget(token)

    async def _ask(self, registration: Registration, scopes: frozenset[str]) -> Token:
        if not is_safe(registration.auth_token_url):
            raise TokenRefused("The learning platform's token address is not https.")
        asked_at = self._clock()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": _assertion(registration, await self._key(), int(asked_at)),
            "scope": " ".join(sorted(scopes)),
        }
        call = Call(
            method="POST",
            url=registration.auth_token_url,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(form).encode(),
            seconds=PATIENCE_SECONDS,
            most_bytes=MOST_BYTES,
        )
        granted = _read(await fetch(self._http, call))
        return Token(granted.access_token, asked_at + granted.seconds() - EARLY_SECONDS)


def _assertion(registration: Registration, key: ToolKey, now: int) -> str:
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": registration.token_audience or registration.auth_token_url,
        "iat": now - BACKDATE_SECONDS,
        "exp": now + ASSERTION_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    return key.sign(claims)


class _Granted(msgspec.Struct):
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")]
    expires_in: Annotated[float, msgspec.Meta(ge=0)] | str | None = None

    def seconds(self) -> float:
        """How long the token lives; one that does not say is used once."""
        try:
            told = float(self.expires_in or 0)
        except ValueError:
            return 0.0
        return 0.0 if math.isnan(told) else max(0.0, min(told, LONGEST_LIFE_SECONDS))


class _Refused(msgspec.Struct):
    error: str = ""


def _read(answer: Answer) -> _Granted:
    """The token in an answer; its content type says nothing (seen: JSON sent as text/html)."""
    if answer.status != 200:
        raise _refusal(answer)
    try:
        return msgspec.json.decode(answer.body, type=_Granted)
    except (ValueError, RecursionError) as error:
        raise PlatformUnreachable("The learning platform's token cannot be read.") from error


def _refusal(answer: Answer) -> TokenRefused | PlatformUnreachable:
    if may_give_a_token_later(answer.status):
        return PlatformUnreachable(
            f"The learning platform gives no access token now (status {answer.status}).",
            retry_after=retry_after(answer.headers),
        )
    reason = _reason(answer.body)
    kind = ScopeRefused if reason == "invalid_scope" else TokenRefused
    return kind(f"The learning platform refuses us an access token: {reason}.")


def _reason(body: bytes) -> str:
    """The platform's own short word for it, where it is one; some errors are not even JSON."""
    try:
        word = msgspec.json.decode(body, type=_Refused).error
    except (ValueError, RecursionError):
        word = ""
    return word if re.fullmatch(r"[A-Za-z][A-Za-z0-9 _-]{0,79}", word) else "it does not say why"
