"""An LMS connects itself: Moodle's way and Canvas's way, in words when it does not work."""

import logging
import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from lti.roster import ROSTER_SCOPE
from service.demo.flavours.registration import configuration
from service.models import Deployment, Event, Invite, Launch, Registration
from tests.support.registrar import an_administrator, invited
from tests.support.world import LMS, TOOL, World, form_to

CONFIGURATION = f"{LMS}/lti/moodle/openid-configuration"


async def registered(world: World) -> list[Registration]:
    """Every registration but the one that the tests' world begins with."""
    return [row for row in await world.stored(Registration) if row.client_id != "eyeball-demo"]


async def activate(world: World, client_id: str) -> None:
    """The LMS's administrator turns the tool on."""
    await world.browser().http.post(f"{LMS}/admin/tools/{client_id}/activate")


async def launch_by(world: World, client_id: str) -> httpx2.Response:
    """A learner opens an activity through this registration of the tool."""
    browser = world.browser()
    await browser.signs_in("learner-1")
    await browser.opens(f"{LMS}/activities/practice/launch?target=window&client={client_id}")
    await browser.sends(form_to(browser.text, "/lti/login"))
    if 'data-mode="put"' in browser.text:
        url = browser.text.partition('data-next-url="')[2].partition('"')[0]
        await browser.opens(url.replace("&amp;", "&"))
    return await browser.sends(form_to(browser.text, "/lti/launch"))


async def test_the_page_says_who_asks_for_what(world: World) -> None:
    admin = await invited(world)
    for words in (
        "Connect lms.test to Eyeball?",
        "(Moodle)",
        "Writing grades, and reading them back",
        "Course roster",
        "E-mail addresses are not asked for.",
        "I may connect tools for this institution.",
    ):
        assert words in admin.text, words
    assert not await registered(world)


async def test_moodle_is_connected_activated_approved_and_launches(world: World) -> None:
    admin = await invited(world)
    answer = await admin.agrees(contact="lms@example.edu")
    assert answer.status_code == 200
    [row] = await registered(world)
    assert row.client_id in admin.text
    for words in ("Registered.", "press Activate", "approves this connection", "data-closes"):
        assert words in admin.text, words
    assert (row.issuer, row.family, row.contact) == (LMS, "moodle", "lms@example.edu")
    assert (row.approved, row.approves_deployments) == (False, False)
    assert ROSTER_SCOPE in (row.scopes or "")
    await activate(world, row.client_id)
    refused = await launch_by(world, row.client_id)
    assert refused.status_code == 400
    assert "waits for the approval of whoever runs this tool" in refused.text
    assert row.client_id in refused.text
    async with world.worker.database.begin() as work:
        (await work.session.get_one(Registration, row.id)).approved = True
    assert (await launch_by(world, row.client_id)).status_code == 200
    [launch] = await world.stored(Launch)
    assert launch.registration_id == row.id


async def test_what_an_invite_approves_launches_at_once(world: World) -> None:
    admin = await invited(world, approves=True)
    await admin.agrees()
    assert "approves this connection" not in admin.text
    [row] = await registered(world)
    await activate(world, row.client_id)
    assert (await launch_by(world, row.client_id)).status_code == 200


async def test_canvas_names_no_deployment_so_that_one_waits(world: World) -> None:
    admin = await invited(world, "canvas", approves=True)
    assert "(Canvas)" in admin.text
    await admin.agrees()
    assert "In Canvas, look over what the app may do" in admin.text
    [row] = await registered(world)
    assert row.family == "canvas"
    await activate(world, row.client_id)
    refused = await launch_by(world, row.client_id)
    assert "waits for its operator" in refused.text
    [waiting] = [one for one in await world.stored(Deployment) if not one.approved]
    assert waiting.registration_id == row.id
    assert waiting.deployment_id in refused.text
    await launch_by(world, row.client_id)
    assert len([one for one in await world.stored(Deployment) if not one.approved]) == 1


async def test_deployments_are_let_in_where_the_invite_says_so(world: World) -> None:
    admin = await invited(world, "canvas", approves=True, approves_deployments=True)
    await admin.agrees()
    [row] = await registered(world)
    await activate(world, row.client_id)
    assert (await launch_by(world, row.client_id)).status_code == 200


async def test_names_and_the_roster_can_be_left_out(world: World) -> None:
    admin = await invited(world)
    await admin.presses(agreed="yes")
    [row] = await registered(world)
    assert ROSTER_SCOPE not in (row.scopes or "")
    [tool] = world.lms.state.lms.store.tools()
    assert ROSTER_SCOPE not in tool.scope


async def test_nothing_happens_until_the_box_is_ticked(world: World) -> None:
    admin = await invited(world)
    answer = await admin.presses(contact="ask <me>", names="yes")
    assert answer.status_code == 422
    assert "Tick this to go on." in admin.text
    assert "ask &lt;me&gt;" in admin.text
    assert not re.search(r'name="roster"[^>]*checked', admin.text)
    assert not await registered(world)
    assert (await admin.agrees()).status_code == 200


