"""The tool in the frame can use this page as its storage; nobody else can."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Frame, Page, Route, async_playwright

from tests.unit.service.demo.conftest import Serve

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TOOL = "http://127.0.0.1:8001"
ASK = """([message, to]) => new Promise((resolve) => {
  const nothing = setTimeout(() => resolve(null), 1000);
  addEventListener("message", (event) => {
    if (event.data === message || event.data.message_id !== message.message_id) return;
    if (!event.data.subject.endsWith(".response")) return;
    clearTimeout(nothing);
    resolve({ from: event.origin, ...event.data });
  });
  to === "parent" ? parent.postMessage(message, "*") : window.postMessage(message, "*");
})"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and os.environ.get("EYEBALL_REQUIRE_BROWSER") != "1",
        reason="there is no Chromium at /usr/bin/chromium",
    ),
]


async def play_tool(route: Route) -> None:
    """A page of the tool's origin, whatever is asked of it."""
    await route.fulfill(content_type="text/html", body="<!doctype html><h1>The tool</h1>")


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def activity(serve: Serve, chromium: Browser) -> AsyncIterator[Page]:
    """Ada has opened an activity, and the tool is in its frame."""
    _, client = await serve()
    page = await chromium.new_page()
    await page.route(f"{TOOL}/**", play_tool)
    await page.goto(str(client.base_url))
    await page.get_by_role("button", name="Ada Okafor").click()
    await page.get_by_role("link", name="Your own clip").click()
    await page.frame_locator("#tool").get_by_role("heading", name="The tool").wait_for()
    # Playwright may show a new document before it has noticed the navigation.
    await tool_of(page).wait_for_url(f"{TOOL}/**")
    yield page
    await page.close()


def tool_of(page: Page) -> Frame:
    frame = page.frame("tool")
    assert frame is not None
    return frame


async def asks(page: Page, subject: str, **more: Any) -> dict[str, Any]:
    """What the page answers the tool; without whom it comes from, which is checked here."""
    message = {"subject": subject, "message_id": more.pop("message_id", subject), **more}
    answer = await tool_of(page).evaluate(ASK, [message, "parent"])
    assert answer.pop("from") == page.url.partition("/activities")[0]
    assert answer.pop("subject") == subject + ".response"
    answer.pop("message_id")
    return answer


@pytest.mark.breadth
async def test_the_tool_can_store_and_read_back(activity: Page) -> None:
    known = await asks(activity, "lti.capabilities")
    subjects = {one["subject"] for one in known["supported_messages"]}
    assert subjects >= {"lti.capabilities", "lti.put_data", "lti.get_data"}
    put = await asks(activity, "lti.put_data", key="state", value="abc")
    assert put == {"key": "state", "value": "abc"}
    assert await asks(activity, "lti.get_data", key="state") == put


@pytest.mark.breadth
async def test_null_deletes_and_an_unknown_key_is_null(activity: Page) -> None:
    await asks(activity, "lti.put_data", key="state", value="abc")
    await asks(activity, "lti.put_data", key="state", value=None)
    for key in ("state", "__proto__"):
        answer = await asks(activity, "lti.get_data", key=key, message_id=key)
        assert answer == {"key": key, "value": None}


@pytest.mark.breadth
async def test_what_is_wrong_gets_an_error(activity: Page) -> None:
    wrong = [
        ("lti.odd", {}, "unsupported_subject"),
        ("lti.get_data", {}, "bad_request"),
        ("lti.put_data", {"key": "a", "value": 7, "message_id": "b"}, "bad_request"),
        ("lti.put_data", {"key": "a", "value": "x" * 5000}, "storage_exhaustion"),
    ]
    for subject, more, code in wrong:
        assert (await asks(activity, subject, **more))["error"]["code"] == code


@pytest.mark.breadth
async def test_the_tool_sets_the_height_of_its_frame_within_reason(activity: Page) -> None:
    for asked, given in ((1200, 1200), ("900.5", 901), (10, 700), (1e9, 20000)):
        await asks(activity, "lti.frameResize", height=asked, message_id=str(asked))
        box = await activity.locator("#tool").bounding_box()
        assert box is not None
        assert box["height"] == given


@pytest.mark.breadth
async def test_another_origin_is_not_answered(activity: Page) -> None:
    message = {"subject": "lti.get_data", "message_id": "1", "key": "state"}
    assert await activity.evaluate(ASK, [message, "self"]) is None
