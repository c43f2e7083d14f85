"""Typing and pressing: nothing typed is lost, no press misses its button, however slow the network.

The pages are rendered without a service; what it would answer is told by the test.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import pytest
from playwright.async_api import Browser, Page, Playwright, Request, Response, Route, expect

from service.pages.views import EstimateView, Step
from tests.support.browser import SETTLED, Arrives, lvef_field, reloads, starts_case
from tests.support.gallery import goes_to, hanging
from tests.support.rendering import environment
from tests.support.samples import (
    AT_EACH_STEP,
    LAUNCH,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
GONE = "We can't reach the server just now."
AWAY = "You were away for a while. Open the activity again from your course."
# An LMS that gives its frame the height that it is told.
LMS = """<!doctype html><iframe name="tool" src="{page}" width="860" height="900"></iframe>
<script>
window.heights = [];
addEventListener("message", ({ source, data }) => {
    if (data.subject === "lti.frameResize") heights.push(data.height);
    if (data.subject === "lti.capabilities") source.postMessage({
        subject: "lti.capabilities.response", message_id: data.message_id,
        supported_messages: [{ subject: "lti.frameResize" }] }, "*");
});
</script>"""


@dataclass
class Slow:
    """A server that answers a request once it is let, and notes what was asked."""

    page: Page
    sent: list[str] = field(default_factory=list[str])
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let: asyncio.Event = field(default_factory=asyncio.Event)

    async def answers(
        self, address: str, body: Callable[[Request], str], status: int = 200
    ) -> None:
        """Answer this address so."""

        async def answer(route: Route) -> None:
            self.sent.append(route.request.post_data or "")
            self.asked.set()
            await self.let.wait()
            self.asked.clear()
            await route.fulfill(status=status, body=body(route.request), content_type="text/html")

        await self.page.route(address, answer)


@pytest.fixture
async def gallery(chrome: tuple[Playwright, Browser]) -> AsyncIterator[Page]:
    """A page of the gallery, narrow enough that the button lies below what may grow."""
    async with hanging(chrome[1], viewport={"width": 860, "height": 900}) as (shown, _):
        yield shown


@pytest.fixture
def slow(gallery: Page) -> Slow:
    """The server behind it."""
    return Slow(gallery)


def reviewed(request: Request) -> str:
    """What the service answers to a number: the same once more."""
    lvef = dict(one.split("=") for one in (request.post_data or "").split("&"))["lvef"]
    view = replace(AT_EACH_STEP[Step.REVIEW], estimate=EstimateView(lvef=lvef))
    template = environment().get_template("fragments/review.html.jinja")
    return template.render(launch=LAUNCH, attempt=view)


@pytest.mark.breadth
async def test_what_is_typed_while_a_review_is_under_way_is_not_replaced_by_it(
    gallery: Page, slow: Slow
) -> None:
    await slow.answers("**/review", reviewed)
    await goes_to(gallery, "estimate")
    await gallery.locator("#lvef").fill("4")
    review = gallery.get_by_role("button", name="Review and lock in")
    await review.click()
    await slow.asked.wait()
    await gallery.locator("#lvef").press("End")
    await gallery.keyboard.type("5")
    await expect(review).to_be_enabled()
    slow.let.set()
    await gallery.wait_for_timeout(300)
    await expect(gallery.locator("main h1")).to_have_text("Watch, then estimate")
    await expect(gallery.locator("#lvef")).to_have_value("45")
    await review.click()
    await expect(gallery.locator("main h1")).to_have_text("You estimate 45 %.")


async def test_while_a_review_is_under_way_what_sends_it_rests_and_nothing_else(
    gallery: Page, slow: Slow
) -> None:
    await slow.answers("**/review", reviewed)
    await goes_to(gallery, "estimate")
    await gallery.locator("#lvef").fill("42")
    review = gallery.get_by_role("button", name="Review and lock in")
    await review.click()
    await slow.asked.wait()
    await expect(review).to_be_disabled()
    await expect(gallery.locator(".only-narrow")).to_be_disabled()
    await expect(gallery.get_by_role("button", name="One point less")).to_be_enabled()
    slow.let.set()
    lock = gallery.get_by_role("button", name="Lock in 42 %")
    slow.let.clear()
    await slow.answers("**/lock", reviewed)
    await lock.click()
    await slow.asked.wait()
    await expect(lock).to_be_disabled()
    await expect(gallery.get_by_role("button", name="Go back")).to_be_enabled()
    slow.let.set()
    assert len(slow.sent) == 2


@pytest.mark.breadth
async def test_a_press_hits_its_button_though_the_view_check_speaks_up_meanwhile(
    gallery: Page, slow: Slow
) -> None:
    await slow.answers(
        "**/view?*", lambda _: f"<div role=status>{'<p>It is checked.</p>' * 9}</div>"
    )
    await goes_to(gallery, "view-unavailable")
    await gallery.locator("#lvef").fill("42")
    review = gallery.get_by_role("button", name="Review and lock in")
    await review.scroll_into_view_if_needed()
    box = await review.bounding_box()
    assert box is not None
    await slow.asked.wait()
    await gallery.mouse.move(box["x"] + 20, box["y"] + 20)
    await gallery.mouse.down()
    slow.let.set()
    await gallery.wait_for_timeout(300)
    async with gallery.expect_request("**/review"):
        await gallery.mouse.up()
    await expect(gallery.get_by_text("It is checked.")).to_have_count(
        9
    )  # the next time it is asked


@pytest.mark.breadth
async def test_the_frame_keeps_its_height_under_a_finger(gallery: Page) -> None:
    await gallery.goto("/notice")
    page = gallery.url.replace("/notice", "/estimate")

    async def frames(route: Route) -> None:
        await route.fulfill(body=LMS.replace("{page}", page), content_type="text/html")

    await gallery.route("**/lms", frames)
    await gallery.goto("/lms")
    tool = gallery.frame("tool")
    assert tool is not None
    await gallery.wait_for_function("() => heights.length > 0")
    await tool.locator("h1").hover()
    await gallery.mouse.down()
    before = await gallery.evaluate("heights.length")
    await tool.evaluate("document.querySelector('main').append('What is new.')")
    await gallery.wait_for_timeout(400)
    assert await gallery.evaluate("heights.length") == before
    await gallery.mouse.up()
    await gallery.wait_for_function(f"() => heights.length > {before}")


@pytest.mark.breadth
async def test_a_draft_that_failed_is_told_until_one_gets_through(
    gallery: Page, slow: Slow
) -> None:
    slow.let.set()
    await slow.answers("**/draft", lambda _: "", status=503)
    await goes_to(gallery, "estimate")
    await gallery.locator("#lvef").press_sequentially("4")
    await expect(gallery.locator("#trouble")).to_contain_text(GONE)
    await expect(gallery.locator("#lvef")).to_be_focused()
    await gallery.unroute("**/draft")
    await gallery.locator("#lvef").press_sequentially("2")
    await expect(gallery.locator("#trouble")).to_be_empty()


@pytest.mark.breadth
async def test_a_draft_that_gets_through_takes_nothing_else_back(gallery: Page, slow: Slow) -> None:
    slow.let.set()
    await slow.answers("**/review", lambda _: "", status=503)
    await goes_to(gallery, "estimate")
    await gallery.locator("#lvef").fill("42")
    await gallery.get_by_role("button", name="Review and lock in").click()
    await expect(gallery.locator("#trouble")).to_contain_text(GONE)
    async with gallery.expect_response("**/draft"):
        await gallery.locator("[name=known]").check()
    await gallery.wait_for_timeout(100)
    await expect(gallery.locator("#trouble")).to_contain_text(GONE)


@pytest.mark.breadth
async def test_whose_session_ended_is_told_while_they_type_and_once(
    gallery: Page, slow: Slow
) -> None:
    slow.let.set()
    await slow.answers(
        "**/draft", lambda _: f"<main><p data-sentence>{AWAY}</p></main>", status=401
    )
    await goes_to(gallery, "estimate")
    await gallery.locator("#lvef").press_sequentially("4")
    said = gallery.locator("#trouble [data-sentence]")
    await expect(said).to_have_text(AWAY)
    await expect(gallery.locator("#lvef")).to_be_focused()
    first = await said.element_handle()
    assert first is not None
    async with gallery.expect_response("**/draft"):
        await gallery.locator("#lvef").press_sequentially("2")
    await gallery.wait_for_timeout(100)
    assert await first.evaluate("one => one.isConnected"), "it is not said anew at every key"
    await expect(gallery.locator("#lvef")).to_have_value("42")


@pytest.mark.breadth
async def test_what_is_typed_before_our_scripts_have_come_is_kept_as_well(
    gallery: Page, slow: Slow
) -> None:
    async def late(route: Route) -> None:
        await slow.let.wait()
        await route.continue_()

    await gallery.route("**/htmx.min.js*", late)
    await gallery.goto("/estimate", wait_until="commit")
    await gallery.locator("#lvef").fill("42")
    async with gallery.expect_request("**/draft") as draft:
        slow.let.set()
    assert "lvef=42" in ((await draft.value).post_data or "")


async def test_what_is_typed_is_there_after_a_reload(course: str, arrives: Arrives) -> None:
    ada = await arrives(course)
    tool = await ada.opens("practice")
    await starts_case(tool)
    await tool.wait_for_function(SETTLED)
    await lvef_field(tool).press_sequentially("47")
    async with ada.page.expect_response(keeps("lvef=47&half_width=15")):
        await tool.locator(".chips label").filter(has_text="±15").click()
    await reloads(tool)
    await expect(lvef_field(tool)).to_have_value("47")
    await expect(tool.get_by_role("radio", name="±15")).to_be_checked()
    later = await ada.another_tab()
    again = await later.opens("practice")
    await again.get_by_role("link", name="Continue case 1", exact=True).click()
    await expect(lvef_field(again)).to_have_value("47")


def keeps(fields: str) -> Callable[[Response], bool]:
    """Whether an answer is that to a draft with these fields."""
    return lambda answer: answer.url.endswith("/draft") and fields in str(answer.request.post_data)
