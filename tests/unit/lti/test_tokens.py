import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs

import httpx2
import jwt
import pytest

from lti.errors import PlatformUnreachable, ScopeRefused, TokenRefused
from lti.keys import ToolKey
from lti.tokens import TokenClient
from tests.unit.lti.lms import Clock, Lms

KEY = ToolKey.generate()
SCOPES = ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]
MORE = [*SCOPES, "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"]


async def current_key() -> ToolKey:
    return KEY


@pytest.fixture
def tokens(lms: Lms, clock: Clock) -> TokenClient:
    lms.script["/token"] = numbered(expires_in=3600)
    return TokenClient(lms.http, current_key, clock=clock)


def numbered(**answer: object) -> Callable[[httpx2.Request], httpx2.Response]:
    """A token server that gives token-1, token-2, and so on."""
    given: list[str] = []

    def give(_: httpx2.Request) -> httpx2.Response:
        given.append(f"token-{len(given) + 1}")
        return httpx2.Response(200, json={"access_token": given[-1]} | answer)

    return give


def says(status: int, content: bytes, kind: str = "text/html") -> httpx2.Response:
    return httpx2.Response(status, content=content, headers={"Content-Type": kind})


def assertion_of(request: httpx2.Request) -> str:
    return parse_qs(request.content.decode())["client_assertion"][0]


async def test_a_token_is_asked_for_with_our_signature(lms: Lms, tokens: TokenClient) -> None:
    assert await tokens.token(lms.registration, MORE) == "token-1"
    form = parse_qs(lms.asked[0].content.decode())
    assert form["grant_type"] == ["client_credentials"]
    assert form["client_assertion_type"] == [
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    ]
    assert form["scope"] == [" ".join(sorted(MORE))]
    assert lms.asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_our_signature_names_us_and_the_token_address(
    lms: Lms, tokens: TokenClient, clock: Clock
) -> None:
    await tokens.token(lms.registration, SCOPES)
    assertion = assertion_of(lms.asked[0])
    public = jwt.PyJWK(KEY.public_jwk())
    claims = jwt.decode(
        assertion,
        public,
        algorithms=["RS256"],
        audience="https://lms.test/token",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["iss"], claims["sub"]) == ("tool-1", "tool-1")
    # One platform refuses what was made a second in its future.
    assert claims["iat"] == clock() - 10
    assert claims["exp"] > clock() + 60
    assert len(claims["jti"]) >= 16
    assert jwt.get_unverified_header(assertion)["kid"] == KEY.kid


async def test_a_platform_may_want_another_audience(lms: Lms, tokens: TokenClient) -> None:
    registration = replace(lms.registration, token_audience="https://lms.test")
    await tokens.token(registration, SCOPES)
    claims = jwt.decode(assertion_of(lms.asked[0]), options={"verify_signature": False})
    assert claims["aud"] == "https://lms.test"


async def test_no_two_signatures_are_the_same(lms: Lms, tokens: TokenClient) -> None:
    await tokens.token(lms.registration, SCOPES)
    await tokens.token(lms.registration, MORE)
    first, second = (
        jwt.decode(assertion_of(request), options={"verify_signature": False})["jti"]
        for request in lms.asked
    )
    assert first != second


async def test_a_token_is_kept_until_a_minute_before_its_end(
    lms: Lms, tokens: TokenClient, clock: Clock
) -> None:
    for _ in range(5):
        assert await tokens.token(lms.registration, SCOPES) == "token-1"
    clock.goes_on(3600 - 61)
    assert await tokens.token(lms.registration, SCOPES) == "token-1"
    clock.goes_on(1)
    assert await tokens.token(lms.registration, SCOPES) == "token-2"


async def test_a_token_serves_its_scopes_in_any_order(lms: Lms, tokens: TokenClient) -> None:
    assert await tokens.token(lms.registration, MORE) == "token-1"
    assert await tokens.token(lms.registration, reversed(MORE)) == "token-1"
    assert await tokens.token(lms.registration, SCOPES) == "token-2"


async def test_tenants_of_one_issuer_never_share_a_token(lms: Lms, tokens: TokenClient) -> None:
    other = replace(lms.registration, id="reg-2", client_id="tool-2")
    assert await tokens.token(lms.registration, SCOPES) == "token-1"
    assert await tokens.token(other, SCOPES) == "token-2"


async def test_callers_at_the_same_moment_share_one_request(lms: Lms, tokens: TokenClient) -> None:
    given = await asyncio.gather(*(tokens.token(lms.registration, SCOPES) for _ in range(8)))
    assert set(given) == {"token-1"}
    assert len(lms.asked) == 1


async def test_a_forgotten_token_is_not_handed_out_again(lms: Lms, tokens: TokenClient) -> None:
    other = replace(lms.registration, id="reg-2")
    await tokens.forget(await tokens.token(lms.registration, SCOPES))
    assert await tokens.token(other, SCOPES) == "token-2"
    assert await tokens.token(lms.registration, SCOPES) == "token-3"
    assert await tokens.token(other, SCOPES) == "token-2"


