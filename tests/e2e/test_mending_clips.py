"""A clip that needs its learner's help: it is covered, cleared or trimmed, also by keyboard."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import Route, expect

from tests.e2e.clips import named
from tests.e2e.test_keyboard import presses, tabs_to
from tests.support.browser import Arrives, chooses, heading, looks_right
from tests.unit.inference import clips

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BRIGHTEST_IN = """([left, top, width, height]) => {
    const video = document.querySelector(".stage video");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(left, top, width, height);
    return data.reduce((most, level, k) => (k % 4 < 3 ? Math.max(most, level) : most), 0);
}"""


FLOOD = "Many clips are coming in at once. Yours waits its turn."


def with_a_name(folder: Path) -> Path:
    """A heart with a name over its tissue."""
    frames = clips.heart(45, 320).copy()
    for frame in frames:
        cv2.putText(frame, "DOE JANE", (105, 150), 0, 0.7, (235,), 2, cv2.LINE_AA)
    return named(folder, "mp4", clips.video(frames))


def long(folder: Path) -> Path:
    """Twenty-four seconds of a slowly recorded heart."""
    page = clips.page(clips.heart(30))
    return named(folder, "mp4", clips.video(np.resize(page, (288, *page.shape[1:])), rate=12))


@pytest.mark.breadth
async def test_a_rectangle_is_typed_by_keyboard_and_blacked_out(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("own-clip")
    await chooses(tool, named(tmp_path, "mp4", clips.video(clips.page(clips.heart(45)))))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await presses(ada, tool.get_by_role("link", name="Cover something"))
    await expect(heading(tool)).to_have_text("Cover what should not be seen")
    await looks_right(tool, "cover-own")
    for label, percent in [("left", "40"), ("top", "60"), ("Width", "15"), ("Height", "10,5")]:
        await tabs_to(ada, tool.get_by_label(label))
        await ada.page.keyboard.type(percent)
    drawn = tool.locator(".drawn")
    await expect(drawn).to_have_attribute("x", "128")
    await presses(ada, tool.get_by_role("button", name="Cover this rectangle"))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await tool.wait_for_function("() => document.querySelector('.stage video').readyState >= 4")
    assert await tool.evaluate(BRIGHTEST_IN, [132, 148, 40, 16]) < 24


@pytest.mark.breadth
async def test_a_long_clip_is_trimmed_by_keyboard(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("own-clip")
    await chooses(tool, long(tmp_path))
    await expect(tool.get_by_text("This clip is 24 seconds; the limit is 20.")).to_be_visible()
    await looks_right(tool, "trim")
    for label, second in [("Use it from second", "2"), ("to second", "5,5")]:
        await tabs_to(ada, tool.get_by_label(label, exact=True))
        await ada.page.keyboard.press("Control+A")
        await ada.page.keyboard.type(second)
    await presses(ada, tool.get_by_role("button", name="Use this part"))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await expect(tool.locator("[data-part='where']")).to_contain_text("of 42")


@pytest.mark.breadth
async def test_a_name_over_the_tissue_is_shown_and_blacked_out(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("own-clip")
    await chooses(tool, with_a_name(tmp_path))
    await expect(tool.get_by_text("We found text that may identify a patient.")).to_be_visible()
    await expect(tool.locator("rect.found")).to_have_count(1)
    await looks_right(tool, "found-places")
    await presses(ada, tool.get_by_role("button", name="Cover what was found"))
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await tool.wait_for_function("() => document.querySelector('.stage video').readyState >= 4")
    assert await tool.evaluate(BRIGHTEST_IN, [112, 134, 76, 14]) < 24


@pytest.mark.breadth
async def test_in_a_flood_of_clips_a_learner_is_told_to_wait_and_then_goes_on(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("own-clip")
    refused: list[str] = []

    async def full(route: Route) -> None:
        if refused:
            await route.continue_()
            return
        refused.append(route.request.url)
        await route.fulfill(status=429, body=f"<p data-sentence>{FLOOD}</p>")

    await ada.page.route("**/clip/grant", full)
    await chooses(tool, named(tmp_path, "mp4", clips.video(clips.page(clips.heart(45)))))
    await expect(tool.get_by_text(FLOOD).first).to_be_visible()
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    assert len(refused) == 1
