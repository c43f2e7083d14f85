"""A registration: one platform that knows this tool, by issuer and client id."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Registration:
    """What a platform and this tool agreed on; issuer and client id together are the key.

    The issuer alone is not enough: one vendor's cloud uses a single issuer for all its customers.
    """

    id: str
    issuer: str
    client_id: str
    auth_login_url: str
    auth_token_url: str
    jwks_url: str
    token_audience: str | None = None
