import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.errors import PlatformUnreachable
from lti.outbound import Answer, Call, SingleFlight, fetch, is_safe, plain_origin, retry_after


def call(url: str = "https://lms.test/", **changes: float) -> Call:
    return Call(method="GET", url=url, seconds=changes.get("seconds", 5.0), most_bytes=100)


@pytest.mark.parametrize(
    "url",
    [
        "https://lms.test/jwks",
        "https://lms.test:8443/jwks?x=1",
        "http://localhost:8000/jwks",
        "http://127.0.0.1:8000/jwks",
        "http://127.8.8.8/jwks",
        "http://[::1]:8000/jwks",
    ],
)
def test_https_anywhere_and_plain_http_to_this_machine_are_safe(url: str) -> None:
    assert is_safe(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.test/",
        "http://localhost.evil.test/",
        "http://127.0.0.1.evil.test/",
        "http://2130706433/",
        "http://10.0.0.1/",
        "https://user:password@lms.test/",
        "https://lms.test:99999/",
        "https://[::bad/",
        "https://lms.test/\n",
        "https://lms.test/\ud800",
        "https:///jwks",
        "//lms.test/",
        "file:///etc/passwd",
        "gopher://lms.test/",
        "javascript:alert(1)",
        "",
    ],
)
def test_any_other_address_is_not_safe(url: str) -> None:
    assert not is_safe(url)


async def test_an_answer_within_the_limit_is_read_whole() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(201, content=b"x" * 100))
    async with httpx2.AsyncClient(transport=transport) as http:
        answer = await fetch(http, call())
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (201, b"x" * 100)


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def hangs(_: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(hangs)) as http:
        with pytest.raises(PlatformUnreachable):
            await fetch(http, call(seconds=0.05))


async def test_an_answer_that_drips_without_end_is_cut_off() -> None:
    class Drip(httpx2.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield b"x"

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Drip()))
    async with httpx2.AsyncClient(transport=transport) as http:
        with pytest.raises(PlatformUnreachable):
            await fetch(http, call())


@pytest.mark.parametrize(
    "url", ["https://a..b/", "http://127.0.0.1:1/", f"https://{'a' * 70}.test/"]
)
async def test_an_address_where_nobody_lives_is_unreachable(url: str) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        with pytest.raises(PlatformUnreachable):
            await fetch(http, call(url))


async def test_a_failure_that_nobody_waits_for_any_more_is_not_complained_about() -> None:
    flights = SingleFlight[str, None]()
    let_go = asyncio.Event()

    async def fails() -> None:
        await let_go.wait()
        raise PlatformUnreachable("gone")

    waiting = asyncio.create_task(flights.run("key", fails))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    let_go.set()
    await asyncio.sleep(0.01)
    with pytest.raises(PlatformUnreachable):
        await flights.run("key", fails)


async def test_a_call_that_is_stopped_from_within_ends_for_those_who_wait() -> None:
    flights = SingleFlight[str, None]()

    async def stopped() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await flights.run("key", stopped)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("999999999", 86400),
        ("Mon, 01 Jan 1990 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("Fri, 31 Dec 9999 23:59:59 -0000", 86400),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("12345678901234567890", None),
        ("٣", None),
        ("Fri, 32 Dec 2026 23:59:59 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 86400),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
    ],
)
def test_a_platform_may_say_how_long_to_wait(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}) == seconds


def test_a_platform_may_name_the_moment_to_try_again() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 95 <= (retry_after({"Retry-After": moment}) or 0) <= 100


def test_who_says_nothing_asks_for_no_wait() -> None:
    assert retry_after({}) is None


dates = st.from_regex(
    r"(Mon, )?[0-9]{1,2} (Jan|Dec) [0-9]{1,5}( [0-9:]{1,8})?( [+-]?[0-9A-Z]{0,6})?"
)


@given(st.text(max_size=60) | dates)
def test_any_wait_is_a_number_or_none(text: str) -> None:
    seconds = retry_after({"Retry-After": text})
    assert seconds is None or 0 <= seconds <= 86400


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://lms.test/a?b", "https://lms.test"),
        ("https://LMS.test:8443/", "https://lms.test:8443"),
        ("http://localhost:8000/x", "http://localhost:8000"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("http://lms.test/", None),
        ("https://a.test;script-src/", None),
        ("https://*.test/", None),
        ("https://a.test,b.test/", None),
        ("https://'self'/", None),
        ("https://user@lms.test/", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_only_a_plain_origin_may_be_named_in_a_policy(url: str, origin: str | None) -> None:
    assert plain_origin(url) == origin
