"""How this tool calls a platform: over https, without redirects, briefly, and with small answers.

It knows nothing of LTI: keys, tokens and grades say what to ask and what an answer means.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal

import httpx2

from lti.errors import PlatformUnreachable
from lti.login import origin_of

CONNECT_SECONDS = 3.0
LAST_PORT = 65535
type Method = Literal["GET", "POST", "PUT", "DELETE"]
# A platform that asks for more does not mean it; scores would wait for weeks.
LONGEST_WAIT = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform said: never more than the caller allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a platform, with the patience that we have for it."""

    method: Method
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    seconds: float
    most_bytes: int


async def fetch(http: httpx2.AsyncClient, call: Call) -> Answer:
    """The platform's answer, whatever its status; raises PlatformUnreachable when there is none."""
    try:
        async with asyncio.timeout(call.seconds):
            return await _read(http, call)
    except (httpx2.HTTPError, TimeoutError) as error:
        raise PlatformUnreachable("The learning platform did not answer.") from error


async def _read(http: httpx2.AsyncClient, call: Call) -> Answer:
    async with http.stream(
        call.method,
        call.url,
        headers={"Accept-Encoding": "identity", **call.headers},
        content=call.body or None,
        timeout=httpx2.Timeout(call.seconds, connect=CONNECT_SECONDS),
        follow_redirects=False,
    ) as response:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            # It could unfold far beyond the limit in a single step.
            raise PlatformUnreachable("The learning platform's answer is compressed.")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > call.most_bytes:
                raise PlatformUnreachable("The learning platform's answer is too long.")
        return Answer(response.status_code, response.headers, bytes(body))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks us to wait; it names them, or a moment (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST_WAIT)


# The same few addresses come with every launch.
@lru_cache(maxsize=256)
def is_safe(url: str) -> bool:
    """https to anywhere, plain http only to this very machine (demo and tests)."""
    if origin_of(url) is None:  # what others read differently
        return False
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        return False
    if not parsed.host or parsed.userinfo or (parsed.port or 0) > LAST_PORT:
        return False
    return parsed.scheme == "https" or (parsed.scheme == "http" and _is_this_machine(parsed.host))


# What a policy can hold: a `;` would end its directive, a `*` would let anybody in.
_PLAIN_ORIGIN = re.compile(r"https?://[a-z0-9.:\[\]-]{1,255}")


@lru_cache(maxsize=256)
def plain_origin(url: str) -> str | None:
    """The origin of an address that is safe to name in a policy: https, or plain http to this very
    machine, and nothing in it that means more to a browser than a host; else None."""
    origin = origin_of(url)
    if origin is None or not is_safe(url) or not _PLAIN_ORIGIN.fullmatch(origin):
        return None
    return origin


def is_plain(url: str) -> bool:
    """Whether a URL that passed `is_safe` is plain http to this machine."""
    return httpx2.URL(url).scheme == "http"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SingleFlight[Key, Value]:
    """At most one call per key at a time; whoever comes meanwhile shares its outcome."""

    def __init__(self) -> None:
        self._flying: dict[Key, asyncio.Task[Value]] = {}

    async def run(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """What the call under way for this key comes to, or a new one."""
        task = self._flying.get(key)
        if task is None:
            task = asyncio.create_task(_awaited(call))
            self._flying[key] = task
            task.add_done_callback(lambda done: self._land(key, done))
        # Shielded: a browser that goes away must not end the call for the others.
        return await asyncio.shield(task)

    def _land(self, key: Key, done: asyncio.Task[Value]) -> None:
        del self._flying[key]
        if not done.cancelled():
            done.exception()  # looked at, so that asyncio does not complain when nobody waits


async def _awaited[Value](call: Callable[[], Awaitable[Value]]) -> Value:
    return await call()
