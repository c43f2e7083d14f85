"""What an id_token may look like, checked at once after decoding and before anything is believed.

PyLTI1p3 takes claims of any JSON type, and falls over them later.
"""

import json
from base64 import b64decode
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from lti.errors import LaunchRefused

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NAMES_AND_ROLES = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DEEP_LINKING_SETTINGS = DEEP_LINKING_CLAIM + "deep_linking_settings"
MOST_CHARACTERS = 100_000


class MessageType(StrEnum):
    """The messages that this library verifies; which of them are welcome is the service's to say.

    Anybody in a course can make a platform send a submission review for any learner (seen: it is
    a mere address), so it gives no right that the role does not.
    """

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"


type Id = Annotated[str, Meta(min_length=1, max_length=255)]
# Seconds since 1970, up to the year 9999: what a date can hold.
type Moment = Annotated[float, Meta(ge=0, le=253402300799)]


class Header(msgspec.Struct, frozen=True):
    """Only RS256, only with a key's name, and no extension that must be understood."""

    alg: Literal["RS256"]
    kid: Annotated[str, Meta(min_length=1, max_length=255)]
    crit: None = None


class ResourceLink(msgspec.Struct, frozen=True, omit_defaults=True):
    """The place in a course that was opened."""

    id: Id
    title: str | None = None


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """The course."""

    id: Id
    title: str | None = None
    label: str | None = None


class Presentation(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the platform shows us."""

    document_target: str | None = None
    locale: str | None = None
    return_url: str | None = None


class ToolPlatform(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which product the platform is."""

    product_family_code: str | None = None


class Endpoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where grades go, and what we may do there."""

    scope: list[str] = []
    lineitem: str | None = None
    lineitems: str | None = None


class NamesAndRoles(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the members of the course are listed."""

    context_memberships_url: str | None = None


class ForUser(msgspec.Struct, frozen=True, omit_defaults=True):
    """The learner whose work is to be reviewed."""

    user_id: Id


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a teacher may pick in our deep-linking page, and where the choice goes."""

    deep_link_return_url: Annotated[str, Meta(max_length=4096)]
    accept_types: list[str]
    accept_presentation_document_targets: list[str]
    accept_multiple: bool = False
    accept_lineitem: bool | None = None
    data: str | None = None
    title: str | None = None
    text: str | None = None


class NoticeService(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a platform is asked to tell us of what happens without anybody's launch."""

    platform_notification_service_url: str | None = None
    notice_types_supported: list[str] = []
    scope: list[str] | None = None


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """The claims this tool reads; every other one stays behind."""

    iss: Id
    aud: str | list[str]
    exp: Moment
    iat: Moment
    nonce: Id
    message_type: str = field(name=LTI + "message_type")
    version: str = field(name=LTI + "version")
    deployment_id: Id = field(name=LTI + "deployment_id")
    target_link_uri: str = field(name=LTI + "target_link_uri")
    roles: list[str] = field(name=LTI + "roles")
    nbf: Moment = 0
    azp: str | None = None
    sub: Annotated[str, Meta(max_length=255)] | None = None
    name: str | None = None
    given_name: str | None = None
    locale: str | None = None
    resource_link: ResourceLink | None = field(default=None, name=LTI + "resource_link")
    context: Context | None = field(default=None, name=LTI + "context")
    presentation: Presentation | None = field(default=None, name=LTI + "launch_presentation")
    tool_platform: ToolPlatform | None = field(default=None, name=LTI + "tool_platform")
    custom: dict[str, Any] | None = field(default=None, name=LTI + "custom")
    endpoint: Endpoint | None = field(default=None, name=AGS_ENDPOINT)
    members: NamesAndRoles | None = field(default=None, name=NAMES_AND_ROLES)
    for_user: ForUser | None = field(default=None, name=LTI + "for_user")
    deep_linking: Settings | None = field(default=None, name=DEEP_LINKING_SETTINGS)
    notices: NoticeService | None = field(default=None, name=LTI + "platformnotificationservice")
    former: Any = field(default=None, name=LTI + "lti1p1")  # what it holds is read apart


def read_token(id_token: str) -> tuple[Header, Claims]:
    """The header and claims of a launch, by their shape alone: nothing is verified yet."""
    return read_signed(id_token, Claims)


def read_signed[Shape](token: str, shape: type[Shape]) -> tuple[Header, Shape]:
    """The header and claims of any token, by their shape alone."""
    segments = token.split(".")
    if len(token) > MOST_CHARACTERS or len(segments) != 3:
        raise _malformed()
    try:
        header = msgspec.json.decode(_json(segments[0]), type=Header)
        claims = msgspec.json.decode(_json(segments[1]), type=shape)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    return header, claims


def _json(segment: str) -> bytes:
    """The text of a segment; ValueError if two readers could take it for two different things."""
    text = b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    json.loads(text, object_pairs_hook=_once_each)
    if rb"\u0000" in text:
        # Legal JSON, but no database takes it as text, and no name holds it.
        raise ValueError("a NUL in a text")
    return text


def _once_each(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name comes twice")


def _malformed() -> LaunchRefused:
    return LaunchRefused(
        "The learning platform sent a launch that cannot be read.", code="malformed_token"
    )
