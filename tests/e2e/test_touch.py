"""A practice case on the smallest phone, by touch alone, in the LMS's own frame."""

import pytest
from playwright.async_api import Frame, Locator, expect

from tests.support.browser import SETTLED, Arrives, heading, link, lvef_field, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PHONE = {"width": 320, "height": 640}
FINGER = 44  # px, in both directions or by its label


async def taps(tool: Frame, control: Locator) -> None:
    """Touch something that a finger can hit; nothing lies over it, or runs off the screen."""
    await control.wait_for()
    await tool.wait_for_function(SETTLED)
    box = await control.bounding_box()
    assert box is not None
    assert box["height"] >= FINGER - 0.5, await control.inner_html()
    assert box["width"] >= FINGER - 0.5, await control.inner_html()
    assert await too_wide(tool) == []
    await control.tap()


@pytest.mark.breadth
async def test_a_case_is_watched_judged_and_compared_with_a_finger(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course, viewport=PHONE, has_touch=True, is_mobile=True)
    tool = await ada.opens("practice")
    await taps(tool, link(tool, "Start case 1"))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    stage, where = tool.locator(".stage"), tool.locator("[data-part='where']")
    await expect(where).to_contain_text("frame ")
    await taps(tool, tool.locator(".stage .window"))
    await expect(stage).to_have_attribute("data-playing", "")
    await taps(tool, tool.locator("[data-part='play']"))
    await expect(stage).not_to_have_attribute("data-playing", "")
    before = await where.inner_text()
    await taps(tool, tool.get_by_role("button", name="One frame forward"))
    await expect(where).not_to_have_text(before)
    await taps(tool, tool.locator(".speeds label").filter(has_text="0.25×"))
    await expect(tool.get_by_role("radio", name="0.25×")).to_be_checked()
    await taps(tool, tool.locator(".chips label").filter(has_text="±10"))
    await lvef_field(tool).tap()
    await ada.page.keyboard.type("41")
    await taps(tool, tool.get_by_role("button", name="One point more"))
    await expect(lvef_field(tool)).to_have_value("42")
    await taps(tool, tool.get_by_role("button", name="Review", exact=True))
    await expect(heading(tool)).to_have_text("You estimate 42 %, within ±10.")
    await taps(tool, tool.get_by_role("button", name="Lock in 42 %"))
    await expect(heading(tool)).to_contain_text("You said 42 %.")
    await expect(heading(tool)).to_be_in_viewport()
    await taps(tool, link(tool, "Next case").first)
    await expect(tool.get_by_text("Case 2 of 12", exact=True)).to_be_visible()
    assert await too_wide(tool) == []
