"""Rows of the database as the LTI library knows them."""

from lti.registration import Registration as LtiRegistration
from service.models import Registration


def plain(row: Registration) -> LtiRegistration:
    """A registration as the LTI library knows it."""
    return LtiRegistration(
        id=str(row.id),
        issuer=row.issuer,
        client_id=row.client_id,
        auth_login_url=row.auth_login_url,
        auth_token_url=row.auth_token_url,
        jwks_url=row.jwks_url,
        token_audience=row.token_audience,
    )
