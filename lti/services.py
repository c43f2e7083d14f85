"""How this tool calls a platform's services: with a token, once more if it ended, page by page."""

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx2
import msgspec

from lti.errors import PlatformUnreachable, ServiceRefused, TokenRefused
from lti.links import next_page
from lti.login import origin_of
from lti.outbound import Answer, Call, Method, fetch, is_plain, is_safe, retry_after
from lti.platforms import is_throttled, trouble_in_words
from lti.registration import Registration
from lti.tokens import TokenClient

PATIENCE_SECONDS = 10.0
MOST_BYTES = 1024 * 1024
MOST_PAGES = 50
MOST_ENTRIES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall:
    """What to ask of a service; the token comes on the way."""

    url: str
    method: Method = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Listing[Entry]:
    """What a platform lists; not complete where the list went beyond our limits."""

    entries: tuple[Entry, ...]
    is_complete: bool


class ServiceClient:
    """The services of all platforms, each reached with a token of its own.

    refused: how a no of this service is called.
    """

    def __init__(
        self, http: httpx2.AsyncClient, tokens: TokenClient, *, refused: type[ServiceRefused]
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._refused = refused

    async def send(self, registration: Registration, scope: str, call: ServiceCall) -> Answer:
        """The answer, be it yes or no; PlatformUnreachable where a retry may help."""
        if not _may_carry_a_token(call.url, registration):
            raise self._refused("The address of this service is not https.", status=0)
        for _ in range(2):
            token = await self._tokens.token(registration, [scope])
            answer = await fetch(self._http, _with_token(call, token))
            if answer.status != 401:
                return _without_trouble(answer)
            # Ended early, or withdrawn: a new one may do, but only once.
            await self._tokens.forget(token)
        raise TokenRefused("The learning platform does not accept its own access token.")

    async def pages[Entry](
        self,
        registration: Registration,
        scope: str,
        call: ServiceCall,
        read: Callable[[Answer], list[Entry]],
    ) -> Listing[Entry]:
        """All that a list holds, up to our limits; its next page never leads to another server."""
        entries: list[Entry] = []
        seen: set[str] = set()
        url: str | None = call.url
        while url is not None and url not in seen and _has_room(seen, entries):
            seen.add(url)
            answer = await self.send(registration, scope, replace(call, url=url))
            entries += read(answer)
            url = next_page(answer.headers, url)
            if url is not None and origin_of(url) != origin_of(call.url):
                raise self._refused("The list goes on at another server.", status=0)
        is_complete = url is None and len(entries) <= MOST_ENTRIES
        return Listing(tuple(entries[:MOST_ENTRIES]), is_complete)


def _has_room(seen: Sized, entries: Sized) -> bool:
    return len(seen) < MOST_PAGES and len(entries) < MOST_ENTRIES


def decode[Shape](answer: Answer, shape: type[Shape]) -> Shape:
    """What an answer says, by its shape; PlatformUnreachable if it cannot be read."""
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (ValueError, RecursionError) as error:
        raise PlatformUnreachable("The learning platform's answer cannot be read.") from error


def with_query(url: str, query: Mapping[str, str]) -> str:
    """An address with more in its query; what is there stays in front."""
    if not is_safe(url):  # nor will it be called
        return url
    parts = urlsplit(url)
    queries = "&".join(text for text in (parts.query, urlencode(query)) if text)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, queries, ""))


def _may_carry_a_token(url: str, registration: Registration) -> bool:
    """Plain http only for a platform that itself runs on this machine: the demo, the tests."""
    if not is_safe(url):
        return False
    return not is_plain(url) or is_plain(registration.auth_token_url)


def _with_token(call: ServiceCall, token: str) -> Call:
    return Call(
        method=call.method,
        url=call.url,
        # "bearer" in lower case is refused by one platform.
        headers={"Authorization": f"Bearer {token}", **call.headers},
        body=call.body,
        seconds=PATIENCE_SECONDS,
        most_bytes=MOST_BYTES,
    )


def _without_trouble(answer: Answer) -> Answer:
    status, wait = answer.status, retry_after(answer.headers)
    if is_throttled(status, answer.headers):
        raise PlatformUnreachable("The learning platform asks us to slow down.", retry_after=wait)
    if not (200 <= status < 300 or 400 <= status < 500) or status == 408:
        words = f"The learning platform does not answer properly (status {status})."
        raise PlatformUnreachable(trouble_in_words(status, answer.body) or words, retry_after=wait)
    return answer
