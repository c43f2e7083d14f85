"""Connections by hand: what an LMS's administrator writes down, checked and stored."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import httpx2
import msgspec

from lti.login import origin_of
from service.clock import utc_now
from service.diagnosis import Step, examine
from service.keys import signing_key
from service.models import DefaultActivity, Deployment, Registration
from service.registrations import plain
from service.seeding import seed_registration
from service.settings import LOOPBACK, ConnectionRefused, Settings
from service.signing import Signer
from service.store import registrations
from service.store.database import Database, Work

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Url = Annotated[str, msgspec.Meta(min_length=8, max_length=2048)]


class Connection(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An LMS as its administrator describes it."""

    name: Text
    issuer: Url
    client_id: Text
    auth_login_url: Url
    auth_token_url: Url
    jwks_url: Url
    deployment_ids: list[Text]
    token_audience: Url | None = None
    family: Text | None = None


def read_connection(path: Path) -> Connection:
    """The connection in a JSON file; every address must be https, except on this machine."""
    try:
        connection = msgspec.json.decode(path.read_bytes(), type=Connection)
    except OSError as error:
        raise ConnectionRefused(f"{path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ConnectionRefused(f"{path}: {error}") from error
    for name in ("issuer", "auth_login_url", "auth_token_url", "jwks_url"):
        if not is_fit(getattr(connection, name)):
            raise ConnectionRefused(f"{path}: {name} must be an https address")
    return connection


def is_fit(url: str) -> bool:
    """https, or http to this machine."""
    origin = origin_of(url)
    if origin is None:
        return False
    host = origin.partition("://")[2].rpartition(":")[0] or origin.partition("://")[2]
    return origin.startswith("https://") or host in LOOPBACK


async def add_connection(database: Database, connection: Connection) -> None:
    """Store it, or bring the one with this issuer and client id up to date."""
    now = utc_now()
    registration = Registration(
        name=connection.name,
        issuer=connection.issuer,
        client_id=connection.client_id,
        auth_login_url=connection.auth_login_url,
        auth_token_url=connection.auth_token_url,
        jwks_url=connection.jwks_url,
        token_audience=connection.token_audience,
        family=connection.family,
        created_at=now,
    )
    for deployment_id in connection.deployment_ids:
        await seed_registration(database, registration, deployment_id, now)


async def approve(
    database: Database, issuer: str, client_id: str | None, deployment_id: str | None
) -> str:
    """Let a registration launch, or one more of its deployments; its name."""
    async with database.begin() as work:
        row = await the_one(work, issuer, client_id)
        if deployment_id is None:
            row.approved = True
        else:
            await registrations.approve(work.session, row.id, deployment_id, utc_now())
        return row.name


async def approve_all_deployments(
    database: Database, issuer: str, client_id: str | None, *, at_once: bool
) -> str:
    """Whether deployments that turn up are let in at once, or wait; the registration's name."""
    async with database.begin() as work:
        row = await the_one(work, issuer, client_id)
        row.approves_deployments = at_once
        return row.name


async def set_default(
    database: Database, issuer: str, client_id: str | None, default: DefaultActivity
) -> str:
    """What a link of this registration opens that nobody has configured; its name."""
    async with database.begin() as work:
        row = await the_one(work, issuer, client_id)
        row.default_activity = default
        return row.name


async def the_one(work: Work, issuer: str, client_id: str | None) -> Registration:
    """The registration of an issuer; where many share it, the client id tells which."""
    found = [
        row
        for row in await registrations.of_issuer(work.session, issuer)
        if client_id in {None, row.client_id}
    ]
    if not found:
        raise ConnectionRefused(f"No LMS with issuer {issuer}; see `registrations list`.")
    if len(found) > 1:
        raise ConnectionRefused(
            f"{len(found)} LMSs share this issuer: say which one with --client-id."
        )
    return found[0]


async def try_connection(
    settings: Settings, database: Database, issuer: str, client_id: str | None
) -> list[Step]:
    """Every step of a connection, tried from this machine."""
    signer = Signer(settings.secret)
    async with database.begin() as work:
        registration = plain(await the_one(work, issuer, client_id))
    key = await signing_key(database, signer, utc_now())
    async with httpx2.AsyncClient(follow_redirects=False) as http:
        return await examine(http, registration, key, settings.public_url, utc_now())


async def list_connections(database: Database) -> list[str]:
    """A line for each LMS that knows us, and what waits for approval."""
    async with database.begin() as work:
        return [
            line_of(row, await registrations.deployments(work.session, row.id))
            for row in await registrations.everyone(work.session)
        ]


def line_of(row: Registration, deployments: Sequence[Deployment]) -> str:
    """An LMS in one line."""
    live = ", ".join(one.deployment_id for one in deployments if one.approved) or "none"
    waiting = ", ".join(one.deployment_id for one in deployments if not one.approved)
    return (
        f"{row.name}: issuer {row.issuer}, client {row.client_id}, deployments {live}"
        + (f", waiting for approval: {waiting}" if waiting else "")
        + ("" if row.approved else "; WAITS FOR APPROVAL ITSELF")
    )
