"""The token endpoint gives tokens to the holder of the tool's key, and to nobody else."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from service.demo.platform import SCOPES, SCORE
from tests.unit.service.demo.conftest import KEYS, Browser, Tool


async def test_a_right_assertion_gets_a_token_for_an_hour(lms: Browser) -> None:
    answer = await lms.asks_for_token()
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 3600
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["scope"].split() == list(SCOPES)


async def test_scopes_that_the_lms_does_not_know_are_left_out(lms: Browser) -> None:
    answer = await lms.asks_for_token(scope=f"{SCORE} https://example.com/everything")
    assert answer.json()["scope"] == SCORE


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"client_assertion_type": "jwt"}, "invalid_request"),
        ({"client_assertion": None}, "invalid_request"),
        ({"client_assertion": "a.b.c"}, "invalid_client"),
        ({"scope": None}, "invalid_request"),
        ({"scope": "https://example.com/everything"}, "invalid_scope"),
        ({"scope": [SCORE, SCORE]}, "invalid_request"),
    ],
)
async def test_a_wrong_form_is_refused(lms: Browser, changed: dict[str, Any], error: str) -> None:
    answer = await lms.asks_for_token(**changed)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_json_body_is_refused(lms: Browser) -> None:
    answer = await lms.client.post("/lti/token", json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "another-client"},
        {"sub": "another-client"},
        {"aud": "http://localhost:8000/lti/token/"},
        {"aud": "http://localhost:8000"},
        {"aud": ["http://localhost:8000/lti/token"]},
        {"jti": ""},
        {"jti": 7},
        {"kid": False},
        *({name: None} for name in ("iss", "sub", "aud", "exp", "iat", "jti")),
    ],
    ids=str,
)
async def test_a_wrong_assertion_is_refused(lms: Browser, changed: dict[str, Any]) -> None:
    answer = await lms.asks_for_token(client_assertion=lms.tool.assertion(**changed))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize(
    ("claim", "seconds"), [("exp", -10), ("exp", 3700), ("iat", 30), ("nbf", 60)]
)
async def test_an_assertion_out_of_its_time_is_refused(
    lms: Browser, claim: str, seconds: int
) -> None:
    changed = {claim: int(time.time()) + seconds}
    answer = await lms.asks_for_token(client_assertion=lms.tool.assertion(**changed))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


async def test_an_assertion_works_once(lms: Browser) -> None:
    assertion = lms.tool.assertion()
    assert (await lms.asks_for_token(client_assertion=assertion)).status_code == 200
    assert (await lms.asks_for_token(client_assertion=assertion)).json()["error"] == (
        "invalid_client"
    )


async def test_an_assertion_works_once_even_over_a_restart(
    lms: Browser, open_lms: Callable[..., Browser]
) -> None:
    assertion = lms.tool.assertion()
    await lms.asks_for_token(client_assertion=assertion)
    again = await open_lms().asks_for_token(client_assertion=assertion)
    assert again.json()["error"] == "invalid_client"


async def test_another_signature_or_algorithm_is_refused(lms: Browser) -> None:
    stranger = Tool(key=KEYS[1]).assertion()
    secret = "of thirty-two bytes or a bit more"
    symmetric = jwt.encode({}, secret, algorithm="HS256", headers={"kid": "tool-1"})
    unsigned = jwt.encode({}, None, algorithm="none", headers={"kid": "tool-1"})
    longer = jwt.encode({}, KEYS[0], algorithm="RS512", headers={"kid": "tool-1"})
    for assertion in (stranger, symmetric, unsigned, longer):
        answer = await lms.asks_for_token(client_assertion=assertion)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


async def test_the_key_set_is_kept_until_a_new_key_id_turns_up(lms: Browser) -> None:
    await lms.token()
    await lms.token()
    assert lms.tool.fetches == 1
    lms.tool.key, lms.tool.key_id = KEYS[1], "tool-2"
    await lms.token()
    assert lms.tool.fetches == 2


async def test_a_key_id_that_the_tool_does_not_have_is_refused(lms: Browser) -> None:
    assertion = lms.tool.assertion()
    lms.tool.key_id = "tool-2"
    answer = await lms.asks_for_token(client_assertion=assertion)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize("nonsense", [[], {"keys": []}, {"keys": [7]}, {"keys": [{"kty": "RSA"}]}])
async def test_a_key_set_without_keys_is_refused(lms: Browser, nonsense: Any) -> None:
    lms.tool.answer = nonsense
    answer = await lms.asks_for_token()
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


async def test_a_key_set_that_cannot_be_read_is_another_fault(lms: Browser) -> None:
    lms.tool.status = 500
    answer = await lms.asks_for_token()
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
