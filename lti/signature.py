"""A platform's signature: RS256 and nothing else."""

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti.registration import Registration


def check_signature(token: str, key: RSAPublicKey, registration: Registration) -> None:
    """jwt.InvalidTokenError unless the platform of this registration signed it, for us. Shapes and
    times are checked elsewhere: by us, with a leeway."""
    jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=registration.client_id,
        issuer=registration.issuer,
        options={
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "verify_sub": False,
        },
    )
