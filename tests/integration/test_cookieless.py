"""Launches where the browser keeps no cookie of ours: by the platform's frame, or a new window."""

import re
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from service.models import Launch, LoginState
from tests.support.campus import (
    ASKED,
    CAMPUS,
    COURSE,
    INSTRUCTOR,
    RETURN,
    Campus,
    open_campus,
)
from tests.support.walks import attempt_of, carried, launch_of
from tests.support.world import TOOL, Browser, World, form_to

STORAGE = {"lti_storage_target": "_parent"}
PICKING: dict[str, Any] = {
    "message_type": "LtiDeepLinkingRequest",
    "roles": [INSTRUCTOR],
    "sub": "7",
    "resource_link": ...,
    "context": COURSE,
    "deep_linking": ASKED,
}
SETUP = {
    "title": "Week 3",
    "points": "20",
    "kind": "practice",
    "cases": "1",
    "grade_by": "linear",
    "full_within": "5",
    "none_beyond": "20",
}


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await open_campus(world)


def value_of(page: httpx2.Response, name: str) -> str:
    """A data attribute of the storage page."""
    return page.text.partition(f'data-{name}="')[2].partition('"')[0].replace("&amp;", "&")


async def proves(browser: Browser, ticket: str, proof: str) -> httpx2.Response:
    """Send what the platform's frame has kept."""
    form = {"ticket": ticket, "proof": proof}
    browser.page = await browser.http.post(f"{TOOL}/lti/verify", data=form)
    return browser.page


async def without_cookies(
    world: World, campus: Campus, **claims: Any
) -> tuple[Browser, str, str, httpx2.Response]:
    """A cookie-less launch as far as the storage page: browser, ticket, proof and the page."""
    browser = world.browser(keeps_our_cookies=False)
    asked = await campus.begins(browser, **STORAGE)
    assert browser.page is not None
    proof = value_of(browser.page, "value")
    page = await campus.posts(browser, campus.signs(asked, **claims))
    return browser, form_to(page.text, "/lti/verify").fields["ticket"], proof, page


async def test_a_browser_that_did_not_log_in_is_offered_a_window_and_told_nothing(
    world: World, campus: Campus
) -> None:
    asked = await campus.begins(world.browser())
    page = await campus.posts(world.browser(), campus.signs(asked, name="Ada Okafor"))
    assert page.status_code == 403
    assert "Open in a new window" in page.text
    assert "Ada" not in page.text
    assert "Set-Cookie" not in page.headers
    assert form_to(page.text, "/lti/login").fields["login_hint"] == "whoever"
    assert not await world.stored(Launch)


async def test_the_platforms_frame_is_asked_where_the_login_left_something_in_it(
    world: World, campus: Campus
) -> None:
    browser, _, proof, page = await without_cookies(world, campus, name="Ada Okafor")
    assert value_of(page, "mode") == "get"
    assert value_of(page, "target-origin") == CAMPUS
    assert "Ada" not in page.text
    assert proof not in page.text
    assert "lti_storage_target" not in page.text.partition("/lti/login")[2]
    assert not browser.http.cookies.jar._cookies.get("tool.test")  # type: ignore[attr-defined]
    assert not await world.stored(Launch)


