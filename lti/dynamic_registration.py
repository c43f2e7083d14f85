"""Dynamic registration: an administrator gives a platform our address, and both do the rest.

1. The platform opens our page with the address of its configuration and a token.
2. `fetch_configuration` reads it; our page shows who asks, and the administrator confirms.
3. `post_registration`, or `update_registration` where `asks_for_update(token)`.
4. The service stores the outcome, not yet live; the page tells the platform that it may close it.

A client id that is new never replaces a registration that is there: that is the service's to mind.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import jwt
import msgspec
from msgspec import field

from lti.errors import RegistrationRefused
from lti.login import origin_of
from lti.platform_configuration import PlatformConfiguration, Url, fetch_configuration
from lti.public_web import PublicWeb
from lti.registration_calls import ask, read
from lti.shape import Id
from lti.tool_configuration import TOOL_CONFIGURATION, ToolDescription, registration_request

__all__ = [
    "PlatformConfiguration",
    "Registered",
    "ToolDescription",
    "asks_for_update",
    "fetch_configuration",
    "post_registration",
    "registration_request",
    "update_registration",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What the platform agreed to; an administrator may still take scopes away.

    deployment_id: None where deployments come later, one for each course or account.
    missing:       scopes that we asked for and did not get.
    """

    client_id: str
    deployment_id: str | None
    scopes: frozenset[str]
    missing: frozenset[str]


def asks_for_update(token: str) -> bool:
    """Whether the token is for a registration that is there; a hint only, since it is not ours."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return False
    return claims.get("scope") == "reg-update"


async def post_registration(
    web: PublicWeb,
    configuration: PlatformConfiguration,
    token: str | None,
    request: Mapping[str, object],
) -> Registered:
    """Register; the token works once."""
    body = await ask(web, "POST", configuration.registration_url, token, request)
    return read(body, _Registered).plain(request)


async def update_registration(
    web: PublicWeb,
    configuration: PlatformConfiguration,
    token: str | None,
    request: Mapping[str, object],
) -> Registered:
    """Change the registration that the token is for; its client id stays."""
    body = await ask(web, "GET", configuration.registration_url, token)
    current = read(body, _Registered)
    if current.own_url is None:
        updated = await post_registration(web, configuration, token, request)
    elif origin_of(current.own_url) != origin_of(configuration.registration_url):
        raise RegistrationRefused("The learning platform keeps its registrations elsewhere.")
    else:
        answer = await ask(web, "PUT", current.own_url, token, request)
        updated = read(answer, _Registered).plain(request)
    if updated.client_id != str(current.client_id):
        raise RegistrationRefused("The learning platform changed another registration.")
    return updated


class _Tool(msgspec.Struct):
    deployment_id: Id | int | None = None


class _Registered(msgspec.Struct):
    client_id: Id | int
    scope: str | None = None
    own_url: Url | None = field(default=None, name="registration_client_uri")
    tool: _Tool | None = field(default=None, name=TOOL_CONFIGURATION)

    def plain(self, request: Mapping[str, object]) -> Registered:
        deployment = self.tool.deployment_id if self.tool else None
        asked = frozenset(str(request.get("scope", "")).split())
        scopes = asked if self.scope is None else frozenset(self.scope.split())
        return Registered(
            client_id=str(self.client_id),
            deployment_id=None if deployment is None else str(deployment),
            scopes=scopes,
            missing=asked - scopes,
        )
