"""Tools that registered themselves here: who they are, and how far their admin has let them in."""

from dataclasses import dataclass
from typing import Literal

from service.demo.platform import CLIENT_ID, DEPLOYMENT_ID
from service.demo.settings import DemoSettings

Dialect = Literal["moodle", "canvas"]


@dataclass(frozen=True)
class Client:
    """A tool as launches and tokens need it."""

    client_id: str
    deployment_id: str
    login_url: str
    launch_url: str
    jwks_url: str


@dataclass(frozen=True)
class Tool:
    """A tool that registered itself; `active` once an admin has turned it on."""

    client: Client
    name: str
    dialect: str
    scope: str
    active: bool


def built_in(settings: DemoSettings) -> Client:
    """The tool that this LMS comes with."""
    return Client(
        CLIENT_ID,
        DEPLOYMENT_ID,
        settings.tool_login_url,
        settings.tool_launch_url,
        settings.tool_jwks_url,
    )
