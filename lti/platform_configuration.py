"""What a platform says of itself to a tool that wants to register, and why we believe it."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta, field

from lti.errors import RegistrationRefused
from lti.platforms import ACCOUNT_NAME, may_speak_for, token_audience
from lti.public_web import PublicWeb
from lti.registration_calls import ask, read
from lti.shape import Id

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"

type Url = Annotated[str, Meta(min_length=1, max_length=2048)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformConfiguration:
    """A platform as it describes itself; every address in it was public when it was read.

    scopes:       what we may ask for; empty where the platform does not say.
    placements:   where its pages can show us, by message.
    account_name: whose platform it is, for the person who confirms the registration.
    """

    issuer: str
    auth_login_url: str
    auth_token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str | None
    family: str
    version: str | None
    account_name: str | None
    scopes: frozenset[str]
    placements: dict[str, frozenset[str]]


async def fetch_configuration(web: PublicWeb, url: str, token: str | None) -> PlatformConfiguration:
    """The platform behind this address, if it may speak for the issuer that it names."""
    said = read(await ask(web, "GET", url, token), _Configuration)
    if not may_speak_for(url, said.issuer):
        raise RegistrationRefused("This address speaks for another learning platform.")
    for address in said.addresses():
        await web.check(address)
    return said.plain()


class _Message(msgspec.Struct):
    type: str
    placements: list[str] = []


class _Platform(msgspec.Struct):
    product_family_code: Annotated[str, Meta(max_length=64)] = ""
    version: Annotated[str, Meta(max_length=64)] | None = None
    messages_supported: list[_Message] = []
    account_name: Annotated[str, Meta(max_length=255)] | None = field(
        default=None, name=ACCOUNT_NAME
    )


class _Configuration(msgspec.Struct):
    issuer: Id
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    registration_endpoint: Url
    platform: _Platform = field(name=PLATFORM_CONFIGURATION)
    authorization_server: Id | None = None
    scopes_supported: list[str] = []

    def addresses(self) -> list[str]:
        return [
            self.issuer,
            self.authorization_endpoint,
            self.token_endpoint,
            self.jwks_uri,
            self.registration_endpoint,
        ]

    def plain(self) -> PlatformConfiguration:
        family = self.platform.product_family_code
        return PlatformConfiguration(
            issuer=self.issuer,
            auth_login_url=self.authorization_endpoint,
            auth_token_url=self.token_endpoint,
            jwks_url=self.jwks_uri,
            registration_url=self.registration_endpoint,
            token_audience=token_audience(family, self.authorization_server),
            family=family,
            version=self.platform.version,
            account_name=self.platform.account_name,
            scopes=frozenset(self.scopes_supported),
            placements={
                message.type: frozenset(message.placements)
                for message in self.platform.messages_supported
            },
        )
