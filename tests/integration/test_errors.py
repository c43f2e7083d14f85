"""Hostile and broken requests: each gets a page that says what to do, and none a crash."""

from typing import Any

import httpx2
import pytest

from tests.support.campus import CAMPUS, Campus, open_campus
from tests.support.walks import attempt_of, csrf_of, launch_of, opens_case
from tests.support.world import TOOL, Browser, World

LONG = 4000


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await open_campus(world)


@pytest.fixture
async def ada(world: World) -> Browser:
    """Ada, who has opened a practice case."""
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    return ada


def is_a_page(answer: httpx2.Response) -> bool:
    """A refusal in words, without traces of our insides."""
    page = answer.text
    return (
        400 <= answer.status_code < 500
        and "<h1" in page
        and not any(trace in page for trace in ("Traceback", "psycopg", "Error:", "sqlalchemy"))
    )


def login(**changes: str | None) -> dict[str, str]:
    """A login as the campus begins it, with changes; None drops a parameter."""
    params = {
        "iss": CAMPUS,
        "client_id": "tool-1",
        "login_hint": "8",
        "target_link_uri": f"{TOOL}/lti/launch",
        **changes,
    }
    return {name: value for name, value in params.items() if value is not None}


async def test_a_login_works_by_get_and_by_post(world: World, campus: Campus) -> None:
    http = world.browser().http
    by_get = await http.get(f"{TOOL}/lti/login", params=login())
    by_post = await http.post(f"{TOOL}/lti/login", data=login())
    for answer in (by_get, by_post):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"{CAMPUS}/auth?scope=openid&")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": ""},
        {"iss": "https://elsewhere.test"},
        {"iss": f"{CAMPUS}\0"},
        {"iss": "x" * 60_000},
        {"client_id": "another"},
        {"client_id": "\0"},
        {"login_hint": None},
        {"login_hint": "\0"},
        {"login_hint": "8" * 60_000},
        {"target_link_uri": "https://evil.test/lti/launch"},
        {"target_link_uri": f"{TOOL}.evil.test/lti/launch"},
        {"target_link_uri": "javascript:alert(1)"},
        {"target_link_uri": f"{TOOL}/lti/launch?{'x' * LONG}"},
        {"lti_deployment_id": "d" * LONG},
        {"lti_deployment_id": "\0"},
        {"lti_storage_target": "\0"},
    ],
    ids=lambda changes: f"{next(iter(changes))}={str(next(iter(changes.values())))[:24]!r}",
)
async def test_a_login_that_is_not_ours_is_refused(
    world: World, campus: Campus, changes: dict[str, str | None]
) -> None:
    http = world.browser().http
    for answer in (
        await http.get(f"{TOOL}/lti/login", params=login(**changes)),
        await http.post(f"{TOOL}/lti/login", data=login(**changes)),
    ):
        assert is_a_page(answer), answer.status_code
        assert "Location" not in answer.headers


async def test_a_parameter_that_comes_twice_has_no_meaning(world: World, campus: Campus) -> None:
    http = world.browser().http
    twice = [*login().items(), ("iss", "https://evil.test")]
    assert is_a_page(await http.get(f"{TOOL}/lti/login", params=twice))
    body = str(httpx2.QueryParams(twice)).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert is_a_page(await http.post(f"{TOOL}/lti/login", content=body, headers=form))


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"state": "unknown"},
        {"state": "\0", "id_token": "x"},
        {"state": "x" * LONG, "id_token": "x"},
        {"state": "é", "id_token": "é"},
        {"error": "access_denied", "error_description": "<script>", "state": "x"},
        {"ticket": "\0:x", "proof": "\0"},
        {"ticket": "é:é", "proof": "é"},
        {"ticket": ":" * LONG},
    ],
    ids=str,
)
async def test_a_launch_that_is_none_is_refused(world: World, form: dict[str, str]) -> None:
    http = world.browser().http
    for path in ("/lti/launch", "/lti/verify"):
        answer = await http.post(f"{TOOL}{path}", data=form)
        assert is_a_page(answer), answer.status_code
        assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://elsewhere.test"},
        {"exp": 1},
        {"roles": "Learner"},
        {"name": 7},
        {"name": "a\0b"},
        {"custom": []},
        {"message_type": "LtiDeepLinkingRequest"},
        {"resource_link": ...},
        {"resource_link": {"id": "r" * LONG}},
        {"deployment_id": "d" * LONG},
        {"endpoint": {"scope": 7}},
        {"target_link_uri": "https://evil.test/"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_what_it_must_be_is_refused(
    world: World, campus: Campus, claims: dict[str, Any]
) -> None:
    assert is_a_page(await campus.launches(world.browser(), **claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"name": "n" * LONG, "context": {"id": "c" * 255, "title": "t" * LONG}},
        {"tool_platform": {"product_family_code": "f" * LONG}, "locale": "l" * LONG},
        {"custom": {"activity": None, "é" * 300: ["x"]}},
        {"endpoint": {"scope": ["x" * LONG], "lineitem": f"{CAMPUS}/{'x' * LONG}"}},
        {"launch_presentation": {"return_url": f"https://{'a.' * LONG}test/"}},
        {"launch_presentation": {"return_url": "javascript:alert(1)"}},
        {"resource_link": {"id": "é\u2028𝟜", "title": "Übung ☃"}},
    ],
    ids=lambda claims: str(claims)[:40],
)
async def test_odd_but_harmless_claims_still_open_the_activity(
    world: World, campus: Campus, claims: dict[str, Any]
) -> None:
    answer = await campus.launches(world.browser(), **claims)
    assert answer.status_code in {200, 400}, answer.status_code
    assert "<h1" in answer.text


