"""Dynamic registration with Canvas and Moodle, and hostile row R13."""

import json
from contextlib import suppress
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.dynamic_registration import asks_for_update
from lti.errors import PlatformUnreachable, RegistrationRefused
from tests.unit.lti.platform import NAMES, SCORE, TOOL, Platform, anything, registers, says


async def test_moodle_registers_us_with_a_deployment() -> None:
    platform = Platform(
        {"client_id": "4vSoL3", "scope": f"{SCORE} x", TOOL: {"deployment_id": "1"}}
    )
    registered = await registers(platform)
    assert (registered.client_id, registered.deployment_id) == ("4vSoL3", "1")
    assert registered.scopes == {SCORE, "x"}
    assert NAMES in registered.missing
    assert SCORE not in registered.missing
    (call,) = platform.asked
    assert (call.method, call.url.path) == ("POST", "/register")
    assert call.headers["Authorization"] == "Bearer t.t.t"
    assert call.headers["Content-Type"] == "application/json"
    assert json.loads(call.content)["client_name"] == "Eyeball"
    assert b"null" not in call.content


@pytest.mark.parametrize("tool", [{}, {TOOL: {}}, {TOOL: None}, {TOOL: {"deployment_id": None}}])
async def test_canvas_registers_us_without_a_deployment(tool: dict[str, Any]) -> None:
    registered = await registers(Platform({"client_id": "10000000000001"} | tool))
    assert (registered.client_id, registered.deployment_id) == ("10000000000001", None)
    assert registered.missing == frozenset()


async def test_numbers_are_ids_as_well() -> None:
    registered = await registers(Platform({"client_id": 7, TOOL: {"deployment_id": 0}}))
    assert (registered.client_id, registered.deployment_id) == ("7", "0")


@pytest.mark.parametrize(
    "body", [{}, {"client_id": ""}, {"client_id": None}, {"client_id": "1", "scope": 7}, [], "x"]
)
async def test_an_answer_without_client_id_is_none(body: Any) -> None:
    with pytest.raises(RegistrationRefused):
        await registers(Platform(body))


async def test_an_update_keeps_the_client_id() -> None:
    platform = Platform({"client_id": "4vSoL3"})
    registered = await registers(platform, update=True)
    assert registered.client_id == "4vSoL3"
    assert [(call.method, call.url.path) for call in platform.asked] == [
        ("GET", "/register"),
        ("POST", "/register"),
    ]


async def test_an_update_goes_where_the_platform_keeps_the_registration() -> None:
    platform = Platform(
        {"client_id": "1", "registration_client_uri": "https://moodle.test/register/1"}
    )
    await registers(platform, update=True)
    assert [(call.method, call.url.path) for call in platform.asked] == [
        ("GET", "/register"),
        ("PUT", "/register/1"),
    ]
    platform = Platform({"client_id": "1", "registration_client_uri": "https://evil.test/"})
    with pytest.raises(RegistrationRefused, match="elsewhere"):
        await registers(platform, update=True)
    assert len(platform.asked) == 1


async def test_r13_an_update_never_ends_as_another_registration() -> None:
    platform = Platform()
    platform.answers = [says(200, {"client_id": "1"}), says(200, {"client_id": "2"})]
    with pytest.raises(RegistrationRefused, match="another"):
        await registers(platform, update=True)


def test_the_token_tells_an_update_from_a_first_time() -> None:
    def token(**claims: Any) -> str:
        return jwt.encode(claims, "x" * 32)

    assert asks_for_update(token(scope="reg-update", sub="4vSoL3"))
    assert not asks_for_update(token(scope="reg"))
    assert not asks_for_update(token())
    for none in ("", "a.b.c", "é", "e30.W10.x", "..", "x" * 9000):
        assert not asks_for_update(none)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
async def test_a_platform_in_trouble_is_tried_again_later(status: int) -> None:
    platform = Platform()
    platform.answers = [says(status, b"", **{"Retry-After": "9"})]
    with pytest.raises(PlatformUnreachable) as trouble:
        await registers(platform)
    assert trouble.value.retry_after == 9


@given(anything | st.fixed_dictionaries({"client_id": anything, TOOL: anything}))
async def test_any_answer_is_a_registration_or_a_refusal(body: Any) -> None:
    with suppress(RegistrationRefused):
        assert (await registers(Platform(body), update=True)).client_id
