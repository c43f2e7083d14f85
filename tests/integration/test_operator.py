"""The operator: signs in by a link, sees every connection, approves, tests and looks things up."""

import asyncio
import re
from email.utils import formatdate

import httpx2
import pytest

from service.models import Deployment, Event, OperatorPass, Registration
from tests.support.campus import Campus, open_campus
from tests.support.registrar import Administrator, invited
from tests.support.stewards import Steward, a_link, a_steward
from tests.support.world import TOOL, World, form_to

PAGES = ("", "/events")


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await open_campus(world)


@pytest.fixture
async def steward(world: World) -> Steward:
    """An operator, signed in."""
    return await a_steward(world)


async def test_a_link_lets_in_once_and_looking_does_not_use_it_up(world: World) -> None:
    path = await a_link(world)
    browser = world.browser()
    for _ in range(3):
        assert (await browser.opens(f"{TOOL}{path}")).status_code == 200
    assert not browser.http.cookies
    form = form_to(browser.text, path)
    answer = await browser.http.post(f"{TOOL}{path}", data=form.fields)
    assert answer.status_code == 303
    assert re.fullmatch(
        r"__Host-eb-operator=[\w-]{43}; "
        r"Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=28800",
        answer.headers["Set-Cookie"],
    )
    again = await world.browser().http.post(f"{TOOL}{path}")
    assert again.status_code == 404
    assert "Set-Cookie" not in again.headers


async def test_of_ten_who_hold_a_link_one_gets_in(world: World) -> None:
    path = await a_link(world)
    answers = await asyncio.gather(*[world.browser().http.post(f"{TOOL}{path}") for _ in range(10)])
    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 9


async def test_a_link_lasts_ten_minutes_and_a_session_eight_hours(world: World) -> None:
    path = await a_link(world)
    world.clock.passes(minutes=10)
    assert (await world.browser().http.get(f"{TOOL}{path}")).status_code == 404
    steward = await a_steward(world)
    world.clock.passes(hours=7, minutes=59)
    assert (await steward.opens()).status_code == 200
    world.clock.passes(minutes=1)
    assert (await steward.opens()).status_code == 401
    await world.worker.sweep()
    assert not await world.stored(OperatorPass)


async def test_only_hashes_are_kept(world: World) -> None:
    path = await a_link(world)
    steward = await a_steward(world)
    secrets = [path.rpartition("/")[2], *steward.browser.http.cookies.values()]
    kept = " ".join(str(vars(row)) for row in await world.stored(OperatorPass))
    assert len(secrets) == 2
    assert not [secret for secret in secrets if secret in kept]


async def test_whoever_did_not_sign_in_sees_nothing(world: World) -> None:
    for page in PAGES:
        answer = await world.browser().http.get(f"{TOOL}/operator{page}")
        assert answer.status_code == 401
        assert "eyeball operator link" in answer.text
        assert "lms.test" not in answer.text
    stranger = world.browser()
    stranger.http.cookies.set("__Host-eb-operator", "x" * 43, domain="tool.test")
    assert (await stranger.opens(f"{TOOL}/operator")).status_code == 401


async def test_signing_out_ends_the_session_on_the_server_too(
    world: World, steward: Steward
) -> None:
    await steward.opens()
    cookies = dict(steward.browser.http.cookies)
    await steward.presses("/sign-out")
    steward.browser.http.cookies.update(cookies)
    assert (await steward.opens()).status_code == 401


async def test_no_page_is_framed_and_no_form_works_without_its_token(
    world: World, steward: Steward, campus: Campus
) -> None:
    for page in PAGES:
        answer = await steward.opens(page)
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        assert answer.headers["Cache-Control"] == "no-store"
    await steward.opens()
    actions = {form.action for form in steward.forms("") if form.method == "post"}
    assert len(actions) >= 6
    for action in actions:
        for csrf in ("", "x", "é"):
            answer = await steward.browser.http.post(f"{TOOL}{action}", data={"csrf": csrf})
            assert answer.status_code == 401, action
    assert (await steward.opens()).status_code == 200