async def test_an_id_token_in_an_address_is_no_launch(world: World, campus: Campus) -> None:
    browser = world.browser()
    form = campus.signs(await campus.begins(browser))
    assert is_a_page(await browser.http.get(f"{TOOL}/lti/launch", params=form))


async def test_a_platform_whose_keys_are_away_is_named_as_the_reason(
    world: World, campus: Campus
) -> None:
    campus.shows_keys = lambda: httpx2.Response(503)
    answer = await campus.launches(world.browser())
    assert answer.status_code == 502
    assert "LMS isn" in answer.text


@pytest.mark.breadth
async def test_no_body_and_no_path_makes_a_learners_page_crash(world: World, ada: Browser) -> None:
    attempt, csrf = attempt_of(ada), {"csrf": csrf_of(ada)}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    bodies: list[dict[str, Any]] = [
        {"data": {**csrf, "lvef": "4\0002"}},
        {"data": {**csrf, "lvef": "9" * 15_000}},
        {"data": {**csrf, "lvef": "x" * 20_000}},
        {"data": {**csrf, "lvef": ["42", "43"]}},
        {"content": b"csrf=%ff%fe&lvef=%ed%a0%80", "headers": form},
        {"content": b"&" * 15_000, "headers": form},
        {"files": {"lvef": ("name.txt", b"42")}, "data": csrf},
        {"json": {"lvef": 42}},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"\xff\xfe", "headers": {"Content-Type": "nonsense"}},
    ]
    for path in ("review", "lock", "back", "replace", "frame-rate", "clip/done", "clip/grant"):
        for body in bodies:
            answer = await ada.http.post(f"{TOOL}{attempt}/{path}", **body)
            assert answer.status_code < 500, (path, body)
    for path in (
        f"{launch_of(ada)}/cases/99999999999999999999",
        f"{launch_of(ada)}/cases/-1",
        f"{launch_of(ada)}/cases/x",
        f"{launch_of(ada)}/attempts/x/",
        f"{attempt}/step",
        f"{attempt}/step?seen=%00",
        "/l/x/",
        "/l/%00/",
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static/%00",
        f"/static/{'x' * 5000}",
        f"/static/{'x/' * 100}",
        "/static/%ff",
        "/static/",
    ):
        answer = await ada.http.get(f"{TOOL}{path}")
        assert answer.status_code < 500, path
        assert "Traceback" not in answer.text


async def test_odd_handles_open_nothing_and_crash_nothing(world: World, ada: Browser) -> None:
    launch = launch_of(ada)
    name = f"__Host-eb-{launch.removeprefix('/l/')}"
    stranger = world.browser().http
    for value in ("", "x", "x" * 4000, "\xe9", '"', "a=b"):
        cookie = {"Cookie": f"{name}={value}".encode("latin-1")}
        assert (await stranger.get(f"{TOOL}{launch}", headers=cookie)).status_code == 401
        header = {"X-Eyeball-Launch": value.encode("latin-1")}
        assert (await stranger.get(f"{TOOL}{launch}", headers=header)).status_code == 401
        form = {"launch": value, "csrf": value}
        assert (await stranger.post(f"{TOOL}{launch}", data=form)).status_code == 401


async def test_htmx_gets_an_error_as_a_fragment(world: World, ada: Browser) -> None:
    url = f"{TOOL}{attempt_of(ada)}/step?seen="
    answer = await world.browser().http.get(url, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.text.lstrip().startswith('<div data-step="notice"')


async def test_a_launch_that_failed_says_why_in_the_browsers_language(world: World) -> None:
    answer = await world.browser().http.post(
        f"{TOOL}/lti/launch",
        data={"state": "long-ago", "id_token": "a.b.c"},
        headers={"Accept-Language": "de-AT"},
    )
    assert answer.status_code == 400
    assert "Dieser Start gehört zu keiner Anmeldung, die wir kennen" in answer.text
    assert "learning platform" not in answer.text


async def test_every_page_of_an_error_has_a_reference_that_the_log_has_too(
    ada: Browser, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "service.pages.errors")
    launch = launch_of(ada)
    seen: set[str] = set()
    for path in ("/nothing", f"{launch}/cases/99", f"{launch}/another", "/l/x/progress"):
        world.clock.passes(seconds=1)
        answer = await ada.http.get(f"{TOOL}{path}")
        assert is_a_page(answer), path
        reference = answer.text.partition("give this reference:")[2].partition("<bdi>")[2][:10]
        assert reference.isalnum(), path
        assert f"reference {reference}" in caplog.text
        seen.add(reference)
    assert len(seen) == 4
