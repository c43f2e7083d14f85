"""Rate limits: per address and per LMS, shared by web processes, with a page that helps."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from litestar import Request

from service.demo.platform import CLIENT_ID
from service.limits import HANDFUL, Limits, TooMany, per_minute
from service.models import Allowance, LoginState
from service.pages.addresses import address_of
from service.settings import Settings, SettingsRefused
from service.store.database import Database
from tests.support.campus import CAMPUS, open_campus
from tests.support.fakes import FakeClock
from tests.support.hostile_lms import politely_refused
from tests.support.world import LMS, TOOL, World, running_world

SMALL = {"address": per_minute(20), "registration": per_minute(20)}  # sixty at once
LOGIN = {
    "iss": CAMPUS,
    "client_id": "tool-1",
    "login_hint": "8",
    "target_link_uri": f"{TOOL}/lti/launch",
}


async def spends(limits: Limits, who: str, *, most: int = 200) -> int:
    """How often somebody gets through before they are told to wait."""
    for count in range(most):
        try:
            await limits.ask("address", who)
        except TooMany:
            return count
    return most


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database without a web process."""
    found = Database(database_url)
    yield found
    await found.engine.dispose()


async def test_two_processes_share_one_allowance(database: Database) -> None:
    clock = FakeClock()
    one, other = (Limits(database, clock, SMALL) for _ in range(2))
    assert await spends(one, "a", most=30) == 30
    assert await spends(other, "a") == 30
    assert await spends(one, "a") == 0
    assert await spends(other, "b") == 60, "others are not concerned"


async def test_an_allowance_comes_back_with_time_and_never_beyond_its_burst(
    database: Database,
) -> None:
    clock = FakeClock()
    limits = Limits(database, clock, SMALL)
    assert await spends(limits, "a") == 60
    with pytest.raises(TooMany) as refused:
        await limits.ask("address", "a")
    assert refused.value.retry_after == HANDFUL * 60 // 20
    clock.passes(seconds=refused.value.retry_after)
    assert await spends(limits, "a") == HANDFUL
    clock.passes(hours=5)
    assert await spends(limits, "a") == 60


async def test_a_clock_that_goes_back_gives_nothing_away(database: Database) -> None:
    clock, late = FakeClock(), FakeClock()
    late.passes(hours=-1)
    assert await spends(Limits(database, clock, SMALL), "a") == 60
    assert await spends(Limits(database, late, SMALL), "a") == 0


async def test_what_is_stored_names_nobody(world: World) -> None:
    await world.browser().http.post(f"{TOOL}/lti/login", data=LOGIN)
    kept = [row.holder for row in await world.stored(Allowance)]
    assert len(kept) == 1
    assert "127.0.0.1" not in kept[0]
    world.clock.passes(hours=1)
    await world.worker.sweep()
    assert not await world.stored(Allowance)


def narrow(database_url: str, folder: Path, **more: object) -> AbstractAsyncContextManager[World]:
    """A deployment with small limits."""
    return running_world(database_url, folder, address_rate=20, registration_rate=20, **more)


async def come(world: World, count: int, **headers: str) -> list[httpx2.Response]:
    """So many logins, one after the other."""
    http = world.browser().http
    return [await http.post(f"{TOOL}/lti/login", data=LOGIN, headers=headers) for _ in range(count)]


async def test_whoever_comes_too_often_is_told_when_to_come_again(
    database_url: str, tmp_path: Path
) -> None:
    async with narrow(database_url, tmp_path) as world:
        await open_campus(world)
        answers = await come(world, 62)
        assert [answer.status_code for answer in answers] == [302] * 60 + [429] * 2
        politely_refused(answers[-1])
        assert answers[-1].headers["Retry-After"] == "30"
        assert "Wait a few seconds" in answers[-1].text
        for door in ("launch", "verify"):
            answer = await world.browser().http.post(f"{TOOL}/lti/{door}", data={"state": "x"})
            assert answer.status_code == 429
        assert (await world.browser().http.get(f"{TOOL}/alive")).status_code == 200
        assert len(await world.stored(LoginState)) == 60


async def test_behind_a_proxy_each_visitor_counts_alone_and_one_lms_does_not_use_up_anothers(
    database_url: str, tmp_path: Path
) -> None:
    proxies = ("127.0.0.0/8", "10.0.0.0/8")
    async with narrow(database_url, tmp_path, trusted_proxies=proxies) as world:
        await open_campus(world)
        for visitor in range(6):  # each of them sends along what they made up
            hops = f"198.51.100.{visitor}, 203.0.113.{visitor}, 10.1.2.3"
            answers = await come(world, 10, **{"X-Forwarded-For": hops})
            assert {answer.status_code for answer in answers} == {302}
        answers = await come(world, 1, **{"X-Forwarded-For": "203.0.113.99"})
        assert answers[0].status_code == 429, "now it is the LMS that has sent sixty"
        demo = LOGIN | {"iss": LMS, "client_id": CLIENT_ID}
        answer = await world.browser().http.post(f"{TOOL}/lti/login", data=demo)
        assert answer.status_code == 302


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.9, 127.0.0.1", "203.0.113.7"),
        ("' OR 1=1", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("1.1.1.1, nonsense, 10.0.0.9", "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_the_nearest_hop_that_is_no_proxy_of_ours_counts(said: str, counted: str) -> None:
    trusted = Settings(
        home=Path("x"),
        secret="x",
        trusted_proxies=("127.0.0.1", "10.0.0.0/8"),
    )
    scope = {"type": "http", "client": ("127.0.0.1", 1), "path": "/"}
    scope["headers"] = [(b"x-forwarded-for", said.encode())]
    request = Request(scope)  # type: ignore[arg-type]
    assert address_of(request, trusted) == counted
    assert address_of(request, replace(trusted, trusted_proxies=())) == "127.0.0.1"


def test_an_address_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="EYEBALL_TRUSTED_PROXIES"):
        Settings.from_environment(
            {"EYEBALL_HOME": str(tmp_path), "EYEBALL_TRUSTED_PROXIES": "proxy"}
        )
