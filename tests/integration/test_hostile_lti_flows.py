"""Replays, crossings and thefts, against the running tool.

N: nonces and states. X: what pages carry. P: whose page it is.
"""

import asyncio
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from service.models import Attempt, Launch
from tests.support.campus import CAMPUS, INSTRUCTOR, LEARNER
from tests.support.hostile_lms import EVIL, SCRIPT, Town, launches, politely_refused, raw
from tests.support.walks import csrf_of, launch_of, opens_case
from tests.support.world import TOOL, Browser
from tests.unit.lti.lms import full_name


async def enters(town: Town, **claims: Any) -> tuple[Browser, dict[str, str], dict[str, str]]:
    """Somebody who got in; the form that they came with, and the cookies that they had then."""
    browser, asked = await town.begun()
    form, cookies = town.campus.signs(asked, **claims), raw(browser)
    answer = await launches(town, browser, form)
    assert answer.status_code == 303, answer.text
    await browser.opens(f"{TOOL}{answer.headers['Location']}")
    return browser, form, cookies


async def test_a_replay_opens_nothing_with_or_without_stolen_cookies(town: Town) -> None:
    """N05, N07, N09, P03"""
    browser, form, cookies = await enters(town)
    await town.grew()
    thief = town.world.browser()
    for headers in ({}, cookies, raw(browser)):
        politely_refused(
            await thief.http.post(f"{TOOL}/lti/launch", data=form, headers=dict(headers))
        )
    politely_refused(await launches(town, browser, form))
    assert await town.grew() == 0


async def test_a_token_opens_one_login_alone(town: Town) -> None:
    """N06, N08: a nonce, a token and a state of three logins in one browser, crossed."""
    browser, one = await town.begun()
    two = await town.campus.begins(browser)
    three = await town.campus.begins(browser)
    first = town.campus.signs(one)
    politely_refused(await launches(town, browser, first | {"state": two["state"]}))
    crossed = town.campus.signs(three, nonce=one["nonce"])
    politely_refused(await launches(town, browser, crossed))
    assert (await launches(town, browser, first)).status_code == 303


async def test_three_tabs_of_one_browser_end_in_three_launches(town: Town) -> None:
    """C: begun in one order, ended in another."""
    browser, one = await town.begun()
    two, three = await town.campus.begins(browser), await town.campus.begins(browser)
    homes = [
        (await launches(town, browser, town.campus.signs(asked))).headers["Location"]
        for asked in (three, one, two)
    ]
    assert len(set(homes)) == 3
    for home in homes:
        assert (await browser.http.get(f"{TOOL}{home}")).status_code == 200


@pytest.mark.parametrize("times", range(3))
async def test_of_ten_equal_launches_at_once_at_most_one_gets_in(town: Town, times: int) -> None:
    """N10, on both ways in: by the cookie, and by what the platform's frame kept."""
    browser, asked = await town.begun()
    form = town.campus.signs(asked)
    await town.grew()
    posts = [
        town.world.browser().http.post(f"{TOOL}/lti/launch", data=form, headers=raw(browser))
        for _ in range(10)
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*posts))
    assert statuses == [303] + [400] * 9
    assert await town.grew() == 1
    proof_form = await asks_for_proof(town)
    posts = [
        town.world.browser().http.post(f"{TOOL}/lti/verify", data=proof_form) for _ in range(10)
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*posts))
    assert statuses == [200] + [400] * 9
    assert await town.grew() == 1


async def asks_for_proof(town: Town) -> dict[str, str]:
    """A launch without cookies, as far as the question to the platform's frame."""
    browser = town.world.browser(keeps_our_cookies=False)
    asked = await town.campus.begins(browser, lti_storage_target="_parent")
    proof = browser.text.partition('data-value="')[2].partition('"')[0]
    page = await launches(town, browser, town.campus.signs(asked))
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    return {"ticket": ticket, "proof": proof}


@pytest.mark.parametrize("state", ["", "foreign", "x" * 5_000, "' OR 1=1 --", "a\0b", "é🫀"])
async def test_a_state_that_is_not_ours_opens_nothing(town: Town, state: str) -> None:
    """N11, N12"""
    browser, asked = await town.begun()
    politely_refused(await launches(town, browser, town.campus.signs(asked) | {"state": state}))


async def test_a_launch_without_any_state_opens_nothing(town: Town) -> None:
    """N11"""
    browser, asked = await town.begun()
    form = town.campus.signs(asked)
    politely_refused(await launches(town, browser, {"id_token": form["id_token"]}))
    politely_refused(await launches(town, browser, {"state": form["state"]}))


