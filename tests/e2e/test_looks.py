"""Every page at every step: legible to all by WCAG 2.2 AA, in both themes, wide and narrow."""

import time
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest
from playwright.async_api import FloatRect, Frame, Route, expect

from tests.e2e.clips import a_blink, a_pdf, a_still, drawn
from tests.support.browser import (
    PATIENCE,
    SCREENSHOTS,
    Arrives,
    chooses,
    heading,
    link,
    locks,
    looks_right,
    reviews,
    shows_the_reading,
    starts_case,
)
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.breadth]
LARGEST_PICTURE = 150_000  # bytes
SHADES = 64  # of each colour: nobody sees that there are no more, and speckle packs better
CROPPED: FloatRect = {"x": 0, "y": 0, "width": 860, "height": 1154}


async def test_a_practice_case_at_every_step(course: str, arrives: Arrives) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("practice")
    await looks_right(tool, "practice-new")
    await starts_case(tool)
    await expect(tool.locator("[data-part='where']")).to_contain_text(" of ")
    await looks_right(tool, "estimate")
    await reviews(tool, "abc")
    await expect(tool.locator("#lvef-error")).to_be_visible()
    await looks_right(tool, "estimate-wrong")
    await reviews(tool, 42)
    await expect(heading(tool)).to_have_text("You estimate 42 %.")
    await looks_right(tool, "review")
    await tool.get_by_role("button", name="Go back").click()
    await locks(tool, 42)
    await shows_the_reading(tool)
    for summary in await tool.locator("summary").all():
        await summary.click()
    await looks_right(tool, "reveal")
    await link(tool, "Next case").first.click()
    await expect(tool.get_by_text("Case 2 of 12", exact=True)).to_be_visible()
    await ada.page.goto(f"{ada.page.url.partition('/attempts/')[0]}/")
    await expect(link(tool, "Continue case 2")).to_be_visible()
    await looks_right(tool, "practice-begun")


