"""A notice that a course was copied, verified like a launch: it is signed, and nobody's browser
brought it, so that there is no login which it answers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import jwt
import msgspec
from msgspec import Meta, field

from lti.errors import LaunchRefused
from lti.keys import PlatformKeys
from lti.launch import check_times
from lti.notices import COURSE_COPIED
from lti.registration import Registration
from lti.shape import LTI, Context, Header, Id, Moment, read_signed
from lti.signature import check_signature

MOST_ORIGINS = 50


class _Notice(msgspec.Struct, frozen=True):
    type: str


class NoticeClaims(msgspec.Struct, frozen=True):
    """What a notice says; a course that was copied, where it is one of that kind."""

    iss: Id
    aud: str | list[str]
    exp: Moment
    iat: Moment
    nonce: Id
    version: str = field(name=LTI + "version")
    deployment_id: Id = field(name=LTI + "deployment_id")
    notice: _Notice = field(name=LTI + "notice")
    nbf: Moment = 0
    azp: str | None = None
    context: Context | None = field(default=None, name=LTI + "context")
    origins: Annotated[list[Id], Meta(max_length=MOST_ORIGINS)] = field(
        default_factory=list[str], name=LTI + "origin_contexts"
    )

    @property
    def client_id(self) -> str | None:
        """Whom it is for, as in a launch: its only audience, or the one of several it names."""
        audiences = [self.aud] if isinstance(self.aud, str) else self.aud
        if self.azp is not None:
            return self.azp if self.azp in audiences else None
        return audiences[0] if len(audiences) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """This course was made from those. nonce, ends: by which it counts once."""

    deployment_id: str
    nonce: str
    ends: datetime
    course: str | None
    origins: tuple[str, ...]


def read_notice(token: str) -> tuple[Header, NoticeClaims]:
    """A notice by its shape alone: its issuer and client tell which registration to ask."""
    return read_signed(token, NoticeClaims)


async def verify_notice(
    token: str, registration: Registration, keys: PlatformKeys, *, now: datetime
) -> Copy:
    """What the platform of this registration vouches for, or LaunchRefused."""
    header, claims = read_notice(token)
    if (claims.iss, claims.client_id) != (registration.issuer, registration.client_id):
        raise LaunchRefused("This notice is meant for somebody else.", code="wrong_audience")
    key = await keys.get(registration.jwks_url, header.kid)
    try:
        check_signature(token, key, registration)
    except jwt.InvalidTokenError as error:
        raise LaunchRefused(
            "The learning platform did not sign this notice.", code="wrong_signature"
        ) from error
    check_times(claims, now.timestamp())
    if claims.version != "1.3.0":
        raise LaunchRefused("This notice is of another version.", code="invalid_message")
    copied = claims.notice.type == COURSE_COPIED
    return Copy(
        deployment_id=claims.deployment_id,
        nonce=claims.nonce,
        ends=datetime.fromtimestamp(claims.exp, UTC),
        course=claims.context.id if copied and claims.context else None,
        origins=tuple(dict.fromkeys(claims.origins)) if copied else (),
    )
