"""Keys: those this tool signs with, and those of platforms that it verifies with."""

import secrets
import time
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Self

import httpx2
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from lti.errors import LaunchRefused, PlatformUnreachable
from lti.outbound import Call, SingleFlight, fetch, is_safe

KEY_BITS = 2048
MOST_KEY_BITS = 8192  # a key of megabits would cost seconds per launch
MOST_BYTES = 256 * 1024
PATIENCE_SECONDS = 5.0
MINUTE = 60.0
FETCHES_PER_MINUTE = 5
# A platform that withdraws a key wants it to be gone, without a launch to tell us.
FRESH_SECONDS = 60 * 60.0


@dataclass(frozen=True, slots=True)
class ToolKey:
    """A key that this tool signs with; the private half never shows."""

    kid: str
    private_pem: str = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A new key under a name that nobody can guess or repeat."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(kid=secrets.token_urlsafe(16), private_pem=pem.decode())

    def signing_key(self) -> rsa.RSAPrivateKey:
        """The private half, ready to sign with."""
        return _parse(self.private_pem)

    def sign(self, claims: Mapping[str, object]) -> str:
        """A signed token with these claims, naming this key."""
        return jwt.encode(
            dict(claims), self.signing_key(), algorithm="RS256", headers={"kid": self.kid}
        )

    def public_jwk(self) -> dict[str, str]:
        """The public half, as platforms fetch it."""
        jwk = RSAAlgorithm.to_jwk(self.signing_key().public_key(), as_dict=True)
        named = {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256"}
        return named | {"n": str(jwk["n"]), "e": str(jwk["e"])}


# Parsing tests the primes, which takes 30-90 ms: too long to do for every token.
@lru_cache(maxsize=32)
def _parse(private_pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(private_pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("a tool key is an RSA key")
    return key


def jwks(keys: Iterable[ToolKey]) -> dict[str, list[dict[str, str]]]:
    """The key set that this tool publishes: the active key and those retired lately."""
    return {"keys": [key.public_jwk() for key in keys]}


@dataclass(slots=True)
class _KeySet:
    keys: dict[str, rsa.RSAPublicKey] = field(default_factory=dict[str, rsa.RSAPublicKey])
    fetched_at: float = float("-inf")
    fetches: deque[float] = field(default_factory=lambda: deque[float](maxlen=FETCHES_PER_MINUTE))
    missing: dict[str, float] = field(default_factory=dict[str, float])

    def was_fetched(self) -> bool:
        return self.fetched_at != float("-inf")

    def is_worth_a_fetch(self, kid: str, now: float) -> bool:
        if kid in self.keys:
            # Stale keys still work, so a key server that hangs may slow one launch a minute.
            last = self.fetches[-1]
            return now - self.fetched_at >= FRESH_SECONDS and now - last >= MINUTE
        return self._has_allowance(now) and now - self.missing.get(kid, float("-inf")) >= MINUTE

    def _has_allowance(self, now: float) -> bool:
        return len(self.fetches) < FETCHES_PER_MINUTE or now - self.fetches[0] >= MINUTE

    def note_missing(self, kid: str, now: float) -> None:
        self.missing = {name: at for name, at in self.missing.items() if now - at < MINUTE}
        self.missing[kid] = now


class PlatformKeys:
    """The public keys of platforms, fetched when first needed and when an unknown one turns up.

    Unknown keys are what a rotation looks like, and also what an attacker sends: so there is one
    fetch at a time per address, five a minute at most, and none for a key just found missing.
    When the platform's server fails, the last good set keeps working.
    """

    def __init__(
        self, http: httpx2.AsyncClient, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._clock = clock
        self._sets = defaultdict[str, _KeySet](_KeySet)
        self._fetching = SingleFlight[str, None]()

    async def get(self, jwks_url: str, kid: str) -> rsa.RSAPublicKey:
        """The platform's key of this name; LaunchRefused if it has none."""
        known = self._sets[jwks_url]
        if known.is_worth_a_fetch(kid, self._clock()):
            await self._look_for(kid, known, jwks_url)
        if kid in known.keys:
            return known.keys[kid]
        if not known.was_fetched():
            raise PlatformUnreachable("The learning platform's keys cannot be had now.")
        raise LaunchRefused(
            "The launch is signed with a key that the learning platform does not publish.",
            code="unknown_key",
        )

    async def _look_for(self, kid: str, known: _KeySet, jwks_url: str) -> None:
        try:
            await self._fetching.run(jwks_url, lambda: self._refresh(jwks_url, known))
        except PlatformUnreachable:
            if kid not in known.keys:
                raise
        if kid not in known.keys:
            known.note_missing(kid, self._clock())

    async def _refresh(self, jwks_url: str, known: _KeySet) -> None:
        known.fetches.append(self._clock())
        keys = acceptable_keys(await self._fetch(jwks_url))
        known.fetched_at = self._clock()
        if keys:  # a set without one usable key is a platform's mishap, not a rotation
            known.keys = keys

    async def _fetch(self, jwks_url: str) -> bytes:
        if not is_safe(jwks_url):
            raise PlatformUnreachable("The learning platform's key address is not https.")
        call = Call(method="GET", url=jwks_url, seconds=PATIENCE_SECONDS, most_bytes=MOST_BYTES)
        answer = await fetch(self._http, call)
        if answer.status != 200:
            raise PlatformUnreachable("The learning platform does not show its keys.")
        return answer.body


class _Jwks(msgspec.Struct):
    keys: list[Any]


class _Jwk(msgspec.Struct):
    """The only kind of key that may verify a launch: RSA, for signatures, RS256."""

    kty: Literal["RSA"]
    kid: str
    n: str
    e: str
    use: Literal["sig"] | None = None
    alg: Literal["RS256"] | None = None


def acceptable_keys(body: bytes) -> dict[str, rsa.RSAPublicKey]:
    try:
        published = msgspec.json.decode(body, type=_Jwks)
    except (ValueError, RecursionError) as error:
        raise PlatformUnreachable("The learning platform's key set cannot be read.") from error
    found = [_read_key(jwk) for jwk in published.keys]
    return dict(pair for pair in found if pair is not None)


def _read_key(jwk: object) -> tuple[str, rsa.RSAPublicKey] | None:
    try:
        checked = msgspec.convert(jwk, _Jwk)
        key = rsa.RSAPublicNumbers(e=_number(checked.e), n=_number(checked.n)).public_key()
    except (msgspec.ValidationError, NotBase64, ValueError):
        return None
    return (checked.kid, key) if KEY_BITS <= key.key_size <= MOST_KEY_BITS else None


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
