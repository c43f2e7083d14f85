"""Our own keys, and hostile rows K01-K08: key servers that are slow, broken or flooded."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lti.errors import LaunchRefused, PlatformUnreachable
from lti.keys import PlatformKeys, ToolKey, jwks
from tests.unit.lti.lms import Clock, Lms, public_jwk, rsa_key

JWKS = "https://lms.test/jwks"


@pytest.fixture
def keys(lms: Lms, clock: Clock) -> PlatformKeys:
    return PlatformKeys(lms.http, clock=clock)


def answers(status: int = 200, *, body: bytes = b"", **headers: str) -> httpx2.Response:
    return httpx2.Response(status, content=body, headers=headers)


def test_our_key_set_shows_the_public_halves_only() -> None:
    ours = [ToolKey.generate(), ToolKey.generate()]
    published = jwks(ours)["keys"]
    assert [jwk["kid"] for jwk in published] == [key.kid for key in ours]
    assert all(set(jwk) == {"kty", "kid", "use", "alg", "n", "e"} for jwk in published)
    assert len(urlsafe_b64decode(published[0]["n"] + "==")) == 2048 // 8


def test_our_private_key_never_shows_in_a_log() -> None:
    key = ToolKey.generate()
    assert "PRIVATE" in key.private_pem
    assert "PRIVATE" not in repr(key)


def test_a_key_of_another_kind_is_no_tool_key() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(TypeError):
        ToolKey("kid", pem.decode()).public_jwk()


async def test_k01_one_fetch_serves_many_launches(lms: Lms, keys: PlatformKeys) -> None:
    for _ in range(10):
        assert await keys.get(JWKS, "kid-1") == lms.key.public_key()
    assert len(lms.asked) == 1


async def test_k01_launches_at_the_same_moment_share_one_fetch(
    lms: Lms, keys: PlatformKeys
) -> None:
    await asyncio.gather(*(keys.get(JWKS, "kid-1") for _ in range(8)))
    assert len(lms.asked) == 1


async def test_k01_a_browser_that_goes_away_does_not_end_the_fetch_of_others(
    lms: Lms, keys: PlatformKeys
) -> None:
    gone, stays = (asyncio.create_task(keys.get(JWKS, "kid-1")) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == lms.key.public_key()
    assert len(lms.asked) == 1


async def test_k02_a_flood_of_unknown_kids_costs_five_fetches_a_minute(
    lms: Lms, keys: PlatformKeys, clock: Clock
) -> None:
    for number in range(100):
        with pytest.raises(LaunchRefused):
            await keys.get(JWKS, f"unknown-{number}")
    assert len(lms.asked) == 5
    assert await keys.get(JWKS, "kid-1") == lms.key.public_key()
    clock.goes_on(60)
    lms.published = [public_jwk(rsa_key("rotated"), "kid-2")]
    assert await keys.get(JWKS, "kid-2") == rsa_key("rotated").public_key()


async def test_k02_the_same_unknown_kid_is_looked_for_once_a_minute(
    lms: Lms, keys: PlatformKeys, clock: Clock
) -> None:
    for _ in range(2):
        for _ in range(10):
            with pytest.raises(LaunchRefused):
                await keys.get(JWKS, "unknown")
        clock.goes_on(60)
    assert len(lms.asked) == 2


@pytest.mark.parametrize(
    "broken",
    [
        answers(500),
        answers(404, body=b"<html>"),
        answers(200, body=b"<html>keys</html>"),
        answers(200, body=b""),
        answers(200, body=b"[]"),
        answers(200, body=b'{"keys": {}}'),
        answers(200, body=b'{"keys": null}'),
        answers(200, body=b"[" * 60_000),
        answers(200, body=b"x" * 30_000_000),
        answers(200, body=b"{}", **{"Content-Encoding": "br"}),
        answers(302, Location="https://evil.test/jwks"),
    ],
    ids=str,
)
async def test_k03_a_broken_key_server_is_reported_as_unreachable(
    lms: Lms, keys: PlatformKeys, broken: httpx2.Response
) -> None:
    lms.script["/jwks"] = lambda _: broken
    with pytest.raises(PlatformUnreachable):
        await keys.get(JWKS, "kid-1")
    assert [str(request.url) for request in lms.asked] == [JWKS]


async def test_k03_a_broken_key_server_is_left_alone_after_five_tries(
    lms: Lms, keys: PlatformKeys
) -> None:
    lms.script["/jwks"] = lambda _: answers(500)
    for number in range(10):
        with pytest.raises(PlatformUnreachable):
            await keys.get(JWKS, f"kid-{number}")
    assert len(lms.asked) == 5


async def test_k04_the_last_good_keys_survive_a_failing_server(
    lms: Lms, keys: PlatformKeys, clock: Clock
) -> None:
    await keys.get(JWKS, "kid-1")
    lms.script["/jwks"] = lambda _: answers(503)
    with pytest.raises(PlatformUnreachable):
        await keys.get(JWKS, "kid-2")
    clock.goes_on(3 * 60 * 60)
    for _ in range(5):
        assert await keys.get(JWKS, "kid-1") == lms.key.public_key()
    # The first, the one for kid-2, and one a minute once the keys are old.
    assert len(lms.asked) == 3


async def test_k04_a_set_without_usable_keys_replaces_nothing(lms: Lms, keys: PlatformKeys) -> None:
    await keys.get(JWKS, "kid-1")
    lms.published = []
    with pytest.raises(LaunchRefused):
        await keys.get(JWKS, "kid-2")
    assert await keys.get(JWKS, "kid-1") == lms.key.public_key()


async def test_k05_a_key_that_the_platform_withdraws_is_gone_within_the_hour(
    lms: Lms, keys: PlatformKeys, clock: Clock
) -> None:
    await keys.get(JWKS, "kid-1")
    lms.published = [public_jwk(rsa_key("rotated"), "kid-2")]
    clock.goes_on(60 * 60)
    with pytest.raises(LaunchRefused):
        await keys.get(JWKS, "kid-1")


@pytest.mark.parametrize(
    "odd",
    [
        "text",
        None,
        7,
        {"kty": "oct", "kid": "kid-1", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "kid-1", "crv": "P-256", "x": "", "y": ""},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "kid-1", "n": 7, "e": "AQAB"},
        {"kty": "RSA", "kid": "kid-1", "n": "A", "e": "AQAB"},
        {"kty": "RSA", "kid": "kid-1", "n": "é", "e": "AQAB"},
        {"kty": "RSA", "kid": "kid-1", "n": "", "e": ""},
        {"kty": "RSA", "kid": "kid-1", "n": urlsafe_b64encode(b"\xff" * 64).decode(), "e": "AQAB"},
        {
            "kty": "RSA",
            "kid": "kid-1",
            "n": urlsafe_b64encode(b"\xff" * 2048).decode(),
            "e": "AQAB",
        },
        {"kty": "RSA", "kid": "kid-1", "n": urlsafe_b64encode(b"\xff" * 256).decode(), "e": "AQ"},
    ],
)
async def test_k06_an_odd_key_is_passed_over_and_its_neighbours_serve(
    lms: Lms, keys: PlatformKeys, odd: object
) -> None:
    lms.published = [odd, public_jwk(lms.key, "good"), odd]
    assert await keys.get(JWKS, "good") == lms.key.public_key()
    with pytest.raises(LaunchRefused):
        await keys.get(JWKS, "kid-1")


async def test_k07_the_private_half_in_a_key_set_is_never_read(
    lms: Lms, keys: PlatformKeys
) -> None:
    lms.published = [public_jwk(lms.key, "kid-1", d="AQAB", p="AQAB")]
    assert await keys.get(JWKS, "kid-1") == lms.key.public_key()


async def test_k08_a_hanging_key_server_holds_up_nobody_else(clock: Clock) -> None:
    let_go = asyncio.Event()
    served = json.dumps({"keys": [public_jwk(rsa_key("platform"), "kid-1")]}).encode()

    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "hangs.test":
            await let_go.wait()
            raise httpx2.ReadTimeout("too slow")
        return answers(body=served)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        keys = PlatformKeys(http, clock=clock)
        hung = [asyncio.create_task(keys.get("https://hangs.test/jwks", "kid-1")) for _ in range(8)]
        await asyncio.sleep(0)
        assert await keys.get(JWKS, "kid-1") == rsa_key("platform").public_key()
        let_go.set()
        outcomes = await asyncio.gather(*hung, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {PlatformUnreachable}


@pytest.mark.parametrize("url", ["http://lms.test/jwks", "file:///etc/passwd", "", "https://", "x"])
async def test_a_key_address_that_is_not_https_is_never_asked(
    lms: Lms, keys: PlatformKeys, url: str
) -> None:
    with pytest.raises(PlatformUnreachable):
        await keys.get(url, "kid-1")
    assert lms.asked == []