async def test_a_clip_of_ones_own_at_every_step(
    stack: Stack, course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("own-clip")
    await expect(heading(tool)).to_have_text("Choose an apical four-chamber clip")
    await looks_right(tool, "choose")
    with stack.worker_pauses():
        await chooses(tool, drawn(tmp_path))
        await expect(heading(tool)).to_have_text("Preparing your clip")
        await looks_right(tool, "masking")
    await becomes_ready(stack, tool)
    with stack.worker_pauses():
        await expect(heading(tool)).to_have_text("Watch, then estimate")
        await reviews(tool, "")
        await expect(tool.get_by_text("Please confirm this before you lock in.")).to_be_visible()
        await looks_right(tool, "own-estimate-wrong")
        await tool.get_by_label("I am allowed to use this clip").check()
        await reviews(tool, 55)
        await tool.get_by_role("button", name="Lock in 55 %").click()
        await expect(heading(tool)).to_have_text("Your estimate is locked in")
        await looks_right(tool, "waiting")
    await expect(heading(tool)).to_contain_text("You said 55 %.")
    await expect(tool.locator(".delivery")).to_contain_text("Sent to the gradebook.")
    await looks_right(tool, "own-reveal")


async def becomes_ready(stack: Stack, tool: Frame) -> None:
    """Wait until the clip is masked, and no longer, so that it is not read yet."""
    deadline = time.monotonic() + PATIENCE / 1000
    while stack.newest_clip() != "ready":
        assert time.monotonic() < deadline
        await tool.page.wait_for_timeout(50)


async def test_a_refused_clip_says_why_and_costs_nothing(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("own-clip")
    for clip, why in [(a_pdf, "This is a PDF."), (a_still, "still image"), (a_blink, "too short")]:
        await chooses(tool, clip(tmp_path))
        alert = tool.locator("[data-step='choose'] > .alert")
        await expect(alert).to_contain_text(why)
        await expect(alert).to_contain_text("Your grade isn't affected and no attempt was used.")
    await looks_right(tool, "refused")


async def test_a_teacher_sees_the_class_and_tries_it_without_a_grade(
    course: str, arrives: Arrives
) -> None:
    tess = await arrives(course, "teacher-1")
    tool = await tess.opens_whole("practice")
    await expect(tool.get_by_text("Nobody has started yet.")).to_be_visible()
    await looks_right(tool, "class-empty")
    ada = await arrives(course)
    hers = await ada.opens_whole("practice")
    await starts_case(hers)
    await locks(hers, 42)
    await tess.page.reload()
    await expect(tool.get_by_role("row", name="Ada Okafor 1")).to_be_visible()
    await looks_right(tool, "class")
    await link(tool, "Try it as a learner").click()
    await expect(tool.get_by_text("You're previewing as a teacher.")).to_be_visible()
    await starts_case(tool)
    await locks(tool, 42)
    await looks_right(tool, "preview")
    await tess.page.goto(f"{tess.lms}/gradebook")
    await expect(tess.page.get_by_text("None so far.")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "path", "says"),
    [
        ("signed-out", f"/l/{UUID(int=0)}/", "Please open the activity again"),
        ("not-found", "/nothing", "There is no such page"),
        ("launch-failed", "/lti/login", "This launch didn't work"),
    ],
)
async def test_a_page_that_cannot_be_shown_says_what_to_do(
    stack: Stack, arrives: Arrives, name: str, path: str, says: str
) -> None:
    someone = await arrives(stack.lms_url)
    await someone.page.goto(f"{stack.tool_url}{path}")
    await expect(heading(someone.page.main_frame)).to_have_text(says)
    await looks_right(someone.page.main_frame, name)


async def test_a_server_that_cannot_be_reached_loses_nothing(course: str, arrives: Arrives) -> None:
    async def unreachable(route: Route) -> None:
        await route.fulfill(status=503)

    ada = await arrives(course)
    tool = await ada.opens_whole("practice")
    await starts_case(tool)
    await ada.page.context.route("**/review", unreachable)
    await reviews(tool, 42)
    await expect(tool.locator("#trouble")).to_contain_text("We can't reach the server just now.")
    await expect(tool.locator("#trouble")).to_be_focused()
    await expect(tool.locator("#lvef")).to_have_value("42")
    await looks_right(tool, "trouble")
    await ada.page.context.unroute("**/review")
    await locks(tool, 42)
    ada.watch.wrong[:] = [one for one in ada.watch.wrong if "503" not in one]


async def test_what_is_typed_after_the_launch_has_ended_stays_in_sight(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("practice")
    await starts_case(tool)
    await ada.page.context.clear_cookies()
    await reviews(tool, 42)
    await expect(tool.locator("#trouble")).to_contain_text("Open the activity again")
    await expect(tool.locator("#trouble")).to_be_focused()
    await expect(tool.locator("#lvef")).to_have_value("42")
    ada.watch.wrong[:] = [one for one in ada.watch.wrong if "401" not in one]


async def test_the_answer_in_the_courses_frame_makes_a_picture_for_the_readme(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course, viewport={"width": 860, "height": 1180}, color_scheme="light")
    tool = await ada.opens("practice")
    await starts_case(tool)
    await locks(tool, 24)
    await shows_the_reading(tool)
    path = SCREENSHOTS / "readme-reveal.png"
    await tool.wait_for_function("() => document.querySelector('.stage video').readyState >= 4")
    await ada.page.screenshot(path=path, caret="initial", clip=CROPPED)
    with_fewer_shades(path)
    assert path.stat().st_size <= LARGEST_PICTURE


def with_fewer_shades(path: Path) -> None:
    """Write a picture anew, smaller."""
    picture = cv2.imread(str(path))
    step = 255 / (SHADES - 1)
    rounded = (np.round(picture / step) * step).round().astype(np.uint8)
    cv2.imwrite(str(path), rounded, [cv2.IMWRITE_PNG_COMPRESSION, 9])
