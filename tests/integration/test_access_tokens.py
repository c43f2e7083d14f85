"""Access tokens of all processes: asked for once, kept encrypted, dropped when refused."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from lti.errors import PlatformUnreachable, TokenRefused
from lti.keys import ToolKey
from lti.registration import Registration
from lti.tokens import TokenClient, Wanted
from service.access import DatabaseShelf, digest_of
from service.clock import utc_now
from service.models import AccessToken, Event
from service.registrations import plain
from service.signing import Signer
from service.store import access_tokens, registrations
from tests.support.world import World

SCOPES = ["score"]


class Office:
    """The place that gives tokens, and the processes that come for them."""

    def __init__(self, world: World, registration: Registration, key: ToolKey) -> None:
        self.world = world
        self.registration = registration
        self.key = key
        self.asked = 0
        self.answer: dict[str, object] | int = {"expires_in": 3600}
        self.opened = asyncio.Event()
        self.opened.set()

    async def _answers(self, _: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        number = self.asked
        await self.opened.wait()
        if isinstance(self.answer, int):
            return httpx2.Response(self.answer, json={"error": "invalid_client"})
        return httpx2.Response(200, json={"access_token": f"token-{number}", **self.answer})

    def process(self, other_secret: str | None = None) -> TokenClient:
        """One more process of the deployment."""

        async def key() -> ToolKey:
            return self.key

        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answers))
        shelf = DatabaseShelf(
            self.world.worker.database, Signer(other_secret or self.world.settings.secret)
        )
        return TokenClient(http, key, shelf=shelf)


@pytest.fixture
async def office(world: World) -> Office:
    """The demo LMS's place, scripted."""
    async with world.worker.database.begin() as work:
        [row] = await registrations.everyone(work.session)
    return Office(world, plain(row), ToolKey.generate())


async def test_many_processes_at_once_ask_for_one_token(office: Office) -> None:
    processes = [office.process() for _ in range(5)]
    tokens = await asyncio.gather(
        *(each.token(office.registration, SCOPES) for each in processes for _ in range(2))
    )
    assert set(tokens) == {"token-1"}
    assert office.asked == 1


async def test_who_looked_before_a_token_came_asks_for_no_second_one(office: Office) -> None:
    await office.process().token(office.registration, SCOPES)
    registration_id, now = UUID(office.registration.id), utc_now()
    digest = digest_of(Wanted(office.registration, frozenset(SCOPES)))
    lease = (digest, registration_id, now, now + timedelta(seconds=12))
    async with office.world.worker.database.begin() as work:
        kept = await access_tokens.usable(work.session, digest, now)
        assert kept
        assert not await access_tokens.claim(work.session, *lease)
        assert await access_tokens.claim(work.session, *lease, unreadable=kept.encrypted)


async def test_a_token_is_unreadable_at_rest(office: Office) -> None:
    assert await office.process().token(office.registration, SCOPES) == "token-1"
    async with office.world.worker.database.begin() as work:
        rows = await work.session.execute(text("SELECT * FROM access_token"))
        assert "token-1" not in str(rows.all())
    assert await office.process("another secret").token(office.registration, SCOPES) == "token-2"


async def test_a_token_that_a_platform_refuses_is_dropped_for_everybody(office: Office) -> None:
    one, other = office.process(), office.process()
    await one.forget(await one.token(office.registration, SCOPES))
    assert await other.token(office.registration, SCOPES) == "token-2"


async def test_an_edited_registration_and_other_scopes_have_tokens_of_their_own(
    office: Office,
) -> None:
    process = office.process()
    await process.token(office.registration, SCOPES)
    await process.token(replace(office.registration, client_id="edited"), SCOPES)
    await process.token(office.registration, ["roster"])
    assert office.asked == 3


async def test_a_process_that_died_while_asking_holds_nobody_up_for_long(office: Office) -> None:
    process = office.process()
    async with office.world.worker.database.begin() as work:
        digest = digest_of(Wanted(office.registration, frozenset(SCOPES)))
        died = utc_now() - timedelta(seconds=60)
        registration_id = UUID(office.registration.id)
        assert await access_tokens.claim(
            work.session, digest, registration_id, died, died + timedelta(seconds=12)
        )
    assert await process.token(office.registration, SCOPES) == "token-1"


@pytest.mark.parametrize(("status", "error"), [(400, TokenRefused), (503, PlatformUnreachable)])
async def test_a_no_is_recorded_and_the_next_one_may_ask(
    office: Office, status: int, error: type[Exception]
) -> None:
    office.answer = status
    with pytest.raises(error):
        await office.process().token(office.registration, SCOPES)
    office.answer = {"expires_in": 3600}
    assert await office.process().token(office.registration, SCOPES) == "token-2"
    events = [each for each in await office.world.stored(Event) if each.kind == "token"]
    assert sorted(each.outcome for each in events) == sorted(
        ["ok", "refused" if status == 400 else "failed"]
    )


@pytest.mark.parametrize("expiry", [1e308, 1e15, "inf", "nan"])
async def test_a_token_for_longer_than_any_date_is_one_for_a_day(
    office: Office, expiry: float | str
) -> None:
    office.answer = {"expires_in": expiry}
    assert await office.process().token(office.registration, SCOPES) == "token-1"
    [row] = await office.world.stored(AccessToken)
    assert row.usable_until is not None
    assert row.usable_until <= utc_now() + timedelta(days=1)


async def test_a_token_is_renewed_a_minute_before_its_end(office: Office) -> None:
    office.answer = {"expires_in": 59}
    process = office.process()
    assert await process.token(office.registration, SCOPES) == "token-1"
    assert await process.token(office.registration, SCOPES) == "token-2"
    assert len(await office.world.stored(AccessToken)) == 1
