"""PyLTI1p3's MessageLaunch, subclassed where it is too trusting.

Left alone, 2.0.0 fetches keys without a time-out, accepts tokens without exp, any nonce it ever
made, aud[0] of several, a login at one platform answered by another, and claims of any JSON type.

Here it runs in memory alone: the key is fetched before, and the service stores the outcome.
"""

import hmac
from dataclasses import dataclass
from typing import cast

import jwt
import msgspec
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pylti1p3.cookie import CookieService
from pylti1p3.deployment import Deployment
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch, TLaunchData
from pylti1p3.registration import Registration as LibraryRegistration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from lti.errors import LaunchRefused
from lti.login import LoginState, origin_of
from lti.registration import Registration
from lti.shape import Claims, MessageType
from lti.signature import check_signature


@dataclass(frozen=True, slots=True)
class Reply:
    """A token whose shape is right, and the login that it claims to answer."""

    id_token: str
    claims: Claims
    state: LoginState
    registration: Registration


class OneRegistration(ToolConfAbstract[Request]):
    """The library's tool configuration, holding nothing but the registration of this login."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def check_iss_has_one_client(self, iss: str) -> bool:
        """Never: the library keeps its own answer in a dict that all configurations share."""
        return False

    def find_registration_by_params(
        self, iss: str, client_id: str, *args: object, **kwargs: object
    ) -> LibraryRegistration:
        """Ours, if the token names it by issuer and client id, and the login was made with it."""
        ours, state = self._reply.registration, self._reply.state
        if (iss, client_id, state.registration_id) != (ours.issuer, ours.client_id, ours.id):
            raise LaunchRefused(
                "The launch comes from another learning platform than the login.",
                code="wrong_registration",
            )
        return LibraryRegistration().set_issuer(iss).set_client_id(client_id)

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: object, **kwargs: object
    ) -> Deployment:
        """The login's, if it named one; which of the others are welcome is the service's to say."""
        if self._reply.state.deployment_id not in {None, deployment_id}:
            raise LaunchRefused(
                "The launch comes from another deployment than the login.", code="wrong_deployment"
            )
        return Deployment().set_deployment_id(deployment_id)


# The library wants a session for HTTP at hand. This one can reach nothing.
_OFFLINE = requests.Session()
_OFFLINE.adapters.clear()


class Message(MessageLaunch[Request, OneRegistration, SessionService, CookieService]):
    """One launch on its way through the checks; each of them ends in LaunchRefused, or goes on."""

    _key: RSAPublicKey

    def __init__(self, reply: Reply) -> None:
        request = Request()
        super().__init__(
            request=request,
            tool_config=OneRegistration(reply),
            session_service=SessionService(request=request),
            cookie_service=CookieService(),
            requests_session=_OFFLINE,
        )
        self.set_auto_validation(enable=False)
        self._reply = reply
        # The library refuses an anonymous guest, whom the specification allows.
        body = {**msgspec.to_builtins(reply.claims), "sub": reply.claims.sub or "anonymous"}
        self.set_jwt({"body": cast("TLaunchData", body)})

    def check(self, key: RSAPublicKey) -> None:
        """Every check that needs no clock, with the platform's key."""
        self._key = key
        self.validate()

    def validate(self) -> "Message":
        """In our order: the library looks at a nonce before anyone has vouched for it."""
        self.validate_registration()
        self.validate_jwt_signature()
        self.validate_nonce()
        self.validate_deployment()
        return self.validate_message()

    def get_client_id(self) -> str:
        """Whom the token is for: its only audience, or the one of several that azp names."""
        audience, party = self._reply.claims.aud, self._reply.claims.azp
        audiences = [audience] if isinstance(audience, str) else audience
        if party is None and len(audiences) == 1:
            return audiences[0]
        if party is None or party not in audiences:
            raise LaunchRefused("The launch is meant for somebody else.", code="wrong_audience")
        return party

    def validate_jwt_signature(self) -> "Message":
        """RS256 and nothing else, with the key that the platform publishes under this name."""
        try:
            check_signature(self._reply.id_token, self._key, self._reply.registration)
        except jwt.InvalidTokenError as error:
            raise LaunchRefused(
                "The learning platform did not sign this launch.", code="wrong_signature"
            ) from error
        return self

    def validate_nonce(self) -> "Message":
        """The nonce of this very login; the library takes any that it ever made, and again."""
        given, ours = self._reply.claims.nonce.encode(), self._reply.state.nonce.encode()
        if not hmac.compare_digest(given, ours):
            raise LaunchRefused("This launch answers another login.", code="wrong_nonce")
        return self

    def validate_message(self) -> "Message":
        """A message that we know, for a page of ours; the library knows one more."""
        try:
            super().validate_message()
            MessageType(self._reply.claims.message_type)
        except (LtiException, ValueError) as error:
            raise LaunchRefused(
                "The learning platform sent a launch that this tool does not know.",
                code="invalid_message",
            ) from error
        wanted, vetted = self._reply.claims.target_link_uri, self._reply.state.target_link_uri
        if origin_of(wanted) != origin_of(vetted):
            raise LaunchRefused(
                "This launch leads to a page that is not ours.", code="foreign_target"
            )
        return self
