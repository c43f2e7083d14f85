"""A learning platform for tests: a key, the claims it would send, and a scripted server."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import RSAAlgorithm

from lti.claims import Launch
from lti.errors import LaunchRefused
from lti.keys import PlatformKeys
from lti.launch import verify_launch
from lti.login import LoginState
from lti.registration import Registration

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
TARGET = "https://tool.test/launch?item=1"

STATE = LoginState(
    state="the-state",
    nonce="the-nonce",
    registration_id="reg-1",
    deployment_id=None,
    target_link_uri=TARGET,
    params={},
    expires_at=NOW + timedelta(minutes=5),
)

type Handler = Callable[[httpx2.Request], httpx2.Response]


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def goes_on(self, seconds: float) -> None:
        self.seconds += seconds


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The private key of this name, the same for a whole run: they are slow to make."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def public_jwk(key: rsa.RSAPrivateKey, kid: str, **changes: Any) -> dict[str, Any]:
    jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "kid": kid, "n": jwk["n"], "e": jwk["e"]} | changes


def segment(content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Lms:
    """One platform and its registration with the tool."""

    def __init__(self, host: str = "lms.test", *, key: str = "platform") -> None:
        self.registration = Registration(
            id="reg-1",
            issuer=f"https://{host}",
            client_id="tool-1",
            auth_login_url=f"https://{host}/auth",
            auth_token_url=f"https://{host}/token",
            jwks_url=f"https://{host}/jwks",
        )
        self.kid = "kid-1"
        self.key = rsa_key(key)
        self.published: list[Any] = [public_jwk(self.key, self.kid, use="sig", alg="RS256")]
        self.asked: list[httpx2.Request] = []
        self.script: dict[str, Handler] = {"/jwks": lambda _: self.shows_keys()}
        self.http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        self.keys = PlatformKeys(self.http)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return self.script[request.url.path](request)

    def shows_keys(self) -> httpx2.Response:
        return httpx2.Response(200, json={"keys": self.published})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What it says of a learner; a change is named by the end of its claim, … drops it."""
        claims: dict[str, Any] = {
            "iss": self.registration.issuer,
            "aud": self.registration.client_id,
            "sub": "8",
            "nonce": STATE.nonce,
            "iat": int(NOW.timestamp()) - 1,
            "exp": int(NOW.timestamp()) + 59,
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "version": "1.3.0",
            LTI + "deployment_id": "1",
            LTI + "target_link_uri": TARGET,
            LTI + "resource_link": {"id": "1", "title": "Picked 1"},
            LTI + "roles": [f"{MEMBERSHIP}#Learner"],
        }
        for name, value in changes.items():
            claims[full_name(name)] = value
        return {name: value for name, value in claims.items() if value is not ...}

    def signs(self, claims: Any, *, key: rsa.RSAPrivateKey | None = None, **header: Any) -> str:
        """A token with its signature, whatever the claims and headers; … drops a header."""
        full = {"alg": "RS256", "kid": self.kid, "typ": "JWT"} | header
        full = {name: value for name, value in full.items() if value is not ...}
        signed = f"{segment(full)}.{segment(claims)}"
        signature = (key or self.key).sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{segment(signature)}"

    async def sends(self, token: str, *, state: LoginState = STATE, now: datetime = NOW) -> Launch:
        """The launch that the tool makes of a token."""
        return await verify_launch(token, state, self.registration, self.keys, now=now)

    async def launches(self, **changes: Any) -> Launch:
        """The launch that the tool makes of a learner's token, with these claims changed."""
        return await self.sends(self.signs(self.claims(**changes)))


def full_name(claim: str) -> str:
    """The whole name of a claim; LTI's own carry a long prefix."""
    plain = {
        "iss",
        "aud",
        "azp",
        "sub",
        "nonce",
        "iat",
        "exp",
        "nbf",
        "name",
        "given_name",
        "locale",
    }
    if claim in plain:
        return claim
    elsewhere = {"endpoint": AGS, "members": NRPS, "deep_linking": SETTINGS}
    return elsewhere.get(claim, LTI + claim)


def state(**changes: Any) -> LoginState:
    return replace(STATE, **changes)


def at(**shift: float) -> int:
    """The moment that lies this far from now, as a token writes it."""
    return int((NOW + timedelta(**shift)).timestamp())


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """The launch inside is refused, for one of these reasons."""
    with pytest.raises(LaunchRefused) as refusal:
        yield
    assert refusal.value.code in codes


def hs256(claims: dict[str, Any], secret: bytes, kid: str) -> str:
    """A token signed by a shared secret, as PyJWT itself would refuse to make it from a PEM."""
    signed = f"{segment({'alg': 'HS256', 'kid': kid})}.{segment(claims)}"
    return f"{signed}.{segment(jwt.get_algorithm_by_name('HS256').sign(signed.encode(), secret))}"
