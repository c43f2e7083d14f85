"""What we say of ourselves to a platform that we want to register with."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lti.grades import LINE_ITEM_SCOPE, NEW_LINE_ITEM_SCOPE, RESULT_SCOPE, SCORE_SCOPE
from lti.notices import NOTICE_SCOPE
from lti.platform_configuration import PlatformConfiguration
from lti.platforms import file_extension, message_extras, privacy_extras
from lti.roster import ROSTER_SCOPE
from lti.shape import MessageType
from lti.substitutions import HISTORIES, TERMS

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
# Asked for only where it is offered: a platform may refuse a scope that it does not know.
IF_OFFERED = (NOTICE_SCOPE,)
ALL_SCOPES = (SCORE_SCOPE, RESULT_SCOPE, LINE_ITEM_SCOPE, NEW_LINE_ITEM_SCOPE, ROSTER_SCOPE)
_NAMES = ("name", "given_name", "family_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDescription:
    """This tool, as an administrator of a platform gets to see it.

    target_url:       where launches lead that name no other page.
    deep_linking_url: where a teacher picks; None for target_url.
    with_names:       whether we would like to know how people are called; never by e-mail.
    """

    name: str
    description: str
    target_url: str
    login_url: str
    redirect_urls: tuple[str, ...]
    jwks_url: str
    home_url: str | None = None
    logo_url: str | None = None
    privacy_url: str | None = None
    terms_url: str | None = None
    contacts: tuple[str, ...] = ()
    deep_linking_url: str | None = None
    custom: dict[str, str] = field(default_factory=lambda: HISTORIES | TERMS)
    scopes: tuple[str, ...] = ALL_SCOPES
    with_names: bool = True

    @property
    def domain(self) -> str:
        """The host and port of target_url: one platform compares them, and drops a `www.`."""
        return urlsplit(self.target_url).netloc.lower().removeprefix("www.")


def registration_request(
    configuration: PlatformConfiguration, *, tool: ToolDescription
) -> dict[str, object]:
    """The registration that we ask this platform for, in its dialect; never a null in it."""
    wanted = [
        scope for scope in tool.scopes if scope in configuration.scopes or not configuration.scopes
    ] + [scope for scope in IF_OFFERED if scope in configuration.scopes]
    optional = {
        "client_uri": tool.home_url,
        "logo_uri": tool.logo_url,
        "policy_uri": tool.privacy_url,
        "tos_uri": tool.terms_url,
        "contacts": list(tool.contacts) or None,
    }
    return {
        "application_type": "web",
        "grant_types": ["client_credentials", "implicit"],
        "response_types": ["id_token"],
        "client_name": tool.name,
        "initiate_login_uri": tool.login_url,
        "redirect_uris": list(tool.redirect_urls),
        "jwks_uri": tool.jwks_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(wanted),
        TOOL_CONFIGURATION: _tool(configuration, tool),
        **{name: value for name, value in optional.items() if value},
    }


def _tool(configuration: PlatformConfiguration, tool: ToolDescription) -> dict[str, object]:
    return {
        "domain": tool.domain,
        "target_link_uri": tool.target_url,
        "description": tool.description,
        "custom_parameters": dict(tool.custom),
        "claims": ["iss", "sub", *(_NAMES if tool.with_names else ())],
        "messages": [_message(kind, configuration, tool) for kind in _messages(configuration)],
        **privacy_extras(configuration.family, with_names=tool.with_names),
    }


def _messages(configuration: PlatformConfiguration) -> list[MessageType]:
    """Those that the platform knows, since one refuses a registration that names another."""
    least = {MessageType.RESOURCE_LINK, MessageType.DEEP_LINKING}
    known = configuration.placements.keys() or least
    return [kind for kind in MessageType if kind in known]


def _message(
    kind: MessageType, configuration: PlatformConfiguration, tool: ToolDescription
) -> dict[str, object]:
    picks = kind == MessageType.DEEP_LINKING
    target = (picks and tool.deep_linking_url) or tool.target_url
    places = configuration.placements.get(kind, frozenset[str]())
    extras = message_extras(configuration.family, kind, places, logo_url=tool.logo_url)
    return {"type": str(kind), "target_link_uri": target, "label": tool.name} | extras


def configuration_file(tool: ToolDescription) -> dict[str, object]:
    """The JSON configuration that an administrator gives the address of to a platform that reads
    such files; its dialect is that platform's own."""
    optional = {"custom_fields": dict(tool.custom)} if tool.custom else {}
    extension = file_extension(
        tool.name,
        tool.domain,
        tool.deep_linking_url or tool.target_url,
        logo_url=tool.logo_url,
        with_names=tool.with_names,
    )
    return {
        "title": tool.name,
        "description": tool.description,
        "oidc_initiation_url": tool.login_url,
        "target_link_uri": tool.target_url,
        "public_jwk_url": tool.jwks_url,
        "scopes": list(tool.scopes),
        "extensions": [extension],
        **optional,
    }
