"""The signing key of this LMS, and its cache of the tool's public keys."""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx2
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import RSAAlgorithm

from service.demo.errors import TokenRefused

MINIMUM_BITS = 2048
Http = Callable[[], httpx2.AsyncClient]


class SigningKeys:
    """The keys that this LMS signs with: one for good, or another one every hour as at Canvas,
    where the last hour's is still published."""

    def __init__(self, folder: Path, clock: Callable[[], datetime], *, hourly: bool) -> None:
        self._folder = folder
        self._clock = clock
        self._hourly = hourly
        self._made: dict[str, SigningKey] = {}

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT that says which key signed it."""
        return self._key(0).sign(claims)

    def jwks(self) -> dict[str, Any]:
        """The public halves, as a key set."""
        hours = (0, 1) if self._hourly else (0,)
        return {"keys": [key for ago in hours for key in self._key(ago).jwks()["keys"]]}

    def _key(self, hours_ago: int) -> "SigningKey":
        moment = self._clock().astimezone(UTC) - timedelta(hours=hours_ago)
        name = f"signing-key-{moment:%Y%m%d%H}.pem" if self._hourly else "signing-key.pem"
        if name not in self._made:
            self._made[name] = SigningKey(self._folder, name)
        return self._made[name]


class SigningKey:
    """An RSA key in the LMS's folder; it is made on first use and then kept."""

    def __init__(self, folder: Path, name: str = "signing-key.pem") -> None:
        self._key = _read_or_make(folder / name)
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.id = hashlib.sha256(public).hexdigest()[:16]

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT that says which key signed it."""
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.id})

    def jwks(self) -> dict[str, Any]:
        """The public half, as a key set."""
        jwk = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        public = {"kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"]}
        return {"keys": [{**public, "kid": self.id, "alg": "RS256", "use": "sig"}]}


def _read_or_make(file: Path) -> rsa.RSAPrivateKey:
    """Written beside and renamed, so that a killed process leaves a whole key or none."""
    if not file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=MINIMUM_BITS)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        beside = file.with_suffix(f".{os.getpid()}")
        beside.touch(mode=0o600)
        beside.write_bytes(pem)
        beside.replace(file)
    key = _parsed(file.read_bytes())
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds no RSA key: delete it, and a new one is made")
    return key


# Parsing tests the primes, which takes 30-90 ms: tests start hundreds of these platforms.
@lru_cache(maxsize=8)
def _parsed(pem: bytes) -> PrivateKeyTypes:
    return serialization.load_pem_private_key(pem, password=None)


class ToolKeys:
    """The tool's public keys: fetched once, and again when an unknown key id turns up."""

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http
        self._keys: dict[str, jwt.PyJWK] = {}

    async def find(self, key_id: str) -> jwt.PyJWK:
        """The key of this id, or a refusal."""
        if key_id not in self._keys:
            self._keys = _usable(await self._fetch())
        if key_id not in self._keys:
            raise TokenRefused("invalid_client", "the tool's key set has no such key")
        return self._keys[key_id]

    async def _fetch(self) -> Any:
        try:
            async with self._http() as client:
                answer = await client.get(self._url)
                answer.raise_for_status()
                return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise TokenRefused(
                "temporarily_unavailable", "the tool's key set cannot be read", status=503
            ) from error


def _usable(key_set: Any) -> dict[str, jwt.PyJWK]:
    try:
        keys = jwt.PyJWKSet.from_dict(key_set).keys
    except (jwt.PyJWTError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise TokenRefused("invalid_client", "the tool's key set holds no usable key") from error
    return {
        key.key_id: key
        for key in keys
        if key.key_id
        and key.public_key_use in (None, "sig")
        and isinstance(key.key, rsa.RSAPublicKey)
        and key.key.key_size >= MINIMUM_BITS
    }