@pytest.mark.parametrize(
    "expiry",
    [
        {},
        {"expires_in": None},
        {"expires_in": "soon"},
        {"expires_in": "nan"},
        {"expires_in": "-inf"},
        {"expires_in": "-3600"},
        {"expires_in": 30},
    ],
)
async def test_a_token_that_does_not_say_how_long_it_lives_is_used_once(
    lms: Lms, tokens: TokenClient, expiry: dict[str, object]
) -> None:
    lms.script["/token"] = numbered(**expiry)
    assert await tokens.token(lms.registration, SCOPES) == "token-1"
    assert await tokens.token(lms.registration, SCOPES) == "token-2"


async def test_a_lifetime_may_come_as_text(lms: Lms, tokens: TokenClient) -> None:
    lms.script["/token"] = numbered(expires_in="3600")
    assert await tokens.token(lms.registration, SCOPES) == "token-1"
    assert await tokens.token(lms.registration, SCOPES) == "token-1"


@pytest.mark.parametrize("expiry", [1e15, 1e308, "1e400", "inf", "9" * 5000])
async def test_no_token_is_kept_for_longer_than_a_day(
    lms: Lms, tokens: TokenClient, clock: Clock, expiry: object
) -> None:
    lms.script["/token"] = numbered(expires_in=expiry)
    assert await tokens.token(lms.registration, SCOPES) == "token-1"
    assert await tokens.token(lms.registration, SCOPES) == "token-1"
    clock.goes_on(24 * 60 * 60)
    assert await tokens.token(lms.registration, SCOPES) == "token-2"


async def test_the_content_type_of_a_token_says_nothing(lms: Lms, tokens: TokenClient) -> None:
    lms.script["/token"] = lambda _: says(200, b'{"access_token": "odd", "token_type": "bearer"}')
    assert await tokens.token(lms.registration, SCOPES) == "odd"


@pytest.mark.parametrize(
    ("status", "content", "why"),
    [
        (400, b'{"error": "invalid_scope"}', "invalid_scope"),
        (400, b'{"error": "Expired token"}', "Expired token"),
        (401, b'{"error": "invalid_client", "error_description": "x"}', "invalid_client"),
        (400, b'{"error" : ""kid" invalid, unable to lookup correct key"}', "does not say why"),
        (400, b'{"error": "<script>alert(1)</script>"}', "does not say why"),
        (400, b'{"error": 7}', "does not say why"),
        (400, b"[" * 60_000, "does not say why"),
        (403, b"", "does not say why"),
    ],
)
async def test_a_platform_that_says_no_is_quoted_if_it_has_a_plain_word_for_it(
    lms: Lms, tokens: TokenClient, status: int, content: bytes, why: str
) -> None:
    lms.script["/token"] = lambda _: says(status, content)
    with pytest.raises(TokenRefused) as refusal:
        await tokens.token(lms.registration, SCOPES)
    assert why in refusal.value.message
    assert isinstance(refusal.value, ScopeRefused) is (why == "invalid_scope")


@pytest.mark.parametrize(
    "answer",
    [
        says(500, b""),
        says(503, b"<html>"),
        says(429, b""),
        says(302, b""),
        # It could not fetch our keys just now.
        says(404, b"<!DOCTYPE html><html>"),
        says(200, b"<html>maintenance</html>"),
        says(200, b'{"access_token": ""}'),
        says(200, b'{"access_token": "a\\r\\nX-Evil: 1"}'),
        says(200, b'{"access_token": 7}'),
        says(200, b'{"token_type": "bearer"}'),
        says(200, b"[" * 60_000),
        says(200, b"x" * 100_000),
    ],
)
async def test_an_answer_without_a_token_is_worth_another_try(
    lms: Lms, tokens: TokenClient, answer: httpx2.Response
) -> None:
    lms.script["/token"] = lambda _: answer
    with pytest.raises(PlatformUnreachable):
        await tokens.token(lms.registration, SCOPES)
    lms.script["/token"] = numbered()
    assert await tokens.token(lms.registration, SCOPES) == "token-1"


@pytest.mark.parametrize("url", ["http://lms.test/token", "ftp://lms.test/token", ""])
async def test_our_signature_never_leaves_without_https(
    lms: Lms, tokens: TokenClient, url: str
) -> None:
    with pytest.raises(TokenRefused):
        await tokens.token(replace(lms.registration, auth_token_url=url), SCOPES)
    assert lms.asked == []


async def test_each_request_is_signed_with_the_key_of_the_day(lms: Lms, clock: Clock) -> None:
    ring = [KEY, ToolKey.generate()]

    async def newest() -> ToolKey:
        return ring.pop(0)

    lms.script["/token"] = numbered()
    tokens = TokenClient(lms.http, newest, clock=clock)
    kids = [key.kid for key in ring]
    for _ in range(2):
        await tokens.token(lms.registration, SCOPES)
    used = [jwt.get_unverified_header(assertion_of(request))["kid"] for request in lms.asked]
    assert used == kids