async def test_nobody_is_logged_in_as_somebody_else(town: Town) -> None:
    """N13, N14: an attacker's state and token, pushed into a victim's browser, show a page without
    anybody on it, and make no launch; so does a login that the attacker began for them."""
    attacker, asked = await town.begun()
    form = town.campus.signs(asked, name="Mallory")
    victim, _ = await town.begun()
    await town.grew()
    for browser in (victim, town.world.browser()):
        page = await launches(town, browser, form)
        politely_refused(page)
        assert "Open in a new window" in page.text
        assert "Mallory" not in page.text
    assert await town.grew() == 0
    assert (await launches(town, attacker, form)).status_code == 303


async def test_a_login_ends_after_ten_minutes(town: Town) -> None:
    browser, asked = await town.begun()
    form = town.campus.signs(asked)
    town.world.clock.passes(minutes=10, seconds=1)
    politely_refused(await launches(town, browser, form))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "did not let you in"),
        ("login_required", "no longer logged in"),
        ("invalid_request", "did not understand"),
        ("unauthorized_client", "does not know this tool"),
        (SCRIPT, "refused the login"),
        ("", "refused the login"),
        ("e" * 100_000, "refused the login"),
    ],
)
async def test_a_platforms_error_answer_gets_a_page_that_helps(
    town: Town, error: str, words: str
) -> None:
    """M20: an error answer is not signed, so that anybody may have written it."""
    browser, asked = await town.begun()
    form = {"error": error, "error_description": f"{SCRIPT} Ada", "state": asked["state"]}
    answer = await launches(town, browser, form)
    politely_refused(answer)
    assert words in answer.text
    assert "Ada" not in answer.text


# X: what pages carry


async def test_no_page_carries_script_or_says_how_we_are_built(town: Town) -> None:
    """X01, X02"""
    browser, _, _ = await enters(
        town,
        name=SCRIPT,
        given_name=SCRIPT,
        locale=SCRIPT,
        context={"id": SCRIPT, "title": SCRIPT, "label": SCRIPT},
        resource_link={"id": SCRIPT, "title": SCRIPT},
        launch_presentation={"return_url": "javascript:alert(1)", "locale": SCRIPT},
        tool_platform={"product_family_code": SCRIPT},
        custom={"activity": SCRIPT},
    )
    assert browser.page is not None
    assert browser.page.status_code == 200
    assert "<script>alert" not in browser.text
    assert "javascript:" not in browser.text


async def test_the_key_set_shows_no_private_number(town: Town) -> None:
    """X08"""
    answer = await town.world.browser().http.get(f"{TOOL}/lti/jwks")
    for key in answer.json()["keys"]:
        assert set(key) == {"kty", "kid", "use", "alg", "n", "e"}
    assert "max-age" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "return_url",
    ["https://evil.test;script-src *", "https://*", "https://a.test' 'unsafe-inline", "data:x"],
)
async def test_a_return_address_cannot_widen_who_may_frame_us(town: Town, return_url: str) -> None:
    """X03"""
    browser, _, _ = await enters(town, launch_presentation={"return_url": return_url})
    assert browser.page is not None
    policy = browser.page.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors {CAMPUS}")
    assert "unsafe" not in policy


# P: whose page it is


async def test_a_planted_cookie_opens_nothing(town: Town) -> None:
    """P01, P02: the secret of a launch is new each time, so that none can be fixed beforehand."""
    first, _, _ = await enters(town, sub="mallory")
    planted = raw(first)
    victim = httpx2.AsyncClient(transport=town.world.joined, headers=planted)
    asked = await town.campus.begins(Browser(victim))
    answer = await victim.post(
        f"{TOOL}/lti/launch",
        data=town.campus.signs(asked, sub="victim"),
        headers={"Cookie": f"{planted['Cookie']}; {raw(Browser(victim))['Cookie']}"},
    )
    assert answer.status_code == 303
    home = f"{TOOL}{answer.headers['Location']}"
    for launch in await town.world.stored(Launch):
        assert launch.handle_hash not in planted["Cookie"]
    assert (await first.http.get(home)).status_code == 401


