"""The LTI 1.1 migration claim: a platform proves that it is the consumer whose secret we hold.

Whatever is wrong with such a claim, it is as if it had not come: a launch never hangs on it.
"""

import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from lti.shape import Claims

LONGEST_KEY = 255
LONGEST_SIGNATURE = 128


@dataclass(frozen=True, slots=True)
class FormerConsumer:
    """Who a platform was in LTI 1.1, as it says. signed: the text that its signature is over."""

    key: str
    signed: str = field(repr=False)
    signature: str = field(repr=False)

    def is_proven_by(self, secret: str) -> bool:
        """Whether who signed this held the key's secret."""
        digest = hmac.digest(secret.encode(), self.signed.encode(), sha256)
        return hmac.compare_digest(b64encode(digest), self.signature.encode())


class _Former(msgspec.Struct):
    key: str = msgspec.field(name="oauth_consumer_key")
    signature: str = msgspec.field(name="oauth_consumer_key_sign")


def former_consumer(claims: Claims) -> FormerConsumer | None:
    """The claim of a verified launch, if it is whole.

    Its signature is over six values of the very token (LTI 1.1 migration guide of 1EdTech), so that
    it is good for no other launch, deployment or platform.
    """
    try:
        former = msgspec.convert(claims.former, _Former)
    except msgspec.ValidationError:
        return None
    if not 0 < len(former.key) <= LONGEST_KEY or len(former.signature) > LONGEST_SIGNATURE:
        return None
    audience = claims.azp or (claims.aud if isinstance(claims.aud, str) else claims.aud[0])
    ends = int(claims.exp) if claims.exp.is_integer() else claims.exp
    parts = (former.key, claims.deployment_id, claims.iss, audience, ends, claims.nonce)
    return FormerConsumer(former.key, "&".join(map(str, parts)), former.signature)
