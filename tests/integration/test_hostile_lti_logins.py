"""Logins that must lead nowhere, and what an honest one asks of the platform (rows L)."""

import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from service.models import LoginState
from tests.support.campus import CAMPUS
from tests.support.hostile_lms import EVIL, SCRIPT, Town, launches, politely_refused
from tests.support.world import TOOL

HONEST = {
    "iss": CAMPUS,
    "client_id": "tool-1",
    "login_hint": "8",
    "target_link_uri": f"{TOOL}/lti/launch",
    "lti_message_hint": "a hint",
    "lti_deployment_id": "1",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LONG = "h" * 60_000
REFUSED: dict[str, dict[str, str | None]] = {
    "L01 unknown issuer": {"iss": EVIL},
    "L01 issuer with a slash": {"iss": f"{CAMPUS}/"},
    "L02 no issuer": {"iss": None},
    "L02 empty issuer": {"iss": ""},
    "L02 an issuer of 60 KB": {"iss": LONG},
    "L03 the other platform's client": {"client_id": "tool-9"},
    "L04 unknown client": {"client_id": "tool-77"},
    "L05 no login hint": {"login_hint": None},
    "L05 empty login hint": {"login_hint": ""},
    "L06 an issuer of two tenants, and no client": {"client_id": None},
    "L06 an issuer of two tenants, and an empty client": {"client_id": ""},
    "L10 target is foreign": {"target_link_uri": f"{EVIL}/lti/launch"},
    "L11 target has a user name": {"target_link_uri": "https://tool.test@evil.test/lti/launch"},
    "L11 our name as a user": {"target_link_uri": "https://x@tool.test/lti/launch"},
    "L12 target has our name as its beginning": {
        "target_link_uri": "https://tool.test.evil.test/lti/launch"
    },
    "L13 target has no scheme": {"target_link_uri": "//evil.test/lti/launch"},
    "L13 target is a path": {"target_link_uri": "/lti/launch"},
    "L14 target has a backslash": {"target_link_uri": "https://tool.test\\@evil.test/lti/launch"},
    "L15 target runs script": {"target_link_uri": "javascript:alert(1)//https://tool.test"},
    "L16 target is data": {"target_link_uri": "data:text/html,<script>alert(1)</script>"},
    "L17 target has another port": {"target_link_uri": "https://tool.test:8443/lti/launch"},
    "L17 target is plain http": {"target_link_uri": "http://tool.test/lti/launch"},
    "L17 target is a page that is not for launches": {"target_link_uri": f"{TOOL}/lti/jwks"},
    "L17 target climbs": {"target_link_uri": f"{TOOL}/lti/launch/../../l/x"},
    "L17 target has a line break": {"target_link_uri": f"{TOOL}/lti/launch\r\nLocation: {EVIL}"},
    "L17 target is half an address": {"target_link_uri": "https://[tool.test/lti/launch"},
    "L21 an issuer with a line break": {"iss": f"{CAMPUS}\r\nLocation: {EVIL}"},
    "L21 a NUL in the hint": {"login_hint": "8\0"},
    "L24 a hint of 60 KB": {"lti_message_hint": LONG},
    "L24 a user of 60 KB": {"login_hint": LONG},
    "L24 a target of 60 KB": {"target_link_uri": f"{TOOL}/lti/launch?{LONG}"},
    "L24 a deployment of 60 KB": {"lti_deployment_id": LONG},
    "L24 a deployment of 300 letters": {"lti_deployment_id": "d" * 300},
    "L24 a frame of 60 KB": {"lti_storage_target": LONG},
}


async def logs_in(town: Town, method: str, params: Any) -> httpx2.Response:
    """A login by a browser that nobody has seen before; params as pairs or a mapping."""
    pairs = list(params.items()) if isinstance(params, dict) else params
    query = urlencode(pairs, encoding="utf-8", errors="surrogatepass")
    http = town.world.browser().http
    if method == "GET":
        return await http.get(f"{TOOL}/lti/login?{query}")
    return await http.post(f"{TOOL}/lti/login", content=query, headers=FORM)


def login(**changes: str | None) -> dict[str, str]:
    """An honest login with these changes; None drops one."""
    return {name: value for name, value in {**HONEST, **changes}.items() if value is not None}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
async def test_a_login_that_is_not_right_leads_nowhere(
    town: Town, method: str, changes: dict[str, str | None]
) -> None:
    politely_refused(await logs_in(town, method, login(**changes)))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", [*HONEST, "lti_storage_target", "utm"])
async def test_a_parameter_that_comes_twice_is_refused(town: Town, method: str, name: str) -> None:
    twice = [*HONEST.items(), (name, EVIL)]
    twice += [] if name in HONEST else [(name, "x")]
    politely_refused(await logs_in(town, method, twice))
    politely_refused(await logs_in(town, method, list(reversed(twice))))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_honest_login_asks_the_platform_for_exactly_this(town: Town, method: str) -> None:
    answer = await logs_in(town, method, HONEST)
    assert answer.status_code == 302
    door = urlsplit(answer.headers["Location"])
    assert f"{door.scheme}://{door.netloc}{door.path}" == f"{CAMPUS}/auth"
    asked = dict(parse_qsl(door.query, strict_parsing=True))
    assert asked.pop("state") != asked.pop("nonce")
    assert asked == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "tool-1",
        "redirect_uri": f"{TOOL}/lti/launch",
        "login_hint": "8",
        "lti_message_hint": "a hint",
    }


