"""Logins: the controls, and hostile rows L01-L17 and L20-L26."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from lti.errors import LoginRefused
from lti.login import LoginStart, begin_login, single_valued
from lti.registration import Registration

ONE = Registration(
    id="reg-1",
    issuer="https://lms.test",
    client_id="tool-1",
    auth_login_url="https://lms.test/mod/lti/auth.php",
    auth_token_url="https://lms.test/token",
    jwks_url="https://lms.test/jwks",
)
TWO = replace(ONE, id="reg-2", client_id="tool-2")
OTHER = replace(ONE, id="reg-3", issuer="https://other.test")

HINT = '{"cmid":3,"launchid":"ltilaunch1_1217339532"}'
PARAMS = {
    "iss": "https://lms.test",
    "target_link_uri": "https://tool.test/launch?item=1",
    "login_hint": "8",
    "lti_message_hint": HINT,
    "client_id": "tool-1",
    "lti_deployment_id": "1",
}


def begin(*registrations: Registration, **changes: str | None) -> LoginStart:
    """A login with these parameters changed; None leaves one out."""
    params = {name: value for name, value in (PARAMS | changes).items() if value is not None}
    return begin_login(
        params,
        registrations or (ONE,),
        redirect_uri="https://tool.test/launch",
        own_origin="https://tool.test",
        known_paths={"/launch", "/pick"},
    )


def refusal(*registrations: Registration, **changes: str | None) -> str:
    with pytest.raises(LoginRefused) as refused:
        begin(*registrations, **changes)
    assert not any(value and value in refused.value.message for value in changes.values())
    return refused.value.code


def test_l20_the_platform_gets_exactly_the_parameters_of_openid_connect() -> None:
    start = begin()
    assert start.url.startswith("https://lms.test/mod/lti/auth.php?")
    assert dict(parse_qsl(urlsplit(start.url).query)) == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "tool-1",
        "redirect_uri": "https://tool.test/launch",
        "login_hint": "8",
        "lti_message_hint": HINT,
        "state": start.state.state,
        "nonce": start.state.nonce,
    }


def test_the_login_is_remembered_with_all_that_the_launch_must_match() -> None:
    state = begin().state
    assert state.registration_id == "reg-1"
    assert state.deployment_id == "1"
    assert state.target_link_uri == "https://tool.test/launch?item=1"
    assert state.params == PARAMS
    left = state.expires_at - datetime.now(UTC)
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)


def test_only_known_parameters_are_kept() -> None:
    state = begin(canvas_region="eu", x="y" * 9999, lti_storage_target="frame").state
    assert state.params == PARAMS | {"lti_storage_target": "frame"}


def test_a_login_without_a_message_hint_sends_none() -> None:
    assert "lti_message_hint" not in begin(lti_message_hint=None).url


def test_the_deployment_may_come_under_its_other_name() -> None:
    assert begin(lti_deployment_id=None, deployment_id="7").state.deployment_id == "7"
    assert begin(lti_deployment_id=None).state.deployment_id is None
    assert begin(lti_deployment_id="").state.deployment_id is None


def test_a_query_in_the_platforms_address_is_kept() -> None:
    door = replace(ONE, auth_login_url="https://lms.test/auth?tenant=a%20b#part")
    url = urlsplit(begin(door).url)
    assert parse_qs(url.query)["tenant"] == ["a b"]
    assert parse_qs(url.query)["scope"] == ["openid"]
    assert (url.path, url.fragment) == ("/auth", "")


def test_the_client_id_chooses_among_the_registrations_of_an_issuer() -> None:
    assert begin(ONE, TWO, client_id="tool-2").state.registration_id == "reg-2"


def test_a_login_without_client_id_works_where_only_one_fits() -> None:
    assert begin(OTHER, ONE, client_id=None).state.registration_id == "reg-1"


def test_a_login_without_a_target_leads_to_the_launch_page() -> None:
    assert begin(target_link_uri=None).state.target_link_uri == "https://tool.test/launch"


@pytest.mark.parametrize("issuer", ["https://evil.test", "", None, "https://lms.test/", "LMS.test"])
def test_l01_an_unknown_issuer_is_refused(issuer: str | None) -> None:
    assert refusal(iss=issuer) == "unknown_issuer"


def test_l04_a_platform_without_registrations_is_refused() -> None:
    with pytest.raises(LoginRefused):
        begin_login(
            PARAMS, [], redirect_uri="https://tool.test/launch", own_origin="", known_paths=()
        )


@pytest.mark.parametrize("client_id", ["unknown", "TOOL-1", "tool-2"])
def test_l05_an_unknown_client_id_is_refused(client_id: str) -> None:
    assert refusal(client_id=client_id) == "unknown_client"


@pytest.mark.parametrize("client_id", ["", None])
def test_l06_no_client_id_among_several_is_refused(client_id: str | None) -> None:
    assert refusal(ONE, TWO, client_id=client_id) == "ambiguous_issuer"


@pytest.mark.parametrize("hint", ["", None])
def test_l07_a_login_for_nobody_is_refused(hint: str | None) -> None:
    assert refusal(login_hint=hint) == "no_login_hint"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/launch",
        "https://tool.test@evil.test/launch",
        "https://user@tool.test/launch",
        "https://tool.test.evil.test/launch",
        "https://eviltool.test/launch",
        "//evil.test/launch",
        "//tool.test/launch",
        "https:/\\evil.test/launch",
        "https://tool.test\\@evil.test/launch",
        "https://tool.test/\\evil.test",
        "javascript:alert(1)",
        "data:text/html,hello",
        "https://tool.test:444/launch",
        "http://tool.test/launch",
        "https://tool.test/elsewhere",
        "https://tool.test/launch/../admin",
        "https://tool.test/launch%2f",
        "https://tool.test",
        "https://[tool.test/launch",
        "https://tool\t.test/launch",
        "\thttps://tool.test/launch",
        "https://tool.test/launch\n",
        "/launch",
        "launch",
    ],
)
def test_l10_a_target_that_is_not_a_page_of_ours_is_refused(target: str) -> None:
    assert refusal(target_link_uri=target) == "foreign_target"


@pytest.mark.parametrize(
    "target",
    ["https://tool.test/pick", "https://TOOL.test/launch", "https://tool.test/launch?a=b#c"],
)
def test_a_target_that_is_a_page_of_ours_is_kept(target: str) -> None:
    assert begin(target_link_uri=target).state.target_link_uri == target


@pytest.mark.parametrize("name", ["login_hint", "lti_message_hint"])
def test_l21_a_line_break_in_a_hint_stays_inside_its_parameter(name: str) -> None:
    url = begin(**{name: "8\r\nSet-Cookie: x=1&state=mine"}).url
    assert re.fullmatch(r"[!-~]+", url)
    assert parse_qs(urlsplit(url).query)[name] == ["8\r\nSet-Cookie: x=1&state=mine"]
    assert "mine" not in parse_qs(urlsplit(url).query)["state"]


@pytest.mark.parametrize("name", ["iss", "client_id", "target_link_uri"])
def test_l22_a_script_that_is_refused_is_not_shown(name: str) -> None:
    refusal(**{name: "<script>alert(1)</script>"})


@pytest.mark.parametrize("name", ["login_hint", "lti_message_hint", "lti_deployment_id"])
def test_l22_a_script_that_is_passed_on_is_escaped(name: str) -> None:
    assert "<" not in begin(**{name: "<script>alert(1)</script>"}).url


def test_l23_a_parameter_that_comes_twice_is_refused() -> None:
    with pytest.raises(LoginRefused) as refused:
        single_valued([("iss", "a"), ("login_hint", "8"), ("iss", "b")])
    assert refused.value.code == "duplicate_parameter"


def test_parameters_that_come_once_are_taken() -> None:
    assert single_valued([("iss", "a"), ("login_hint", "8")]) == {"iss": "a", "login_hint": "8"}


@pytest.mark.parametrize("name", list(PARAMS))
def test_l24_an_oversized_parameter_is_refused(name: str) -> None:
    assert refusal(**{name: "h" * 60_000}) == "parameter_too_long"


@pytest.mark.parametrize("hint", ["8\0", "8\ud800"])
def test_l24_a_parameter_that_is_no_text_is_refused(hint: str) -> None:
    assert refusal(login_hint=hint) == "not_text"


def test_l25_no_two_logins_share_a_state_or_a_nonce() -> None:
    states = [begin().state for _ in range(40)]
    secrets = {state.state for state in states} | {state.nonce for state in states}
    assert len(secrets) == 80
    # 128 bits take 22 characters of base64; platforms pass these characters unchanged.
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{22,}", secret) for secret in secrets)
