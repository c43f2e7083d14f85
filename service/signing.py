"""Keys derived from the deployment's secret, one for each purpose."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from uuid import UUID

from cryptography.fernet import Fernet


class Signer:
    """Signs and encrypts under one secret; a key made for one purpose serves no other."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def _key(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, f"eyeball:{purpose}".encode(), hashlib.sha256)

    def sign(self, purpose: str, *parts: object) -> str:
        """HMAC-SHA256 over the parts, as hex."""
        text = "\n".join(map(str, parts))
        return hmac.digest(self._key(f"sign:{purpose}"), text.encode(), hashlib.sha256).hex()

    def csrf(self, launch: UUID) -> str:
        """The token that a form of this launch must carry."""
        return self.sign("csrf", launch.hex)

    def encrypt(self, text: str) -> str:
        """What a row may hold of a private key."""
        return self._fernet().encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str:
        """The private key again."""
        return self._fernet().decrypt(text.encode()).decode()

    def _fernet(self) -> Fernet:
        return Fernet(urlsafe_b64encode(self._key("rest")))


def new_secret() -> str:
    """256 random bits, safe in a header, a form and a URL."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What we store of a secret that a browser holds."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, stored: str) -> bool:
    """Whether a browser's secret is the one whose fingerprint we stored, in constant time."""
    return hmac.compare_digest(fingerprint(secret), stored)