async def test_an_invite_is_good_for_as_often_and_as_long_as_it_says(world: World) -> None:
    admin = await invited(world)
    form = form_to(admin.browser.text, admin.path)
    await admin.agrees()
    again = await admin.browser.sends(form, agreed="yes")
    assert again.status_code == 404
    assert "This invitation isn't good" in again.text.replace("&#39;", "'")
    assert (await admin.opens_by("moodle")).status_code == 404
    twice = await invited(world, uses=2)
    await twice.agrees()
    assert (await twice.opens_by("moodle")).status_code == 200
    await twice.agrees()
    assert (await twice.opens_by("moodle")).status_code == 404
    short = await an_administrator(world, lasts=timedelta(hours=1))
    world.clock.passes(hours=1)
    assert (await short.opens_by("moodle")).status_code == 404
    await world.worker.sweep()
    assert "isn" in (await short.opens(None)).text
    assert all(invite.expires_at > world.clock() for invite in await world.stored(Invite))


async def test_only_a_hash_of_the_invite_is_kept_and_the_token_is_nowhere(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin = await invited(world)
    page = admin.text
    await admin.agrees()
    secret = admin.path.rpartition("/")[2]
    [invite] = await world.stored(Invite)
    assert secret not in str(vars(invite))
    assert admin.token not in page
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("service")
    )
    assert admin.token not in ours
    assert secret not in ours
    events = " ".join(str(vars(event)) for event in await world.stored(Event))
    assert admin.token not in events
    assert secret not in events
    assert {event.kind for event in await world.stored(Event)} == {"registration"}


async def test_the_platforms_no_is_told_in_its_own_words_and_the_invite_stays_good(
    world: World,
) -> None:
    admin = await invited(world)
    await admin.agrees()
    other = await an_administrator(world)
    await other.opens(CONFIGURATION, admin.token)
    answer = await other.agrees(contact="me")
    assert answer.status_code == 422
    assert "token_already_used" in other.text
    assert "the invitation is still good" in other.text
    assert 'value="me"' in other.text
    assert len(await registered(world)) == 1
    reference = re.search(r"<bdi>(\w{10})</bdi>", other.text)
    assert reference
    assert reference[1] in {event.reference for event in await world.stored(Event)}
    assert (await other.opens_by("moodle")).status_code == 200
    assert (await other.agrees()).status_code == 200


async def test_an_lms_that_is_connected_is_told_so_and_can_be_updated(world: World) -> None:
    admin = await invited(world)
    await admin.agrees()
    [row] = await registered(world)
    second = await invited(world)
    assert row.client_id in second.text
    assert "second connection" in second.text
    update = await an_administrator(world)
    await update.opens_by("moodle", updates=row.client_id)
    assert "Update the connection of lms.test?" in update.text
    answer = await update.presses(agreed="yes", contact="new@example.edu")
    assert "Updated." in answer.text
    [now] = await registered(world)
    assert (now.id, now.client_id, now.contact) == (row.id, row.client_id, "new@example.edu")
    assert not now.approved, "an update approves nothing"


async def test_a_page_that_was_left_open_is_begun_again(world: World) -> None:
    admin = await invited(world)
    world.clock.passes(minutes=61)
    answer = await admin.agrees()
    assert answer.status_code == 400
    assert "start again in your LMS" in answer.text
    for sealed in ("", "x", "gAAAAA", "é"):
        sent = {"offer": sealed, "agreed": "yes"}
        answer = await admin.browser.http.post(f"{TOOL}{admin.path}", data=sent)
        assert answer.status_code == 400, sealed


async def test_the_page_is_framed_by_the_lms_alone_and_sets_no_cookie(world: World) -> None:
    admin = await invited(world)
    pages = [admin.browser.page, await admin.presses(), await admin.agrees()]
    pages.append(await admin.opens_by("moodle"))
    for answer in pages:
        assert answer is not None
        assert answer.headers["Content-Security-Policy"].endswith(f"frame-ancestors {LMS}")
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    canvas = await an_administrator(world)
    world.joined.apps["sso.canvaslms.com"] = httpx2.MockTransport(lambda _: httpx2.Response(401))
    cloud = await canvas.opens("https://sso.canvaslms.com/api/lti/security/openid-configuration")
    assert cloud.headers["Content-Security-Policy"].endswith("frame-ancestors https:")
    for odd in ("https://a.test;x/", "javascript:alert(1)", "https://*.test/", "//x"):
        answer = await canvas.opens(odd)
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'"), odd


async def test_opened_by_hand_it_says_where_to_paste_it(world: World) -> None:
    admin = await an_administrator(world)
    answer = await admin.browser.opens(f"{TOOL}{admin.path}")
    assert answer.status_code == 200
    assert f"{TOOL}{admin.path}" in admin.text
    assert "In Moodle" in admin.text
    assert (await admin.browser.opens(f"{TOOL}/lti/register/{'x' * 43}")).status_code == 404


async def test_scopes_that_were_not_granted_are_named(world: World) -> None:
    answers: list[dict[str, Any]] = [{"client_id": "77", "scope": "x"}]
    shown = world.lms.state.lms
    said = configuration(shown, "canvas") | {
        name: f"https://strict.test/{name}"
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    said |= {
        "issuer": "https://strict.test",
        "registration_endpoint": "https://strict.test/register",
    }
    world.joined.apps["strict.test"] = httpx2.MockTransport(
        lambda request: httpx2.Response(200, json=answers.pop() if request.content else said)
    )
    admin = await an_administrator(world)
    await admin.opens("https://strict.test/configuration", "t.t.t")
    await admin.agrees()
    assert "did not grant all that we asked for" in admin.text
    assert "without it no score reaches the gradebook" in admin.text
