"""Without a mouse: every control is reached, seen and used; focus goes where one reads on."""

from pathlib import Path

import pytest
from playwright.async_api import Frame, Locator, expect

from tests.e2e.clips import drawn
from tests.support.browser import Arrives, Person, chooses, heading, link, lvef_field

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
MOST_TABS = 60
HAS_FOCUS = "element => element === document.activeElement"
FOCUS_SHOWS = """element => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const drawn = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    return drawn && element.matches(":focus-visible");
}"""


async def tabs_to(person: Person, control: Locator) -> None:
    """Press Tab until this control has the focus, and see that it has."""
    await expect(control).to_be_visible()
    for _ in range(MOST_TABS):
        if await control.evaluate(HAS_FOCUS):
            assert await control.evaluate(FOCUS_SHOWS), await control.inner_text()
            return
        await person.page.keyboard.press("Tab")
    raise AssertionError(f"{control} cannot be reached with Tab")


async def presses(person: Person, control: Locator, key: str = "Enter") -> None:
    """Go to a control and use it."""
    await tabs_to(person, control)
    await person.page.keyboard.press(key)


async def types(person: Person, lvef: str) -> None:
    """Go to the field, and type over what is in it."""
    await tabs_to(person, lvef_field(person.tool))
    await person.page.keyboard.press("Control+A")
    await person.page.keyboard.type(lvef)


@pytest.mark.breadth
async def test_a_practice_case_is_done_without_a_mouse(course: str, arrives: Arrives) -> None:
    ada = await arrives(course)
    tool = await ada.opens("practice")
    await presses(ada, link(tool, "Start case 1"))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await the_player_obeys_its_keys(ada)
    await types(ada, "abc")
    await ada.page.keyboard.press("Enter")
    await expect(tool.locator("#lvef")).to_be_focused()
    await expect(tool.locator("#lvef")).to_have_accessible_description(
        "In %, a whole number from 0 to 100 Type a whole number from 0 to 100."
    )
    await types(ada, "41")
    await presses(ada, tool.get_by_role("button", name="One point more"))
    await expect(lvef_field(tool)).to_have_value("42")
    await presses(ada, tool.get_by_role("radio", name="±5", exact=True), "Space")
    await ada.page.keyboard.press("ArrowRight")
    await presses(ada, tool.get_by_label("I already know this EF"), "Space")
    await presses(ada, tool.get_by_role("button", name="Review and lock in"))
    await expect(heading(tool)).to_have_text("You estimate 42 %, within ±10.")
    await expect(heading(tool)).to_be_focused()
    await presses(ada, tool.get_by_role("button", name="Go back"))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await expect(heading(tool)).to_be_focused()
    await expect(tool.get_by_label("I already know this EF")).to_be_checked()
    await presses(ada, tool.get_by_role("button", name="Review and lock in"))
    await expect(heading(tool)).to_be_focused()  # it takes the focus; not while one is at a button
    await presses(ada, tool.get_by_role("button", name="Lock in 42 %"))
    await expect(heading(tool)).to_contain_text("You said 42 %.")
    await expect(heading(tool)).to_be_focused()
    assert (await ada.tool.title()).startswith("The answer · Case 1 of 12")
    await presses(ada, tool.get_by_text("The same as a table"))
    await expect(tool.get_by_role("row", name="You 42")).to_be_visible()
    await presses(ada, link(tool, "Next case"))
    await expect(tool.get_by_text("Case 2 of 12", exact=True)).to_be_visible()


async def the_player_obeys_its_keys(ada: Person) -> None:
    """Frames, speed, loop and play, while the player has the focus, and only then."""
    tool, press = ada.tool, ada.page.keyboard.press
    where, stage = tool.locator("[data-part='where']"), tool.locator(".stage")
    await tabs_to(ada, tool.locator(".stage video"))
    await press("Space")
    await expect(stage).to_have_attribute("data-playing", "")
    await press("Space")
    await expect(stage).not_to_have_attribute("data-playing", "")
    await tabs_to(ada, tool.get_by_role("slider", name="Frame"))
    await press("Home")
    await expect(where).to_contain_text("frame 1 of")
    for key, frame in [("ArrowRight", 2), (".", 3), ("Shift+ArrowRight", 8), (",", 7)]:
        await press(key)
        await expect(where).to_contain_text(f"frame {frame} of")
    await press("[")
    await expect(tool.get_by_role("radio", name="0.75×")).to_be_checked()
    await press("]")
    await expect(tool.get_by_role("radio", name="1×")).to_be_checked()
    await press("z")
    await expect(tool.get_by_role("button", name="Zoom")).to_have_attribute("aria-pressed", "true")
    await press("z")
    await expect(tool.get_by_role("button", name="Zoom")).to_have_attribute("aria-pressed", "false")
    await press("l")
    await expect(tool.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")
    await presses(ada, tool.get_by_role("button", name="One frame forward"))
    await expect(where).to_contain_text("frame 8 of")
    await press("?")
    await presses(ada, tool.get_by_label("Use the keys below"), "Space")
    await tabs_to(ada, tool.get_by_role("button", name="One frame back"))
    await press("l")
    await expect(tool.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")
    await presses(ada, tool.get_by_label("Use the keys below"), "Space")
    await types(ada, "l")
    await expect(tool.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")


@pytest.mark.breadth
async def test_a_clip_of_ones_own_is_judged_without_a_mouse(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens("own-clip")
    await tabs_to(ada, tool.locator("#clip-file"))
    await chooses(tool, drawn(tmp_path))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await expect(heading(tool)).to_be_focused()
    await types(ada, "55")
    await ada.page.keyboard.press("Enter")
    attest = tool.get_by_label("I am allowed to use this clip")
    await expect(attest).to_be_focused()
    await expect(attest).to_have_accessible_description("Please confirm this before you lock in.")
    await presses(ada, attest, "Space")
    await presses(ada, tool.get_by_role("button", name="Review and lock in"))
    await expect(heading(tool)).to_have_text("You estimate 55 %.")
    await expect(heading(tool)).to_be_focused()
    await presses(ada, tool.get_by_role("button", name="Lock in 55 %"))
    await reads_on_at_the_answer(tool)


async def reads_on_at_the_answer(tool: Frame) -> None:
    """Through the wait, if there is one, to the answer's heading."""
    await expect(heading(tool)).to_contain_text("You said 55 %. The software read")
    await expect(heading(tool)).to_be_focused()
    await expect(tool.locator("#announce")).to_contain_text("Sent to the gradebook.")