async def test_a_proof_opens_the_launch_in_the_page_itself(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    browser, ticket, proof, _ = await without_cookies(world, campus)
    page = await proves(browser, ticket, proof)
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    handle = form_to(page.text, "/cases/1").fields["launch"]
    assert carried(page.text)["X-Eyeball-Launch"] == handle
    again = await proves(browser, ticket, proof)
    assert (again.status_code, "used already" in again.text) == (400, True)


async def test_a_page_stays_when_its_language_changes(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    browser, ticket, proof, _ = await without_cookies(world, campus)
    await proves(browser, ticket, proof)
    await browser.sends(form_to(browser.text, "/cases/1"))
    await browser.sends(form_to(browser.text, "/language"), language="de")
    assert '<html lang="de"' in browser.text
    assert 'name="lvef"' in browser.text
    assert form_to(browser.text, "/language").fields["launch"]


async def test_a_list_stays_as_it_was_asked_for_when_its_language_changes(
    world: World, campus: Campus
) -> None:
    browser, ticket, proof, _ = await without_cookies(world, campus)
    await proves(browser, ticket, proof)
    form = form_to(browser.text, "/language")
    filtered = replace(form, action=form.action.replace("/language", "/progress/cases"))
    await browser.sends(filtered, category="2")
    await browser.sends(form_to(browser.text, "/language"), language="de")
    assert '<html lang="de"' in browser.text
    assert '<option value="2" selected>' in browser.text


async def test_a_wrong_proof_or_ticket_opens_nothing(world: World, campus: Campus) -> None:
    browser, ticket, proof, _ = await without_cookies(world, campus)
    _, other_ticket, other_proof, _ = await without_cookies(world, campus)
    state = ticket.partition(":")[0]
    wrong = [
        (ticket, ""),
        (ticket, other_proof),
        (other_ticket, proof),
        (f"{state}:", proof),
        (f"{state}:{other_ticket.partition(':')[2]}", proof),
        ("", proof),
        (ticket, "é\0"),
    ]
    for ticket_, proof_ in wrong:
        assert (await proves(browser, ticket_, proof_)).status_code == 400
    assert not await world.stored(Launch)
    assert (await proves(browser, ticket, proof)).status_code == 200


async def test_a_login_whose_cookie_came_back_needs_no_proof_but_has_no_ticket(
    world: World, campus: Campus
) -> None:
    browser = world.browser()
    asked = await campus.begins(browser, **STORAGE)
    proof = value_of(browser.page, "value")  # type: ignore[arg-type]
    assert (await proves(browser, f"{asked['state']}:", proof)).status_code == 400
    assert (await campus.posts(browser, campus.signs(asked))).status_code == 303


async def test_without_cookies_a_case_is_walked_by_forms_and_no_address_holds_the_handle(
    world: World, campus: Campus
) -> None:
    await world.adds_case(51.0)
    browser, ticket, proof, _ = await without_cookies(world, campus)
    pages = [await proves(browser, ticket, proof)]
    handle = form_to(pages[0].text, "/cases/1").fields["launch"]
    pages.append(await browser.sends(form_to(browser.text, "/cases/1")))
    pages.append(await browser.sends(form_to(browser.text, "/review"), lvef="forty"))
    pages.append(await browser.sends(form_to(browser.text, "/review"), lvef="42"))
    pages.append(await browser.sends(form_to(browser.text, "/back")))
    pages.append(await browser.sends(form_to(browser.text, "/review"), lvef="42"))
    pages.append(await browser.sends(form_to(browser.text, "/lock")))
    assert "You said 42 %. The reference is 51 %." in browser.text
    attempt = attempt_of(browser)
    fragment = await browser.http.get(f"{TOOL}{attempt}/delivery", headers=carried(browser.text))
    assert fragment.status_code == 200
    pages.append(await browser.sends(form_to(browser.text, launch_of(browser))))
    for page in [*pages, fragment]:
        assert handle not in str(page.url)
        assert "Location" not in page.headers
        assert "Set-Cookie" not in page.headers
        addresses = re.findall(r'(?:href|src|action|hx-get|hx-post|data-\S*)="([^"]*)"', page.text)
        assert not [address for address in addresses if handle in address]
        assert not re.search(r'<a [^>]*href="/l/', page.text), "only forms lead on"
    assert (await browser.opens(str(pages[1].url))).status_code == 401


async def test_without_cookies_an_errors_page_leads_on_by_a_form(
    world: World, campus: Campus
) -> None:
    await world.adds_case(51.0)
    browser, ticket, proof, _ = await without_cookies(world, campus)
    await proves(browser, ticket, proof)
    missing = form_to(browser.text, "/cases/1")
    missing.action = missing.action.replace("/cases/1", "/cases/9")
    assert (await browser.sends(missing)).status_code == 404
    assert not re.search(r'<a [^>]*href="/l/', browser.text), "only forms lead on"
    await browser.sends(form_to(browser.text, launch_of(browser)))
    assert "Start case 1" in browser.text


async def test_without_cookies_what_is_typed_is_kept_and_no_address_holds_it(
    world: World, campus: Campus
) -> None:
    await world.adds_case(51.0)
    browser, ticket, proof, _ = await without_cookies(world, campus)
    await proves(browser, ticket, proof)
    opening = form_to(browser.text, "/cases/1")
    page = await browser.sends(opening)
    typed = {"lvef": "4", "half_width": "15"}
    url = f"{TOOL}{attempt_of(browser)}/draft"
    kept = await browser.http.post(url, data=typed, headers=carried(page.text))
    assert kept.status_code == 204
    page = await browser.sends(opening)
    assert 'name="lvef" value="4"' in page.text
    assert 'value="15" checked' in page.text
    assert "lvef=" not in page.text


async def test_without_cookies_a_teacher_picks_by_forms_alone(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    browser = world.browser(keeps_our_cookies=False)
    asked = await campus.begins(browser, **STORAGE)
    assert browser.page is not None
    proof = value_of(browser.page, "value")
    page = await campus.posts(browser, campus.signs(asked, **PICKING))
    await proves(browser, form_to(page.text, "/lti/verify").fields["ticket"], proof)
    assert "Add ejection fraction practice" in browser.text
    form = form_to(browser.text, "/pick/add")
    handle = form.fields["launch"]
    for step in ("more", "try", "add"):
        assert f'formaction="{launch_of(browser)}/pick/{step}"' in browser.text or step == "add"
        picks = replace(form, action=f"{launch_of(browser)}/pick/{step}")
        answer = await browser.sends(picks, **SETUP)
        assert answer.status_code == 200, answer.text
        assert "Set-Cookie" not in answer.headers
        assert handle not in str(answer.url)
        if step == "try":
            assert "0 of 1 case done" in browser.text
            await browser.sends(form_to(browser.text, "/pick"))
    assert form_to(browser.text, RETURN).fields["JWT"]
    assert browser.text.count("<li><strong>Week 3</strong></li>") == 2


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "a.b.c.d",
        f"a.{'b' * 70_000}.c",
        f"{'x' * 900_000}",
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImEifQ.e30.x",
    ],
)
async def test_what_cannot_be_a_launch_is_not_kept_until_a_proof_comes(
    world: World, campus: Campus, token: str
) -> None:
    browser = world.browser(keeps_our_cookies=False)
    asked = await campus.begins(browser, **STORAGE)
    page = await campus.posts(browser, {"state": asked["state"], "id_token": token})
    assert page.status_code == 400
    assert "learning platform" in page.text
    [login] = await world.stored(LoginState)
    assert (login.pending_token, login.ticket_hash) == (None, None)
