"""Whether a connection works: each step is tried as launches and grades do, and told in words."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpx2
import msgspec

from lti.errors import LtiError, PlatformUnreachable, TokenRefused
from lti.keys import ToolKey, acceptable_keys
from lti.outbound import Answer, Call, fetch, is_safe
from lti.registration import Registration
from lti.tokens import TokenClient
from lti.tool_configuration import ALL_SCOPES
from service.clock import MOST_SECONDS_APART
from service.i18n import _
from service.numbers import counted
from service.tool import JWKS_PATH
from service.words_of_lms import scope_words

PATIENCE_SECONDS = 10.0
MOST_BYTES = 256 * 1024


class Found(StrEnum):
    """What came of a step."""

    FINE = "fine"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was tried, what came of it, what to do."""

    name: str
    found: Found
    sentence: str


async def examine(
    http: httpx2.AsyncClient,
    registration: Registration,
    key: ToolKey,
    public_url: str,
    now: datetime,
) -> list[Step]:
    """All steps, in the order in which one builds on another."""
    told, answer = await their_keys(http, registration)
    steps = [told, clock(answer, now), await our_keys(http, key, public_url)]
    return steps + await access(http, registration, key)


async def their_keys(
    http: httpx2.AsyncClient, registration: Registration
) -> tuple[Step, Answer | None]:
    """The keys that launches are signed with, as the LMS publishes them."""
    name = _("The LMS's keys")
    try:
        answer = await _get(http, registration.jwks_url)
        number = len(acceptable_keys(answer.body)) if answer.status == 200 else 0
    except LtiError as error:
        advice = _("Without them no launch can be verified. Check the keyset address.")
        return Step(name, Found.WRONG, f"{error.message} {advice}"), None
    if not number:
        sentence = _(
            "%(url)s answers with status %(status)s and no key that we can use. "
            "Without one no launch can be verified. Check the keyset address.",
            url=registration.jwks_url,
            status=answer.status,
        )
        return Step(name, Found.WRONG, sentence), answer
    sentence = _("%(number)s found: launches can be verified.", number=number)
    return Step(name, Found.FINE, sentence), answer


def clock(answer: Answer | None, now: datetime) -> Step:
    """How far the LMS's clock is from ours, by the date on its answer."""
    name = _("The clocks")
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", "") if answer else "")
        apart = round((theirs - now).total_seconds())
    except (ValueError, TypeError):
        return Step(name, Found.DOUBTFUL, _("The LMS did not say what time it has."))
    if abs(apart) <= MOST_SECONDS_APART:
        said = counted("%(count)s second apart.", "%(count)s seconds apart.", abs(apart))
        return Step(name, Found.FINE, said)
    sentence = _(
        "The LMS says %(theirs)s, this machine %(ours)s: %(seconds)s seconds apart. Launches and "
        "tokens are refused for that. Let both take their time from the network (NTP).",
        theirs=f"{theirs:%H:%M:%S}",
        ours=f"{now:%H:%M:%S}",
        seconds=abs(apart),
    )
    return Step(name, Found.WRONG, sentence)


async def our_keys(http: httpx2.AsyncClient, key: ToolKey, public_url: str) -> Step:
    """Our own keys, at the address where the LMS looks for them."""
    name, url = _("Our keys"), public_url + JWKS_PATH
    try:
        published = msgspec.json.decode((await _get(http, url)).body, type=_Published)
    except (LtiError, ValueError, RecursionError):
        sentence = _(
            "%(url)s does not answer from here as it should. If the LMS finds it no better, it "
            "gives us no token, and no grade arrives. Check EYEBALL_PUBLIC_URL and the proxy.",
            url=url,
        )
        return Step(name, Found.DOUBTFUL, sentence)
    if key.kid not in {one.kid for one in published.keys}:
        sentence = _(
            "%(url)s shows other keys than this deployment has: does it lead elsewhere?", url=url
        )
        return Step(name, Found.WRONG, sentence)
    return Step(name, Found.FINE, _("Published at %(url)s.", url=url))


async def access(http: httpx2.AsyncClient, registration: Registration, key: ToolKey) -> list[Step]:
    """An access token, and what it may be for, asked for one by one."""

    async def signs() -> ToolKey:
        return key

    refused: dict[str, LtiError] = {}
    for scope in ALL_SCOPES:
        try:
            await TokenClient(http, signs).token(registration, [scope])
        except (TokenRefused, PlatformUnreachable) as error:
            refused[scope] = error
            if isinstance(error, PlatformUnreachable):
                break
    if len(refused) == len(ALL_SCOPES) or any(
        isinstance(error, PlatformUnreachable) for error in refused.values()
    ):
        return [_no_token(list(refused.values())[-1])]
    token = Step(_("Access token"), Found.FINE, _("The LMS knows our key, and gives us one."))
    return [token, *(_scope(scope, granted=scope not in refused) for scope in ALL_SCOPES)]


def _no_token(error: LtiError) -> Step:
    advice = (
        _("Try again later; grades wait meanwhile, and none is lost.")
        if isinstance(error, PlatformUnreachable)
        else _(
            "Check in the LMS that the tool is turned on, that its public key comes from our "
            "keyset address, and that the client id here is the one there."
        )
    )
    return Step(_("Access token"), Found.WRONG, f"{error.message} {advice}")


def _scope(scope: str, *, granted: bool) -> Step:
    name, _colon, without = scope_words(scope).partition(":")
    if granted:
        return Step(name, Found.FINE, _("Granted."))
    sentence = _(
        "Not granted:%(without)s Allow it in the LMS's settings of this tool.", without=without
    )
    return Step(name, Found.DOUBTFUL, sentence)


class _Key(msgspec.Struct):
    kid: str


class _Published(msgspec.Struct):
    keys: list[_Key]


async def _get(http: httpx2.AsyncClient, url: str) -> Answer:
    if not is_safe(url):
        raise PlatformUnreachable("The address is not https.")
    call = Call(method="GET", url=url, seconds=PATIENCE_SECONDS, most_bytes=MOST_BYTES)
    return await fetch(http, call)