async def test_the_second_client_of_an_issuer_is_asked_at_its_own_name(town: Town) -> None:
    for name in ("lti_deployment_id", "deployment_id"):
        changes = login(client_id="tool-2", lti_deployment_id=None) | {name: "9"}
        answer = await logs_in(town, "POST", changes)
        assert parse_qs(urlsplit(answer.headers["Location"]).query)["client_id"] == ["tool-2"]


async def test_a_login_of_an_unknown_deployment_ends_at_the_platforms_door(town: Town) -> None:
    """L07: nobody has signed a login, so only its launch can show a new deployment to the operator;
    the launch is refused, and so is one that names another deployment than its login."""
    for named in ("77", "9"):
        browser, asked = await town.begun(lti_deployment_id=named)
        for said in (named, "1"):
            form = town.campus.signs(asked, deployment_id=said)
            politely_refused(await launches(town, browser, form))
    answer = await logs_in(town, "GET", login(lti_deployment_id="77"))
    assert answer.headers["Location"].startswith(f"{CAMPUS}/auth?")
    assert EVIL not in answer.headers["Location"]


@pytest.mark.parametrize("hint", ["a\r\nSet-Cookie: x=1", "a b&state=evil#x", "ü🫀", SCRIPT])
@pytest.mark.parametrize("name", ["login_hint", "lti_message_hint"])
async def test_a_hint_goes_on_as_it_came_and_into_nothing_else(
    town: Town, name: str, hint: str
) -> None:
    answer = await logs_in(town, "POST", login(**{name: hint}))
    assert answer.status_code == 302
    assert len(answer.headers.get_list("Set-Cookie")) == 1
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked[name] == [hint]
    assert len(asked["state"]) == 1
    assert "evil" not in asked["state"]


@pytest.mark.parametrize("name", [*HONEST, "lti_storage_target"])
async def test_script_in_a_parameter_comes_back_as_text(town: Town, name: str) -> None:
    changes = login(lti_storage_target="_parent") | {name: f"{HONEST.get(name, '')}{SCRIPT}"}
    answer = await logs_in(town, "POST", changes)
    assert answer.status_code < 500
    assert "<script>alert" not in answer.text


async def test_forty_logins_share_no_state_and_no_nonce_and_none_is_short(town: Town) -> None:
    drawn: list[str] = []
    for _ in range(40):
        answer = await logs_in(town, "POST", HONEST)
        asked = parse_qs(urlsplit(answer.headers["Location"]).query)
        drawn += [*asked["state"], *asked["nonce"]]
    assert len(set(drawn)) == 80
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", each) for each in drawn), "256 bits each"


async def test_storage_does_not_replace_the_state(town: Town) -> None:
    """L26: a login that names a frame still needs its cookie, or what that frame kept."""
    _, asked = await town.begun(lti_storage_target="_parent")
    stranger = town.world.browser()
    page = await stranger.http.post(f"{TOOL}/lti/launch", data=town.campus.signs(asked, name="Ada"))
    assert page.status_code == 200
    assert "Ada" not in page.text
    assert "Set-Cookie" not in page.headers
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    for proof in ("", asked["state"], asked["nonce"], ticket):
        form = {"ticket": ticket, "proof": proof}
        politely_refused(await stranger.http.post(f"{TOOL}/lti/verify", data=form))


async def test_a_login_writes_down_nothing_but_what_it_needs(town: Town) -> None:
    answer = await logs_in(town, "POST", {**HONEST, "email": "ada@example.edu", "x": "y" * 50_000})
    assert answer.status_code == 302
    rows = [str(row.params) for row in await town.world.stored(LoginState)]
    assert not [row for row in rows if "ada@example.edu" in row or "yyyy" in row]