async def test_a_registration_and_a_deployment_that_wait_are_approved(
    world: World, steward: Steward
) -> None:
    admin: Administrator = await invited(world, "canvas")
    await admin.agrees(contact="lms@example.edu")
    await steward.opens()
    assert "can't launch until you approve it" in steward.text
    assert "contact: lms@example.edu" in steward.text
    await steward.presses("/approve")
    [row] = [row for row in await world.stored(Registration) if row.family == "canvas"]
    assert row.approved
    async with world.worker.database.begin() as work:
        place = {"registration_id": row.id, "deployment_id": "9:course", "approved": False}
        work.session.add(Deployment(**place, created_at=world.clock()))
    await steward.opens()
    assert "9:course" in steward.text
    await steward.presses("/approve")
    assert all(one.approved for one in await world.stored(Deployment))
    await steward.opens()
    assert "Approve" not in steward.text


async def test_deployments_can_be_let_in_as_they_turn_up(
    world: World, steward: Steward, campus: Campus
) -> None:
    await steward.opens()
    for form in steward.forms("/deployments"):
        await steward.browser.sends(form)
    assert (await campus.launches(world.browser(), deployment_id="new-1")).status_code == 200
    await steward.opens()
    for form in steward.forms("/deployments"):
        assert form.fields["policy"] == "pending"
        await steward.browser.sends(form)
    assert (await campus.launches(world.browser(), deployment_id="new-2")).status_code == 400
    await steward.opens()
    assert "new-2" in steward.text


async def test_an_invitation_is_shown_once(world: World, steward: Steward) -> None:
    await steward.opens()
    await steward.presses("/invites", note="For <Ada>")
    found = re.search(rf"{TOOL}(/lti/register/[\w-]{{43}})", steward.text)
    assert found
    assert "For &lt;Ada&gt;" in steward.text
    assert "1 left" in steward.text
    assert (await world.browser().opens(f"{TOOL}{found[1]}")).status_code == 200
    await steward.opens()
    assert found[1] not in steward.text


async def test_the_last_launch_and_the_grades_are_shown(
    world: World, steward: Steward, campus: Campus
) -> None:
    await steward.opens()
    assert "never" in steward.text
    await campus.launches(world.browser())
    await steward.opens()
    assert "just now" in steward.text
    world.clock.passes(minutes=30)
    await steward.opens()
    assert "30 minutes ago" in steward.text
    assert "0 delivered, 0 on their way, 0 refused" in steward.text


async def launches_with_a_clock(world: World, campus: Campus, *, ahead: int) -> httpx2.Response:
    """A learner's launch, signed by a clock that is so many seconds ahead of ours."""
    theirs = int(world.clock().timestamp()) + ahead
    return await campus.launches(world.browser(), iat=theirs, exp=theirs + 300)


async def test_how_the_lmss_clock_goes_is_seen_from_its_launches(
    world: World, steward: Steward, campus: Campus
) -> None:
    await steward.opens()
    assert "Its clock" not in steward.text
    await launches_with_a_clock(world, campus, ahead=-2)
    await steward.opens()
    assert "As ours" in steward.text
    for _ in range(2):  # the middle one of three
        await launches_with_a_clock(world, campus, ahead=20)
    await steward.opens()
    assert "20 seconds ahead of ours" in steward.text
    assert "launches are refused" not in steward.text
    for _ in range(4):
        await launches_with_a_clock(world, campus, ahead=-45)
    await steward.opens()
    assert "45 seconds behind ours" in steward.text
    assert "launches are refused" in steward.text


async def test_a_clock_that_is_too_far_ahead_is_seen_from_what_was_refused(
    world: World, steward: Steward, campus: Campus
) -> None:
    answer = await launches_with_a_clock(world, campus, ahead=300)
    assert answer.status_code == 400
    await steward.opens()
    assert "300 seconds ahead of ours" in steward.text
    assert "launches are refused" in steward.text


async def tests_campus(steward: Steward) -> str:
    """Press "Test connection" of the campus; what the page says."""
    await steward.opens()
    form = steward.forms("/test")[0]  # sorted by name
    answer = await steward.browser.sends(form)
    assert answer.status_code == 200
    return steward.text


def dated(answer: httpx2.Response, world: World, seconds: int = 0) -> httpx2.Response:
    """The answer with a date, that many seconds from ours."""
    moment = world.clock().timestamp() + seconds
    answer.headers["Date"] = formatdate(moment, usegmt=True)
    return answer


