"""Connecting an LMS in Chromium: by invite from the LMS's own frame, and the operator's pages."""

import pytest
from playwright.async_api import expect

from service.clock import utc_now
from service.invites import Terms, make_invite
from service.operators import make_link
from service.store.database import Database
from tests.support.browser import Arrives, heading, looks_right
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def an_invite(stack: Stack, **terms: bool) -> str:
    """What `eyeball invite` prints."""
    database = Database(stack.database_url)
    try:
        return await make_invite(database, stack.tool_url, Terms(**terms), utc_now())
    finally:
        await database.engine.dispose()


async def a_link(stack: Stack) -> str:
    """What `eyeball operator link` prints."""
    database = Database(stack.database_url)
    try:
        return await make_link(database, stack.tool_url, utc_now())
    finally:
        await database.engine.dispose()


@pytest.mark.breadth
async def test_an_lms_connects_itself_by_invite_and_a_learner_launches(
    stack: Stack, arrives: Arrives
) -> None:
    admin = await arrives(stack.lms_url)
    page = admin.page
    await page.goto(f"{stack.lms_url}/admin/tools")
    await page.get_by_label("The tool's registration address").fill(
        await an_invite(stack, approves=True)
    )
    await page.get_by_role("button", name="Add").click()
    tool = page.frame_locator("#registration")
    await expect(tool.get_by_role("heading", level=1)).to_contain_text("Connect localhost")
    await tool.get_by_label("I may connect tools for this institution.").check()
    await tool.get_by_role("button", name="Register").click()
    await expect(tool.get_by_role("heading", level=1)).to_have_text("Registered.")
    await expect(tool.get_by_text("press Activate")).to_be_visible()
    assert not [one for one in await page.context.cookies() if one["name"].startswith("__Host-")]
    await tool.get_by_role("button", name="Close").click()
    await expect(page.get_by_text("pending")).to_be_visible()
    await page.get_by_role("button", name="Activate").click()
    await page.goto(stack.lms_url)
    await page.get_by_role("link", name="Practice cases through Eyeball").click()
    practice = page.frame_locator("#tool")
    await expect(practice.get_by_role("link", name="Start").first).to_be_visible()


@pytest.mark.breadth
async def test_every_page_of_connecting_looks_right(stack: Stack, arrives: Arrives) -> None:
    admin = await arrives(stack.lms_url)
    page, frame = admin.page, admin.page.main_frame
    invite = await an_invite(stack)
    await page.goto(invite)
    await looks_right(frame, "connect-invited")
    await page.goto(f"{stack.lms_url}/admin/tools/add?url={invite}&dialect=canvas")
    source = await page.locator("#registration").get_attribute("src")
    assert source
    await page.goto(source)
    await looks_right(frame, "connect-confirm")
    await page.get_by_label("I may connect tools for this institution.").check()
    await page.get_by_role("button", name="Register").click()
    await expect(heading(frame)).to_have_text("Registered.")
    await looks_right(frame, "connect-done")
    other = await an_invite(stack)
    await page.goto(f"{other}?openid_configuration=https://10.0.0.1/&registration_token=t")
    await looks_right(frame, "connect-trouble")
    await page.goto(f"{stack.tool_url}/lti/connect")
    await looks_right(frame, "connect-by-hand")


@pytest.mark.breadth
async def test_every_page_of_the_operator_looks_right(stack: Stack, arrives: Arrives) -> None:
    operator = await arrives(stack.lms_url)
    page, frame = operator.page, operator.page.main_frame
    await page.goto(f"{stack.tool_url}/operator")
    await looks_right(frame, "operator-unknown")
    await page.goto(await a_link(stack))
    await looks_right(frame, "operator-enter")
    await page.get_by_role("button", name="Sign in").click()
    await expect(heading(frame)).to_have_text("Connections")
    await page.get_by_label("For whom (optional)").fill("Example University")
    await page.get_by_role("button", name="Make an invitation").click()
    await expect(page.get_by_text("It is shown this once")).to_be_visible()
    await looks_right(frame, "operator-connections")
    await page.get_by_role("button", name="Test connection").first.click()
    await expect(heading(frame)).to_contain_text("The connection to")
    await looks_right(frame, "operator-test")
    await page.goto(f"{stack.tool_url}/operator/events")
    await looks_right(frame, "operator-events")
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(f"{stack.tool_url}/operator")
    await expect(heading(frame)).to_have_text("Please sign in")
