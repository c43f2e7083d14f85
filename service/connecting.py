"""An LMS connects itself: by invite, after its administrator has seen who asks for what.

1. `read_offer`: the invite is good, and the LMS says of itself what it is.
2. The page shows it; what was read goes along sealed, so that nothing is read twice or changed.
3. `accept`: the invite is used, the LMS registers us, the row is stored, to launch once approved.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from cryptography.fernet import InvalidToken

from lti.dynamic_registration import (
    PlatformConfiguration,
    Registered,
    asks_for_update,
    fetch_configuration,
    post_registration,
    registration_request,
    update_registration,
)
from lti.errors import LtiError, PlatformUnreachable, RegistrationRefused
from lti.login import origin_of
from lti.platforms import shares_issuer
from lti.public_web import PublicWeb
from service import events
from service.models import EventKind, EventOutcome, Invite, Registration
from service.signing import Signer, fingerprint
from service.store import invites
from service.store import registrations as rows
from service.store.database import Database
from service.tool import describe

OFFER_LASTS = timedelta(hours=1)
LONGEST_CONTACT = 255
LONGEST_NAME = 255


class InviteRefused(Exception):
    """No such invite, or it was used up, or its time is over."""


class OfferRefused(Exception):
    """What a page brought back is not what it was given, or its time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An LMS that asks to be connected, as its administrator sees it.

    url:       where it described itself.
    connected: client ids that this LMS has with us already.
    """

    url: str
    invite_id: UUID
    configuration: PlatformConfiguration
    token: str | None
    updates: bool
    connected: tuple[str, ...]
    expires_at: datetime

    @property
    def host(self) -> str:
        """Where the LMS lives, without the scheme."""
        return (origin_of(self.configuration.issuer) or "").partition("://")[2]

    @property
    def name(self) -> str:
        """What we call it."""
        return printable(self.configuration.account_name or "")[:LONGEST_NAME] or self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the administrator has ticked and typed."""

    with_names: bool
    with_roster: bool
    contact: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why it did not work, for the administrator who waits.

    platform_says: the LMS's own words; anybody may have written them.
    reference:     where the operator finds it.
    """

    sentence: str
    platform_says: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A connection just made, and what is still to be done for it."""

    registration: Registration
    deployment_id: str | None
    missing: frozenset[str]
    updated: bool


async def read_offer(
    database: Database, web: PublicWeb, secret: str, asked: tuple[str, str | None], now: datetime
) -> Offer | Trouble:
    """Who asks, by its own description; nothing is fetched for whoever has no invite."""
    url, token = asked
    invite = await usable_invite(database, secret, now)
    try:
        configuration = await fetch_configuration(web, url, token)
    except LtiError as error:
        return await _told(database, error, now)
    async with database.begin() as work:
        known = await rows.of_issuer(work.session, configuration.issuer)
    shared = shares_issuer(configuration.issuer)
    return Offer(
        url=url,
        invite_id=invite.id,
        configuration=configuration,
        token=token,
        updates=token is not None and asks_for_update(token),
        connected=() if shared else tuple(row.client_id for row in known),
        expires_at=now + OFFER_LASTS,
    )


async def usable_invite(database: Database, secret: str, now: datetime) -> Invite:
    """The invite with this secret; InviteRefused where there is none."""
    async with database.begin() as work:
        invite = await invites.usable(work.session, fingerprint(secret), now)
    if invite is None:
        raise InviteRefused
    return invite


def seal(offer: Offer, signer: Signer) -> str:
    """The offer as a form carries it: nobody can read or change it, the token least of all."""
    return signer.encrypt(msgspec.json.encode(offer).decode())


def unseal(sealed: str, signer: Signer, now: datetime) -> Offer:
    """The offer that a form brings back."""
    try:
        offer = msgspec.json.decode(signer.decrypt(sealed), type=Offer)
    except (InvalidToken, ValueError) as error:
        raise OfferRefused from error
    if offer.expires_at <= now:
        raise OfferRefused
    return offer


async def accept(
    database: Database,
    web: PublicWeb,
    offer: Offer,
    choices: Choices,
    *,
    public_url: str,
    now: datetime,
) -> Connected | Trouble:
    """Register with the LMS and store what it answered. Where it says no, the invite is as good as
    before; where nobody knows what it did, too, since a second connection harms nothing."""
    async with database.begin() as work:
        invite = await invites.use(work.session, offer.invite_id, now)
    if invite is None:
        raise InviteRefused
    try:
        registered = await _register(web, offer, choices, public_url)
        return await _store(database, invite, offer, registered, choices, now)
    except LtiError as error:
        async with database.begin() as work:
            await invites.give_back(work.session, offer.invite_id)
        return await _told(database, error, now)


async def _told(database: Database, error: LtiError, now: datetime) -> Trouble:
    later = isinstance(error, PlatformUnreachable)
    reference = await events.record(
        database,
        EventKind.REGISTRATION,
        EventOutcome.FAILED if later else EventOutcome.REFUSED,
        now,
        code=type(error).__name__,
    )
    said = error.platform_says if isinstance(error, RegistrationRefused) else ""
    return Trouble(sentence=error.message, platform_says=said, reference=reference)


async def _register(web: PublicWeb, offer: Offer, choices: Choices, public_url: str) -> Registered:
    tool = describe(public_url, with_names=choices.with_names, with_roster=choices.with_roster)
    request = registration_request(offer.configuration, tool=tool)
    call = update_registration if offer.updates else post_registration
    return await call(web, offer.configuration, offer.token, request)


async def _store(
    database: Database,
    invite: Invite,
    offer: Offer,
    registered: Registered,
    choices: Choices,
    now: datetime,
) -> Connected:
    wanted = _row(invite, offer, registered, choices, now)
    async with database.begin() as work:
        before = await rows.known(work.session, wanted.issuer, wanted.client_id)
        if before is not None and not offer.updates:
            raise RegistrationRefused(
                "Your LMS answered with a client id that is connected already. "
                "Nothing was changed: choose to update that tool instead."
            )
        row = await rows.put(work.session, wanted)
        if registered.deployment_id is not None:
            await rows.approve(work.session, row.id, registered.deployment_id, now)
        events.note(work, EventKind.REGISTRATION, EventOutcome.OK, now, registration_id=row.id)
    return Connected(
        registration=row,
        deployment_id=registered.deployment_id,
        missing=registered.missing,
        updated=before is not None,
    )


def _row(
    invite: Invite, offer: Offer, registered: Registered, choices: Choices, now: datetime
) -> Registration:
    said = offer.configuration
    return Registration(
        name=offer.name,
        issuer=said.issuer,
        client_id=registered.client_id,
        auth_login_url=said.auth_login_url,
        auth_token_url=said.auth_token_url,
        jwks_url=said.jwks_url,
        token_audience=said.token_audience,
        family=printable(said.family) or None,
        approved=invite.approves,
        approves_deployments=invite.approves_deployments,
        scopes=printable(" ".join(sorted(registered.scopes))),
        contact=printable(choices.contact or "")[:LONGEST_CONTACT] or None,
        created_at=now,
    )


def printable(text: str) -> str:
    """Without what neither a page nor a database takes."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
