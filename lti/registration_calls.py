"""Calls of a dynamic registration: the platform's no comes back in its own words."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Literal, cast

import msgspec

from lti.errors import PlatformUnreachable, RegistrationRefused
from lti.outbound import Answer, Call, retry_after
from lti.public_web import PublicWeb

PATIENCE_SECONDS = 10.0
MOST_BYTES = 256 * 1024
LONGEST_WORDS = 300
LONGEST_PAGE = 8 * 1024
_LATER = {408, 429, 502, 503, 504}
_TOKEN = re.compile(r"[!-~]{1,8192}")


async def ask(
    web: PublicWeb,
    method: Literal["GET", "POST", "PUT"],
    url: str,
    token: str | None,
    body: Mapping[str, object] | None = None,
) -> bytes:
    """What the platform answers, if it is a yes."""
    if token and not _TOKEN.fullmatch(token):
        raise RegistrationRefused("The registration token is not one.")
    # One platform asks for the token before it shows its configuration; the others do not mind.
    headers = {"Accept": "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Content-Type": "application/json"} if body else {}
    call = Call(
        method=method,
        url=url,
        headers=headers,
        body=msgspec.json.encode(body) if body else b"",
        seconds=PATIENCE_SECONDS,
        most_bytes=MOST_BYTES,
    )
    return _accepted(await web.fetch(call), token)


def read[Shape](body: bytes, shape: type[Shape]) -> Shape:
    """What an answer says, by its shape."""
    if b"\\u0000" in body:  # a NUL, which no database takes as text
        raise RegistrationRefused("The learning platform's answer cannot be read.")
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise RegistrationRefused("The learning platform's answer cannot be read.") from error


def _accepted(answer: Answer, token: str | None) -> bytes:
    if answer.status in {200, 201}:
        return answer.body
    if answer.status in _LATER:
        raise PlatformUnreachable(
            f"The learning platform does not answer properly (status {answer.status}).",
            retry_after=retry_after(answer.headers),
        )
    raise RegistrationRefused(
        f"The learning platform refused (status {answer.status}).",
        status=answer.status,
        platform_says=words_of(answer.body, token),
    )


def words_of(body: bytes, token: str | None = None) -> str:
    """The platform's own words as one short plain line: from JSON, plain text or a page."""
    text = body[:LONGEST_PAGE].decode(errors="replace")
    try:
        text = "; ".join(_sentences(msgspec.json.decode(body)))[:LONGEST_PAGE] or text
    except (ValueError, RecursionError):
        text = _without_tags(text)
    if token:
        text = text.replace(token, "…")
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LONGEST_WORDS]


# Canvas: errors, errorMessage; OpenID: error, error_description.
_NAMES = ("errors", "error", "error_description", "errorMessage", "message")


def _sentences(said: object) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, list):
        for each in cast("list[object]", said):
            yield from _sentences(each)
    elif isinstance(said, dict):
        named = cast("dict[str, object]", said)
        telling = [named[name] for name in _NAMES if name in named]
        for each in telling or named.values():
            yield from _sentences(each)


def _without_tags(text: str) -> str:
    silent = re.sub(
        r"<(script|style|head)\b.*?</\1\s*>", " ", text, flags=re.DOTALL | re.IGNORECASE
    )
    return html.unescape(re.sub(r"<[^<>]*>", " ", silent))
