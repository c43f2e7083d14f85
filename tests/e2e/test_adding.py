"""A teacher adds an activity in Chromium, in the LMS's frame; a learner does it and is graded."""

import re

import pytest
from playwright.async_api import expect

from tests.support.browser import (
    Arrives,
    has_grade,
    heading,
    link,
    locks,
    looks_right,
    starts_case,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_a_teacher_adds_an_activity_and_a_learner_is_graded_in_it(
    course_of_any_lms: str, arrives: Arrives
) -> None:
    course = course_of_any_lms
    tess = await arrives(course, "teacher-1")
    await tess.page.goto(course)
    await tess.page.get_by_role("button", name="Add activity").click()
    await tess.page.wait_for_url("**/activities/add*")
    await expect(heading(tess.tool)).to_have_text("Add ejection fraction practice")
    await tess.tool.get_by_label("Title", exact=True).fill("Week 3: EF")
    await tess.tool.get_by_label("Points", exact=True).fill("20")
    await tess.tool.get_by_label("Cases", exact=True).fill("1")
    await tess.tool.get_by_role("button", name="Add to course").click()
    await expect(tess.page.get_by_role("link", name="Week 3: EF")).to_be_visible()

    ada = await arrives(course)
    await ada.page.goto(course)
    await expect(ada.page.get_by_role("button", name="Add activity")).to_have_count(0)
    await ada.page.get_by_role("link", name="Week 3: EF").click()
    await ada.page.wait_for_url("**/activities/link-*")
    await starts_case(ada.tool)
    await locks(ada.tool, 42)
    await link(ada.tool, "See how you did").click()
    delivery = ada.tool.locator(".delivery")
    await expect(delivery).to_contain_text("Sent to the gradebook.")
    points = re.search(r"([\d.]+) of 20 points", await delivery.inner_text())
    assert points
    await has_grade(ada, "Ada Okafor", "Week 3: EF", points[1], out_of=20)


@pytest.mark.breadth
async def test_the_course_and_its_picker_look_right(course: str, arrives: Arrives) -> None:
    tess = await arrives(course, "teacher-1")
    await tess.page.goto(course)
    await looks_right(tess.page.main_frame, "demo-course-of-a-teacher")
    await tess.page.goto(f"{course}/activities/add")
    await expect(heading(tess.tool)).to_have_text("Add ejection fraction practice")
    await looks_right(tess.page.main_frame, "demo-add-activity")
