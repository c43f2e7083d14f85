"""Key servers gone bad, and keys that must not verify, against the running tool (rows K)."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.support.campus import Campus
from tests.support.hostile_lms import EVIL, Town, launches, politely_refused
from tests.unit.lti.lms import public_jwk, rsa_key

type Answers = Callable[[], httpx2.Response]


def new_campus(town: Town, host: str) -> Campus:
    """A platform that has only just been registered."""
    return Campus(town.world, host, client_id="tool-k")


NONSENSE: dict[str, Answers] = {
    "K03 500": lambda: httpx2.Response(500, text="<html>down</html>"),
    "K04 HTML": lambda: httpx2.Response(200, text="<html>login first</html>"),
    "K05 no JSON": lambda: httpx2.Response(200, content=b"\xff\xfe{"),
    "K05 a list": lambda: httpx2.Response(200, json=[]),
    "K05 no keys": lambda: httpx2.Response(200, json={}),
    "K05 keys is null": lambda: httpx2.Response(200, json={"keys": None}),
    "K05 nested": lambda: httpx2.Response(200, content=b"[" * 100_000),
    "K06 30 MB": lambda: httpx2.Response(200, content=b"x" * 30_000_000),
    "K07 a redirect": lambda: httpx2.Response(302, headers={"Location": f"{EVIL}/jwks"}),
    "K07 unfolds": lambda: httpx2.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx2.ByteStream(b"\x1f\x8b")
    ),
    "K08 nobody there": lambda: (_ for _ in ()).throw(httpx2.ConnectError("refused")),
}
NO_KEY: dict[str, Answers] = {
    "S17 an oct key": lambda: httpx2.Response(
        200, json={"keys": [{"kty": "oct", "kid": "kid-1", "k": "c2VjcmV0"}]}
    ),
    "S20 512 bits": lambda: keys_of(public_jwk(rsa_key("platform"), "kid-1") | {"n": "AQAB"}),
    "S21 for encryption": lambda: keys_of(public_jwk(rsa_key("platform"), "kid-1", use="enc")),
    "S21 for another algorithm": lambda: keys_of(
        public_jwk(rsa_key("platform"), "kid-1", alg="RS512")
    ),
    "K05 odd keys": lambda: httpx2.Response(200, json={"keys": [None, 1, [], {}, "x"]}),
    "K05 no keys at all": lambda: httpx2.Response(200, json={"keys": []}),
}


def keys_of(*keys: Any) -> httpx2.Response:
    """A key set."""
    return httpx2.Response(200, json={"keys": list(keys)})


class Hanging(httpx2.AsyncBaseTransport):
    """A server that takes a question and never answers."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Wait for longer than anybody should."""
        await asyncio.sleep(60)
        raise AssertionError


@pytest.fixture
def hosts() -> Iterator[str]:
    """A host that no test has used before."""
    return (f"k{time.monotonic_ns()}-{n}.test" for n in range(1000))


@pytest.mark.parametrize("answers", NONSENSE.values(), ids=NONSENSE.keys())
async def test_a_platform_without_its_keys_is_said_to_be_away_and_others_are_served(
    town: Town, hosts: Iterator[str], answers: Answers
) -> None:
    campus = new_campus(town, next(hosts))
    await campus.registers()
    campus.shows_keys = answers
    browser = town.world.browser()
    answer = await campus.posts(browser, campus.signs(await campus.begins(browser)))
    assert answer.status_code == 502
    assert "Your LMS isn&#39;t answering" in answer.text
    assert "evil.test" not in answer.text
    other, asked = await town.begun()
    assert (await launches(town, other, town.campus.signs(asked))).status_code == 303
    campus.shows_keys = campus.lms.shows_keys
    for _ in range(2):
        answer = await campus.posts(browser, campus.signs(await campus.begins(browser)))
    assert answer.status_code == 303, "the next launch works as soon as the keys can be had"


@pytest.mark.parametrize("answers", NO_KEY.values(), ids=NO_KEY.keys())
async def test_a_key_that_must_not_verify_does_not(
    town: Town, hosts: Iterator[str], answers: Answers
) -> None:
    campus = new_campus(town, next(hosts))
    await campus.registers()
    campus.shows_keys = answers
    browser = town.world.browser()
    answer = await campus.posts(browser, campus.signs(await campus.begins(browser)))
    politely_refused(answer)


async def test_in_the_steady_state_no_key_is_fetched_and_a_flood_of_names_costs_five(
    town: Town, hosts: Iterator[str]
) -> None:
    """K01, K02, C: rotation at once."""
    campus = new_campus(town, next(hosts))
    await campus.registers()
    browser = town.world.browser()
    for _ in range(10):
        answer = await campus.posts(browser, campus.signs(await campus.begins(browser)))
        assert answer.status_code == 303
    assert len(campus.asked) == 1
    campus.lms.kid = "kid-2"
    campus.lms.published.append(public_jwk(campus.lms.key, "kid-2"))
    answer = await campus.posts(browser, campus.signs(await campus.begins(browser)))
    assert answer.status_code == 303, "a new key works at once"
    assert len(campus.asked) == 2
    for n in range(30):
        asked = await campus.begins(browser)
        token = campus.lms.signs(campus.says(asked), kid=f"odd-{n}")
        politely_refused(await campus.posts(browser, town.form(asked, token)))
    assert len(campus.asked) <= 5
    answer = await campus.posts(browser, campus.signs(await campus.begins(browser)))
    assert answer.status_code == 303, "and honest launches go on meanwhile"


@pytest.mark.breadth
async def test_a_key_server_that_hangs_holds_up_nobody_else(
    town: Town, hosts: Iterator[str]
) -> None:
    """K08: eight launches wait for one server; another platform's launch goes by."""
    campus = new_campus(town, next(hosts))
    await campus.registers()

    town.world.joined.apps[campus.lms.registration.issuer.removeprefix("https://")] = Hanging()
    browser = town.world.browser()
    forms = [campus.signs(await campus.begins(browser)) for _ in range(8)]
    waiting = [asyncio.create_task(campus.posts(browser, form)) for form in forms]
    await asyncio.sleep(0.1)
    started = time.monotonic()
    other, asked = await town.begun()
    assert (await launches(town, other, town.campus.signs(asked))).status_code == 303
    assert time.monotonic() - started < 4, "nobody else waits for it"
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {502}
    assert time.monotonic() - started < 12
