"""The class page while a grade is on its way, in Chromium, without a service."""

import pytest
from playwright.async_api import Browser, Playwright, Route, expect

from service.pages.views import Delivery
from tests.support.gallery import LAUNCH, goes_to, hanging
from tests.support.rendering import environment
from tests.support.samples import class_row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_what_came_of_a_grade_takes_its_place_and_closes_nothing(
    chrome: tuple[Playwright, Browser],
) -> None:
    held = class_row("Eve", Delivery.HELD, problem="It holds 12 of 100.")
    fragment = environment().get_template("fragments/deliveries.html.jinja")
    said = fragment.render(
        rows=[held], missing=2, path="/l/7b1e", may_send=True, polled=True, launch=LAUNCH
    )

    async def answers(route: Route) -> None:
        await route.fulfill(body=said, content_type="text/html")

    async with hanging(chrome[1], viewport={"width": 860, "height": 900}) as (shown, wrong):
        await shown.route("**/class/deliveries", answers)
        await goes_to(shown, "class")
        row = shown.locator("tr", has_text="Eve")
        await expect(row.locator(".delivery")).to_contain_text("sending")
        await row.locator("summary").click()
        await expect(row.locator(".delivery")).to_contain_text("held: your decision")
        await expect(row.get_by_role("button", name="Send anyway Eve")).to_be_visible()
        await expect(shown.locator("#missing")).to_have_text("2 grades not delivered.")
        await expect(shown.locator("#announce")).to_have_text("2 grades not delivered.")
        await expect(shown.locator("#deliveries[hx-get]")).to_have_count(0)
    assert wrong == []
