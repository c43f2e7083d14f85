"""Launches: from the LMS into the tool, once, by one browser, in the right role."""

import asyncio
import re
from typing import Any

import httpx2
import pytest

from service.models import Attempt, Launch, Learner, Passback
from tests.support.campus import CAMPUS, INSTRUCTOR, MENTOR, TEST_USER, Campus, open_campus
from tests.support.walks import (
    attempt_of,
    csrf_of,
    launch_of,
    locks,
    opens_case,
    presses_lock,
)
from tests.support.world import LMS, TOOL, World


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await open_campus(world)


async def test_a_launch_that_comes_again_is_refused(world: World, campus: Campus) -> None:
    browser = world.browser()
    form = campus.signs(await campus.begins(browser))
    cookies = dict(browser.http.cookies)
    assert (await campus.posts(browser, form)).status_code == 303
    browser.http.cookies.update(cookies)
    again = await campus.posts(browser, form)
    assert again.status_code == 400
    assert "it was used already, or is too old" in again.text
    assert "__Host-eb-" not in again.headers.get("Set-Cookie", "")


async def test_of_ten_equal_launches_at_once_one_gets_in(world: World, campus: Campus) -> None:
    browser = world.browser()
    form = campus.signs(await campus.begins(browser))
    headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in browser.http.cookies.items())}
    strangers = [httpx2.AsyncClient(transport=world.joined, headers=headers) for _ in range(10)]
    posts = [one.post(f"{TOOL}/lti/launch", data=form) for one in strangers]
    statuses = sorted([answer.status_code for answer in await asyncio.gather(*posts)])
    assert statuses == [303] + [400] * 9
    assert len(await world.stored(Launch)) == 1


async def test_a_deployment_that_waits_for_approval_is_named(world: World, campus: Campus) -> None:
    answer = await campus.launches(world.browser(), deployment_id="course-77")
    assert answer.status_code == 400
    assert "waits for its operator" in answer.text
    assert "course-77" in answer.text
    assert not await world.stored(Launch)


async def test_an_address_alone_opens_nothing(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    paths = ["", "/cases/1", "/try", "/delivery", attempt_of(ada).removeprefix(launch_of(ada))]
    stranger = world.browser()
    for path in paths:
        answer = await stranger.opens(f"{TOOL}{launch_of(ada)}{path}")
        assert answer.status_code == 401
        assert "Please open the activity again" in answer.text
        assert "Ada" not in answer.text


async def test_one_learner_opens_neither_anothers_launch_nor_anothers_attempt(
    world: World,
) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    bea = await world.learner("practice", "learner-2")
    assert (await bea.opens(f"{TOOL}{attempt_of(ada)}/")).status_code == 401
    await bea.launches("practice")
    foreign = f"{launch_of(bea)}/attempts/{attempt_of(ada).rpartition('/')[2]}"
    for step in ("/", "/step?seen=", "/delivery"):
        page = await bea.http.get(f"{TOOL}{foreign}{step}")
        assert page.status_code == 404
        assert "Ada" not in page.text
    assert (await presses_lock(bea, foreign, "42")).status_code == 404
    missing = f"{launch_of(bea)}/attempts/{'0' * 8}-0000-4000-8000-{'0' * 12}"
    one, other = [await bea.http.get(f"{TOOL}{path}/") for path in (foreign, missing)]
    assert one.text == other.text, "whether an attempt exists is nobody else's business"


async def test_a_form_without_the_launchs_own_token_is_refused(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    other = csrf_of(ada)
    await ada.launches("practice")
    await opens_case(ada)
    url = f"{TOOL}{attempt_of(ada)}/lock"
    for csrf in ({}, {"csrf": ""}, {"csrf": other}, {"csrf": "é"}, {"csrf": other[:-1]}):
        answer = await ada.http.post(url, data={"lvef": "42", **csrf})
        assert answer.status_code == 401, csrf
    json = await ada.http.post(url, json={"csrf": csrf_of(ada), "lvef": "42"})
    assert json.status_code == 401
    assert [attempt.state for attempt in await world.stored(Attempt)] == ["draft"]


async def test_a_launch_lasts_twelve_hours(world: World) -> None:
    ada = await world.learner("practice")
    home = f"{TOOL}{launch_of(ada)}"
    world.clock.passes(hours=11, minutes=59)
    assert (await ada.opens(home)).status_code == 200
    world.clock.passes(minutes=1)
    assert (await ada.opens(home)).status_code == 401
    assert "all that was saved is there" in ada.text


async def test_a_login_lasts_ten_minutes(world: World, campus: Campus) -> None:
    browser = world.browser()
    asked = await campus.begins(browser)
    world.clock.passes(minutes=10)
    answer = await campus.posts(browser, campus.signs(asked))
    assert (answer.status_code, "too old" in answer.text) == (400, True)


async def test_the_ninth_launch_of_a_browser_drops_the_oldest(world: World) -> None:
    ada = await world.learner("practice")
    homes = [launch_of(ada)]
    for _ in range(8):
        await ada.launches("practice")
        homes.append(launch_of(ada))
    answers = [await ada.opens(f"{TOOL}{home}") for home in homes]
    assert [one.status_code for one in answers] == [401] + [200] * 8
    assert "Too many activities are open at once in this browser" in answers[0].text
    assert "You were away for a while" not in answers[0].text
    world.clock.passes(hours=13)
    aged = await ada.opens(f"{TOOL}{homes[-1]}")
    assert "You were away for a while" in aged.text, "it was kept, and has expired"


async def test_cookies_are_spelt_for_frames_and_for_nobody_else(
    world: World, campus: Campus
) -> None:
    browser = world.browser()
    form = campus.signs(await campus.begins(browser))
    kept = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
    assert browser.page is not None
    [login] = browser.page.headers.get_list("Set-Cookie")
    assert re.fullmatch(rf"__Host-eb-state-[\w-]{{43}}=[\w-]{{43}}; {kept}; Max-Age=600", login)
    answer = await campus.posts(browser, form)
    launch, forgotten = answer.headers.get_list("Set-Cookie")
    launch_id = answer.headers["Location"].removeprefix("/l/")
    assert re.fullmatch(rf"__Host-eb-{launch_id}=[\w-]{{43}}; {kept}; Max-Age=\d+", launch)
    assert re.fullmatch(rf"__Host-eb-state-[\w-]{{43}}=; {kept}; Max-Age=0", forgotten)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"roles": [MENTOR]}, "Your role in this course lets you look"),
        ({"roles": []}, "Your role in this course lets you look"),
        ({"sub": ...}, "tell us who you are, so nothing can be saved"),
    ],
)
async def test_whoever_is_no_learner_or_unknown_only_looks(
    world: World, campus: Campus, claims: dict[str, Any], words: str
) -> None:
    await world.adds_case(51.0)
    browser = world.browser()
    await campus.launches(browser, **claims)
    assert words in browser.text
    for path in ("/cases/1", "/another", "/try"):
        await browser.http.get(f"{TOOL}{launch_of(browser)}{path}")
    assert not await world.stored(Attempt)


