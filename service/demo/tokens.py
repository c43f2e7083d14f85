"""The token endpoint: a signed assertion in, an access token for the grade services out."""

from asyncio import to_thread
from datetime import timedelta
from typing import Any

import jwt
from litestar import Response, post
from litestar.di import NamedDependency

from service.demo.errors import TokenRefused
from service.demo.lms import Asked, Lms
from service.demo.platform import token_url

FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_SECONDS = 3600
LONGEST_ASSERTION_SECONDS = 3600


@post("/lti/token", status_code=200)
async def issue_token(request: Asked, lms: NamedDependency[Lms]) -> Response[Any]:
    """An access token, for whoever holds the tool's key."""
    try:
        return lms.flavour.token(await _issue(request, lms))
    except TokenRefused as refused:
        return lms.flavour.token_refusal(refused)


async def _issue(request: Asked, lms: Lms) -> dict[str, Any]:
    form = await _checked_form(request)
    claims = await _verified(lms, form["client_assertion"])
    now = lms.now()
    if not await to_thread(lms.store.use_assertion, claims["jti"], claims["exp"], now):
        raise TokenRefused("invalid_client", "the assertion's jti was used before")
    granted = [scope for scope in lms.flavour.scopes if scope in form["scope"].split(" ")]
    if not granted:
        raise TokenRefused("invalid_scope", "no scope that this LMS knows")
    expires_at = now + timedelta(seconds=TOKEN_SECONDS)
    return {
        "access_token": await to_thread(lms.store.make_token, granted, expires_at),
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": " ".join(granted),
    }


async def _checked_form(request: Asked) -> dict[str, str]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        raise TokenRefused("invalid_request", f"the request has to be {FORM}")
    pairs = [*(await request.form()).multi_items()]
    form = dict(pairs)
    if len(form) < len(pairs):
        raise TokenRefused("invalid_request", "a parameter came twice")
    if form.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "grant_type has to be client_credentials")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("invalid_request", "client_assertion_type has to be jwt-bearer")
    for name in ("client_assertion", "scope"):
        if not form.get(name):
            raise TokenRefused("invalid_request", f"{name} is missing")
    return form


async def _verified(lms: Lms, assertion: str) -> dict[str, Any]:
    client = await to_thread(lms.client, _issuer(assertion))
    if client is None:
        raise TokenRefused("invalid_client", "the assertion's iss is no client of this LMS")
    try:
        key_id = jwt.get_unverified_header(assertion).get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise TokenRefused("invalid_client", "the assertion's header has no kid")
        key = await lms.keys_of(client).find(key_id)
        claims = jwt.decode(
            assertion,
            key,
            algorithms=["RS256"],
            audience=token_url(lms.settings.lms_url),
            issuer=client.client_id,
            subject=client.client_id,
            # No leeway: Moodle refuses an `iat` one second ahead of its own clock (seen on 4.5).
            leeway=0,
            options={"require": ["exp", "iat", "iss", "sub", "aud", "jti"], "strict_aud": True},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused("invalid_client", f"the assertion is refused: {error}") from error
    _check_lifetime(claims)
    return claims


def _issuer(assertion: str) -> str:
    """Whose keys to check it with; what it says is believed only after that."""
    try:
        return str(jwt.decode(assertion, options={"verify_signature": False}).get("iss"))
    except jwt.PyJWTError as error:
        raise TokenRefused("invalid_client", f"the assertion is refused: {error}") from error


def _check_lifetime(claims: dict[str, Any]) -> None:
    """PyJWT has seen that `exp` lies ahead and `iat` does not."""
    if int(claims["exp"]) - int(claims["iat"]) > LONGEST_ASSERTION_SECONDS:
        raise TokenRefused("invalid_client", "the assertion lives longer than an hour")
    if not claims["jti"]:
        raise TokenRefused("invalid_client", "the assertion's jti is empty")