def scripted(world: World, campus: Campus, **script: object) -> None:
    """Let the campus answer in its own way: seconds off, keys, and the scopes that it grants."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/jwks":
            shown = script.get("keys") or campus.lms.shows_keys()
            assert isinstance(shown, httpx2.Response)
            return dated(shown, world, int(str(script.get("seconds", 0))))
        if request.url.path == "/token":
            allowed = script.get("allows")
            asked = httpx2.QueryParams(request.content.decode())["scope"]
            if allowed is not None and str(allowed) not in asked:
                return httpx2.Response(400, json={"error": script.get("error", "invalid_scope")})
            return httpx2.Response(200, json={"access_token": "a-token", "expires_in": 3600})
        return httpx2.Response(404)

    world.joined.apps["campus.test"] = httpx2.MockTransport(answer)


async def test_a_connection_that_works_is_said_to_work(
    world: World, steward: Steward, campus: Campus
) -> None:
    scripted(world, campus)
    text = await tests_campus(steward)
    assert "The connection to Campus works." in text
    for words in ("launches can be verified", "0 seconds apart", "gives us one", "Granted."):
        assert words in text, words
    assert f"Published at {TOOL}/lti/jwks." in text
    assert "a-token" not in text
    assert ("token", "ok", "tested") in {
        (event.kind, event.outcome, event.code) for event in await world.stored(Event)
    }


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"seconds": 300}, "300 seconds apart"),
        ({"seconds": -90}, "Let both take their time from the network"),
        ({"keys": httpx2.Response(404)}, "status 404 and no key that we can use"),
        ({"keys": httpx2.Response(200, json={"keys": []})}, "no launch can be verified"),
        ({"keys": httpx2.Response(200, content=b"<html>")}, "Check the keyset address"),
        ({"allows": "none", "error": "invalid_client"}, "invalid_client"),
        ({"allows": "none", "error": "invalid_client"}, "public key comes from our keyset"),
    ],
)
async def test_each_step_that_fails_says_why_and_what_to_do(
    world: World, steward: Steward, campus: Campus, script: dict[str, object], words: str
) -> None:
    scripted(world, campus, **script)
    text = await tests_campus(steward)
    assert "The connection to Campus does not work." in text
    assert words in text


async def test_scopes_that_an_administrator_took_away_are_named(
    world: World, steward: Steward, campus: Campus
) -> None:
    scripted(world, campus, allows="scope/score")
    text = await tests_campus(steward)
    assert "The connection to Campus works." in text
    assert "Course roster" in text
    assert "without it learners are listed once they have come" in text


async def test_an_lms_that_is_away_is_told_from_one_that_refuses(
    world: World, steward: Steward, campus: Campus
) -> None:
    del world.joined.apps["campus.test"]
    text = await tests_campus(steward)
    assert "Try again later; grades wait meanwhile, and none is lost." in text


async def test_a_reference_from_an_error_page_is_found(
    world: World, steward: Steward, campus: Campus
) -> None:
    refused = await campus.launches(world.browser(), aud="another")
    shown = re.search(r"<bdi>(\w+)</bdi>", refused.text)
    assert shown
    await steward.opens(f"/events?reference={shown[1]}")
    assert steward.text.count(f">{shown[1]}</a>") == 2
    assert "<td>launch</td><td>refused</td>" in steward.text
    assert "_" not in re.sub(r"<[^>]*>", "", steward.text)
    assert not re.search(r">[A-Z][a-z]+[A-Z]", steward.text), "no name of a class"
    assert "Campus" in steward.text
    await steward.opens("/events?reference=nothing")
    assert "Nothing is known under this reference" in steward.text
    await steward.opens("/events?only=troubles")
    assert "<td>login</td>" not in steward.text


@pytest.mark.parametrize("reference", ["%00", "x" * 3000, "<script>alert(1)</script>", "'; --"])
async def test_odd_references_find_nothing(steward: Steward, reference: str) -> None:
    answer = await steward.opens(f"/events?reference={reference}")
    assert answer.status_code in {200, 400}
    assert "<script>alert" not in answer.text