async def test_a_learner_without_a_name_is_nobody_else(world: World, campus: Campus) -> None:
    """Where the platform keeps names to itself, its ids alone tell people apart."""
    await world.adds_case(51.0)
    nameless = {"name": None, "given_name": None}
    for sub in ("8", "9"):
        browser = await campus.arrives(sub, **nameless)
        await opens_case(browser)
    again = await campus.arrives("8", **nameless)
    await opens_case(again)
    attempts = await world.stored(Attempt)
    assert len({attempt.learner_id for attempt in attempts}) == len(attempts) == 2
    learners = await world.stored(Learner)
    labels = {learner.label for learner in learners if learner.subject in {"8", "9"}}
    assert len(labels) == 2
    for label in labels:
        assert re.fullmatch(r"Learner [0-9A-F]{4}", label)
    teacher = await campus.arrives("7", roles=[INSTRUCTOR])
    assert all(label in teacher.text for label in labels)


@pytest.mark.parametrize("roles", [[INSTRUCTOR], [f"{INSTRUCTOR[:-11]}#Learner", TEST_USER]])
async def test_who_only_tries_it_out_sees_all_and_is_never_graded(
    world: World, campus: Campus, roles: list[str]
) -> None:
    await world.adds_case(51.0)
    browser = world.browser()
    await campus.launches(browser, roles=roles)
    await browser.opens(f"{TOOL}{launch_of(browser)}/try")
    assert "Nothing is sent to the gradebook." in browser.text
    teaches = INSTRUCTOR in roles
    assert ("previewing as a teacher" in browser.text) is teaches
    assert ("test student" in browser.text) is not teaches
    await opens_case(browser)
    await locks(browser, "42")
    assert "You said 42 %. The reference is 51 %." in browser.text
    await world.works()
    assert not await world.stored(Passback)
    assert not [asked for asked in campus.asked if asked.method == "POST"]


async def test_pages_are_framed_by_their_platform_alone_and_kept_by_nobody(
    world: World, campus: Campus
) -> None:
    browser = world.browser()
    page = await campus.launches(
        browser, launch_presentation={"return_url": "https://a.test;sandbox/x"}
    )
    csp = page.headers["Content-Security-Policy"]
    assert csp.endswith(f"frame-ancestors {CAMPUS}"), csp
    ada = await world.learner("practice")
    for answer in (page, ada.page, await ada.http.get(f"{TOOL}{launch_of(ada)}/cases/9")):
        assert answer is not None
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert ada.page is not None
    assert ada.page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {LMS}")


async def test_script_in_names_stays_text(world: World, campus: Campus) -> None:
    evil = "<script>alert(1)</script>\"'{{7*7}}"
    browser = world.browser()
    await campus.launches(
        browser,
        name=evil,
        context={"id": "1", "title": evil},
        resource_link={"id": evil, "title": evil},
    )
    assert browser.text.count("&lt;script&gt;alert(1)") >= 3
    assert "<script>alert" not in browser.text
    assert "{{7*7}}" in browser.text
    refused = await campus.launches(browser, deployment_id=evil[:60])
    assert "<script>alert" not in refused.text
