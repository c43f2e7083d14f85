"""The launch: a platform vouches, in a signed token, for the person behind this browser."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from lti.claims import Launch, read_launch
from lti.errors import LaunchRefused
from lti.keys import PlatformKeys
from lti.login import LoginState
from lti.message import Message, Reply
from lti.registration import Registration
from lti.shape import read_token

LEEWAY_SECONDS = 60
MOST_AGE_SECONDS = 60 * 60
MOST_LIFETIME_SECONDS = 24 * 60 * 60
MOST_KEPT_CHARACTERS = 64 * 1024


async def verify_launch(
    id_token: str,
    state: LoginState,
    registration: Registration,
    keys: PlatformKeys,
    *,
    now: datetime,
) -> Launch:
    """The launch that this token vouches for, if it answers this login, else LaunchRefused.

    The caller has taken the state out of its store, so that no token is accepted twice.
    """
    if state.expires_at <= now:
        raise LaunchRefused(
            "This login has expired: open the activity again.", code="login_expired"
        )
    header, claims = read_token(id_token)
    message = Message(Reply(id_token, claims, state, registration))
    message.validate_registration()  # a foreign token must not make us fetch a key
    message.check(await keys.get(registration.jwks_url, header.kid))
    check_times(claims, now.timestamp())
    return read_launch(claims, registration_id=registration.id)


def check_worth_keeping(id_token: str) -> None:
    """LaunchRefused for what cannot be a launch, before anything of it is kept: a browser that is
    still to prove that it logged in could fill our tables otherwise."""
    if len(id_token) > MOST_KEPT_CHARACTERS:
        raise LaunchRefused("The learning platform's launch is too long.", code="token_too_long")
    read_token(id_token)


class Timed(Protocol):
    """What has its times: seconds since 1970."""

    @property
    def iat(self) -> float: ...
    @property
    def nbf(self) -> float: ...
    @property
    def exp(self) -> float: ...


def check_times(claims: Timed, now: float) -> None:
    """LaunchRefused for what is not valid now, is too old, or would be valid for too long."""
    if max(claims.iat, claims.nbf) > now + LEEWAY_SECONDS:
        ahead = max(claims.iat, claims.nbf) - now
        raise _untimely(claims, now, code="not_yet_valid", ahead=ahead)
    if claims.exp + LEEWAY_SECONDS < now:
        raise _untimely(claims, now, code="expired")
    if claims.iat + MOST_AGE_SECONDS + LEEWAY_SECONDS < now:
        raise _untimely(claims, now, code="too_old")
    if claims.exp - claims.iat > MOST_LIFETIME_SECONDS:
        raise LaunchRefused("This launch would be valid for too long.", code="valid_too_long")


def _untimely(claims: Timed, now: float, *, code: str, ahead: float | None = None) -> LaunchRefused:
    made, here = (datetime.fromtimestamp(moment, UTC) for moment in (claims.iat, now))
    return LaunchRefused(
        f"This launch is not valid now: made at {made:%Y-%m-%d %H:%M:%S} UTC by the learning"
        f" platform's clock, received at {here:%Y-%m-%d %H:%M:%S} UTC by ours. Open the activity"
        " again; if that does not help, one of the clocks is wrong.",
        code=code,
        ahead=ahead,
    )


_REFUSALS = {
    "access_denied": "The learning platform did not let you in: open the activity in your course.",
    "invalid_request": "The learning platform did not understand our request.",
    "login_required": "You are no longer logged in to the learning platform.",
    "unauthorized_client": "The learning platform does not know this tool by its client id.",
}


def platform_error(params: Mapping[str, str]) -> LaunchRefused:
    """The platform's answer when it refuses the login itself.

    Its `error_description` stays out: anybody can write it, since this answer is not signed.
    """
    code = params.get("error", "")
    if code in _REFUSALS:
        return LaunchRefused(_REFUSALS[code], code=code)
    return LaunchRefused("The learning platform refused the login.", code="platform_error")
