"""A clip of one's own: sent, masked, judged blind, compared, and full points for taking part."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Frame, expect

from tests.e2e.clips import NAME, animation, drawn, motion_jpeg, scanner
from tests.support.browser import Arrives, chooses, has_grade, heading, lvef_field, reloads, reviews
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
BREADTH = pytest.mark.breadth

# Which frame the browser shows, by its own word, and a number that goes with its picture.
FRAME_SHOWN = """async press => {
    const video = document.querySelector(".stage video");
    const pixels = () => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
        const context = canvas.getContext("2d");
        context.drawImage(video, 0, 0);
        return context.getImageData(0, 0, canvas.width, canvas.height);
    };
    const shown = new Promise(done => video.requestVideoFrameCallback((_, facts) => done(facts)));
    document.querySelector(`[data-part="${press}"]`).click();
    const { mediaTime } = await shown;
    const { data } = pixels();
    let sum = 0;
    for (let k = 0; k < data.length; k += 4) sum = (sum * 31 + data[k]) % 1000000007;
    return { mediaTime, sum };
}"""
BRIGHTEST_ABOVE = """rows => {
    const video = document.querySelector(".stage video");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, rows];
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, rows);
    return Math.max(...data.filter((_, k) => k % 4 < 3));
}"""


async def steps_frame_by_frame(tool: Frame) -> None:
    """Each press of a step button shows the next picture, and the page says which."""
    where = tool.locator("[data-part='where']")
    await tool.locator("[data-part='scrub']").press("Home")
    await expect(where).to_contain_text("frame 1 of")
    await tool.wait_for_function("() => document.querySelector('.stage video').readyState >= 4")
    times: list[float] = await tool.eval_on_selector(
        ".stage", "stage => JSON.parse(stage.dataset.frames)"
    )
    pictures = set()
    for press, frame in [("forward", 1), ("forward", 2), ("forward", 3), ("back", 2)]:
        seen: dict[str, Any] = await tool.evaluate(FRAME_SHOWN, press)
        assert seen["mediaTime"] == pytest.approx(times[frame], abs=0.004)
        pictures.add(seen["sum"])
        await expect(where).to_contain_text(f"frame {frame + 1} of {len(times)}")
    assert len(pictures) == 3


async def says_nothing_of_the_name(tool: Frame) -> None:
    """The page as it stands holds nothing of what the file is called."""
    assert NAME not in await tool.content()


async def refuses_an_empty_file(tool: Frame, folder: Path) -> None:
    """It is said at once; nothing is sent, and nothing turns for ever."""
    empty = folder / "empty.mp4"
    empty.touch()
    await chooses(tool, empty)
    await expect(tool.locator("[data-part='refusal']")).to_contain_text("This file is empty.")
    await expect(tool.get_by_role("progressbar")).to_have_count(0)
    await expect(tool.locator("[data-upload] input")).to_have_value("")


async def asks_for_two_marks(tool: Frame) -> None:
    """Whoever has marked no frame is told so beside the button, not far above it."""
    await tool.get_by_role("button", name="Show them side by side").click()
    said = tool.locator("form[action$='/marks']").get_by_role("alert")
    await expect(said).to_have_text("Mark two frames first: the largest and the smallest.")
    await expect(said).to_be_focused()
    await expect(tool.locator("#trouble")).to_be_empty()


async def sees_both_marks(tool: Frame) -> None:
    """Their pictures come by themselves, and each shows its frame in the clip."""
    for keys, name in (["Home"], "largest"), (["ArrowRight"] * 3, "smallest"):
        for key in keys:
            await tool.locator("[data-part='scrub']").press(key)
        await tool.get_by_role("button", name=f"This frame is the {name}").click()
    await expect(tool.locator("output[for='end_systole']")).to_have_text("4")
    await tool.get_by_role("button", name="Show them side by side").click()
    await expect(tool.locator(".explained .still img")).to_have_count(2, timeout=60_000)
    await expect(tool.get_by_text("Drawing them …")).to_have_count(0)
    await tool.get_by_role("button", name="Show in the clip: End diastole").click()
    await expect(tool.locator("[data-part='where']")).to_contain_text("frame 1 of")


@pytest.mark.parametrize(
    "clip",
    [scanner, *(pytest.param(kind, marks=BREADTH) for kind in (animation, motion_jpeg, drawn))],
)
async def test_a_clip_is_masked_judged_blind_compared_and_graded_once(
    stack: Stack, course: str, arrives: Arrives, tmp_path: Path, clip: Callable[[Path], Path]
) -> None:
    file = clip(tmp_path)
    ada = await arrives(stack.lms_url if clip is drawn else course)
    tool = await ada.opens("own-clip")
    await expect(heading(tool)).to_have_text("Choose an apical four-chamber clip")
    await refuses_an_empty_file(tool, tmp_path)
    await chooses(tool, file)
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await steps_frame_by_frame(tool)
    await says_nothing_of_the_name(tool)
    await expect(tool.locator(".model-label")).to_have_text("phantom model: not for real hearts")
    await expect(tool.locator(".reading, .dial, .gap")).to_have_count(0)

    await reviews(tool, 55)
    await expect(tool.get_by_text("Please confirm this before you lock in.")).to_be_visible()
    await expect(tool.get_by_role("button", name="Lock in 55")).to_have_count(0)
    await tool.get_by_label("I am allowed to use this clip").check()
    await reviews(tool, "55.5")
    await expect(tool.locator("#lvef-error")).to_contain_text("whole number")
    await reviews(tool, 55)
    await expect(heading(tool)).to_have_text("You estimate 55 %.")
    await tool.get_by_role("button", name="Go back").click()
    await expect(lvef_field(tool)).to_have_value("55")
    await expect(tool.get_by_label("I am allowed to use this clip")).to_be_checked()
    await reviews(tool, 55)
    await tool.get_by_role("button", name="Lock in 55 %").click()

    await expect(heading(tool)).to_contain_text("You said 55 %. The software read")
    await compares_honestly(tool)
    await asks_for_two_marks(tool)
    ada.watch.wrong[:] = [one for one in ada.watch.wrong if "/marks" not in one]
    await sees_both_marks(tool)
    await says_nothing_of_the_name(tool)
    await has_grade(ada, "Ada Okafor", "Your own clip", "100")
    assert NAME not in await ada.page.content()

    tool = await ada.opens("own-clip")
    await expect(heading(tool)).to_contain_text("You said 55 %.")
    for _ in range(3):
        await reloads(tool)
        await expect(heading(tool)).to_contain_text("You said 55 %.")
    await ada.page.reload()
    await expect(heading(ada.tool)).to_contain_text("You said 55 %.")
    await expect(ada.tool.locator(".delivery")).to_contain_text("Sent to the gradebook.")
    await has_grade(ada, "Ada Okafor", "Your own clip", "100")
    assert [one for one in ada.watch.sent if NAME in one] == []


async def compares_honestly(tool: Frame) -> None:
    """Both numbers, the signed gap between them, and how little the demo model knows of hearts."""
    headline = await heading(tool).inner_text()
    numbers = re.fullmatch(r"You said (\d+) %\. The software read ([\d.]+) %\.", headline)
    assert numbers, headline
    gap = round(int(numbers[1]) - float(numbers[2]), 1)
    side = "higher" if gap > 0 else "lower"
    await expect(tool.locator(".gap")).to_have_text(
        re.compile(
            rf"Yours is ({abs(gap):g} points? {side} than|the same as) the demo model's\. .+"
        )
    )
    model = tool.get_by_role("region", name="What the software read")
    await expect(model).to_contain_text(f"{numbers[2]} %")
    await expect(model).to_contain_text("range unknown: demo model")
    await expect(model).to_contain_text("phantom model: not for real hearts")
    await expect(model).to_contain_text("Read by Phantom")
    await expect(tool.get_by_text("How close you were is not scored.")).to_be_visible()
    await expect(tool.get_by_role("img", name="Ejection fraction from 0 to 100 %")).to_be_visible()


@pytest.mark.breadth
async def test_a_clip_is_blackened_around_its_picture_and_can_be_replaced(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    file = drawn(tmp_path)
    assert NAME.encode() in file.read_bytes()
    ada = await arrives(course)
    tool = await ada.opens("own-clip")
    await chooses(tool, file)
    await expect(heading(tool)).to_have_text("Watch, then estimate")
    await tool.wait_for_function("() => document.querySelector('.stage video').readyState >= 4")
    assert await tool.evaluate(BRIGHTEST_ABOVE, 24) < 24
    source = await tool.locator(".stage video").evaluate("video => video.src")
    masked = await (await ada.page.context.request.get(source)).body()
    assert b"ftyp" in masked[:16]
    assert NAME.encode() not in masked
    assert b"soun" not in masked
    await tool.get_by_text("Replace this clip").click()
    await tool.get_by_role("button", name="Delete it and choose another").click()
    await expect(heading(tool)).to_have_text("Choose an apical four-chamber clip")
    await expect(heading(tool)).to_be_focused()
