"""Practice cases: every one judged blind, compared and scored, and their mean in the gradebook."""

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Frame, expect

from tests.support.browser import (
    Arrives,
    has_grade,
    heading,
    link,
    locks,
    reviews,
    shows_the_reading,
    starts_case,
    unhurt,
)
from tests.support.processes import until
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
ESTIMATES = (55, 30, 62, 41, 18, 70, 50, 35, 47, 25, 58, 0)
LEFT_TO_DRAW = "SELECT count(*) FROM anchor WHERE prepared IS NULL"
ALL_PLAY = """() => [...document.querySelectorAll(".anchors video")].every(
    video => !video.paused && video.currentTime > 0)"""
FULL_WITHIN, NONE_BEYOND = 5.0, 20.0


@dataclass(frozen=True)
class Shown:
    """What a reveal says of one case."""

    estimate: int
    reference: float
    gap: str
    score: str

    @property
    def delta(self) -> float:
        """Estimate minus reference."""
        return round(self.estimate - self.reference, 1)

    @property
    def earned(self) -> float:
        """The linear rule: full marks within 5 points, none beyond 20."""
        share = (NONE_BEYOND - abs(self.delta)) / (NONE_BEYOND - FULL_WITHIN)
        return min(1.0, max(0.0, share))


async def shown(tool: Frame) -> Shown:
    """Read the reveal as a learner does."""
    headline = await heading(tool).inner_text()
    numbers = re.fullmatch(r"You said (\d+) %\. The reference is ([\d.]+) %\.", headline)
    assert numbers, headline
    return Shown(
        estimate=int(numbers[1]),
        reference=float(numbers[2]),
        gap=await tool.locator(".gap").inner_text(),
        score=await tool.locator("dt:text-is('Score') + dd").inner_text(),
    )


def in_words(delta: float) -> str:
    """The signed gap as the page should say it."""
    if delta == 0:
        return "You read exactly the same."
    points = "point" if abs(delta) == 1 else "points"
    return f"You read {abs(delta):g} {points} {'high' if delta > 0 else 'low'}."


@pytest.mark.breadth
async def test_a_newcomers_first_answer_stands_between_two_drawn_hearts(
    stack: Stack, course: str, arrives: Arrives
) -> None:
    await until(lambda: stack.rows(LEFT_TO_DRAW) == [(0,)], "the hearts to compare with", 300)
    ada = await arrives(course)
    tool = await ada.opens("practice")
    await starts_case(tool)
    await locks(tool, 50)
    anchors = tool.get_by_role("region", name="Side by side")
    await expect(
        anchors.get_by_label(re.compile(r"^Drawn heart, LVEF exactly \d+ %$"))
    ).to_have_count(2)
    numbers = await anchors.locator("figcaption strong").all_inner_texts()
    below, this, above = (float(number.removesuffix(" %")) for number in numbers)
    assert 5 <= this - below <= 15
    assert 5 <= above - this <= 15
    await anchors.get_by_role("button", name="Play together").click()
    await tool.wait_for_function(ALL_PLAY)
    assert await unhurt(tool) == []


async def test_all_cases_are_judged_compared_and_their_mean_is_the_grade(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course)
    tool = await ada.opens("practice")
    await expect(tool.locator(".cases li")).to_have_count(len(ESTIMATES))
    await expect(tool.get_by_text("0 of 12 cases done")).to_be_visible()
    await link(tool, "Start case 1").click()
    earned = []
    for number, estimate in enumerate(ESTIMATES, start=1):
        await expect(tool.get_by_text(f"Case {number} of 12", exact=True)).to_be_visible()
        await locks(tool, estimate)
        case = await shown(tool)
        assert case.estimate == estimate
        assert case.gap == in_words(case.delta)
        assert case.score.startswith(f"Score for this case: {round(100 * case.earned)} %.")
        await expect(tool.get_by_text("Within 10 points of the reference")).to_be_visible(
            visible=abs(case.delta) <= 10
        )
        earned.append(case.earned)
        await link(tool, "Next case" if number < 12 else "See how you did").click()
    await expect(tool.get_by_text("12 of 12 cases done")).to_be_visible()
    mean = round(100 * sum(earned) / len(earned), 2)
    await expect(tool.locator(".delivery")).to_contain_text(f"{mean:g} of 100 points.")
    await expect(tool.locator(".delivery")).to_contain_text("Sent to the gradebook.")
    await link(tool, "Look again at case 1").click()
    await shows_the_reading(tool)
    model = tool.get_by_role("region", name="What the software read")
    await expect(model).to_contain_text(re.compile(r"likely \d+–\d+\s% \(±\d+\)"))
    await has_grade(ada, "Ada Okafor", "Practice cases", f"{mean:.4g}")
    book = await (await ada.page.context.request.get(f"{ada.lms}/gradebook.json")).json()
    (posted,) = (post for post in book["posts"] if post["activity"] == "practice")
    assert posted["score_given"] == mean
    assert 0 < mean < 100


@pytest.mark.breadth
async def test_a_wrong_estimate_gets_a_sentence_and_the_typed_value_is_kept(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course)
    tool = await ada.opens("practice")
    await starts_case(tool)
    for typed in ("", "abc", "101", "47.5", "-3"):
        await reviews(tool, typed)
        await expect(tool.locator("#lvef-error")).to_contain_text("whole number")
        await expect(tool.locator("#lvef")).to_be_focused()
        await expect(tool.locator("#lvef")).to_have_value(typed[:3])
    await expect(tool.locator("#lvef")).to_have_attribute("aria-invalid", "true")