async def test_others_addresses_forms_and_attempts_stay_theirs(town: Town) -> None:
    """P04-P07: a form without a session, another's address, another tenant's, from another site."""
    await town.world.adds_case(51.0)
    ada, _, _ = await enters(town, sub="ada", name="Ada Okafor")
    await opens_case(ada)
    attempt = ada.path
    mallory = town.world.browser()
    asked = await town.tenant.begins(mallory)
    answer = await town.tenant.posts(
        mallory, town.tenant.signs(asked, sub="ada", deployment_id="9")
    )
    assert answer.status_code == 303
    await mallory.opens(f"{TOOL}{answer.headers['Location']}")
    assert "Ada" not in mallory.text
    own, theirs = launch_of(mallory), launch_of(ada)
    for path in (theirs, attempt, attempt.replace(theirs, own)):
        assert (await mallory.http.get(f"{TOOL}{path}")).status_code in {401, 404}
        for form in ({}, {"csrf": csrf_of(mallory)}, {"csrf": csrf_of(ada)}):
            posted = await mallory.http.post(f"{TOOL}{path}", data={"lvef": "42", **form})
            assert posted.status_code in {401, 404, 405}
    foreign = attempt.replace(theirs, own).rstrip("/")
    for tail in ("frame-rate", "trim", "cover", "covered", "resolved", "replace", "lock"):
        for typed in ({}, {"frames_per_second": "x", "from": "9", "to": "0", "lvef": "x"}):
            posted = await mallory.http.post(
                f"{TOOL}{foreign}/{tail}", data={"csrf": csrf_of(mallory), **typed}
            )
            assert posted.status_code == 404, (tail, typed)
    away = {"Origin": EVIL, "Referer": f"{EVIL}/", "Sec-Fetch-Site": "cross-site"}
    lock = f"{TOOL}{attempt.rstrip('/')}/lock"
    posted = await ada.http.post(lock, data={"lvef": "42"}, headers=away)
    assert posted.status_code == 401, "a form of another site has no token, whatever cookies say"
    assert {one.state for one in await town.world.stored(Attempt)} == {"draft"}


@pytest.mark.parametrize(
    ("position", "typed"),
    [
        (41, {"score": "1", "scoreGiven": "100", "delta": "0"}),
        (42, {"learner_id": "teacher", "user": "bea", "sub": "bea"}),
        (43, {"role": "teacher", "roles": INSTRUCTOR, "is_staff": "1"}),
        (44, {"line_item_url": f"{EVIL}/scores", "lineitem": f"{EVIL}/scores"}),
    ],
    ids=["score", "user", "role", "line item"],
)
async def test_what_a_browser_adds_to_a_form_decides_nothing(
    town: Town, position: int, typed: dict[str, str]
) -> None:
    """P08"""
    await town.world.adds_case(51.0, position)
    ada, _, _ = await enters(town, sub=f"typed-{position}")
    await opens_case(ada)
    lock = f"{TOOL}{ada.path.rstrip('/')}/lock"
    form = {"csrf": csrf_of(ada), "lvef": "11", **typed}
    answer = await ada.http.post(lock, data=form, follow_redirects=True)
    assert "You said 11 %" in answer.text
    home = await ada.http.get(f"{TOOL}{launch_of(ada)}", params=typed)
    assert "Try it as a learner" not in home.text


@pytest.mark.parametrize(
    "roles",
    [
        ["http://purl.imsglobal.org/vocab/lis/v2/evil#Instructor"],
        ["Instructor"],
        [f"{INSTRUCTOR} "],
        [INSTRUCTOR.replace("http:", "https:")],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"],
        ["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"],
    ],
)
async def test_only_a_teachers_own_role_shows_the_class(town: Town, roles: list[str]) -> None:
    """P11-P13"""
    browser, _, _ = await enters(town, roles=roles, custom={"role": INSTRUCTOR, "roles": "teacher"})
    assert "Try it as a learner" not in browser.text
    teacher, _, _ = await enters(town, roles=[INSTRUCTOR])
    assert "Try it as a learner" in teacher.text


async def test_what_a_browser_adds_to_a_launch_decides_nothing(town: Town) -> None:
    """P13: beside the token, in the form and in the address, where LTI 1.1 had them."""
    added = {
        "roles": INSTRUCTOR,
        full_name("roles"): INSTRUCTOR,
        "user_id": "teacher",
        "sub": "teacher",
        "lineitem": f"{EVIL}/lineitem",
        "lti_version": "LTI-1p0",
        "lti_message_type": "basic-lti-launch-request",
        "oauth_consumer_key": "key",
    }
    browser, asked = await town.begun()
    form = town.campus.signs(asked, sub="ada", name="Ada Okafor", roles=[LEARNER])
    url = f"{TOOL}/lti/launch?{urlencode(added)}"
    answer = await browser.http.post(url, data={**added, **form})
    assert answer.status_code == 303
    await browser.opens(f"{TOOL}{answer.headers['Location']}")
    assert "Ada Okafor" in browser.text
    assert "Try it as a learner" not in browser.text
    launch = max(await town.world.stored(Launch), key=lambda row: row.created_at)
    assert EVIL not in str(launch.line_item_url)
