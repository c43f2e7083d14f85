"""A person at Chromium: what they do in a course and in the tool, and what must never happen."""

import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Locator,
    Page,
    Playwright,
    Request,
    async_playwright,
    expect,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000  # milliseconds, on a machine that does other things as well
SETTLED = """() => document.readyState === "complete"
    && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")"""
SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
AXE = AXE_FILE_PATH.read_text()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Only what is wrong comes back: all else that axe tells takes longer to carry than to find.
RUN_AXE = """async only => {
    const asked = { runOnly: only, resultTypes: ["violations"], iframes: false };
    const { violations } = await axe.run(document, asked);
    return violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(" | ")}`);
}"""
# What looks at colours only: nothing else depends on the theme.
AXE_COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 860), ("dark", 860), ("light", 360), ("dark", 360), ("light", 320),
)  # fmt: skip
REFUSED_ON_PURPOSE = re.compile(r"Failed to load resource: the server responded with a status of 4")


def chromium() -> str:
    """Where Chromium is; without one the test is skipped, or fails where CI demands it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        stop = pytest.fail if os.environ.get("EYEBALL_REQUIRE_BROWSER") == "1" else pytest.skip
        stop(f"none of {', '.join(NAMES)} is installed")
    return found


@asynccontextmanager
async def running_chromium() -> AsyncIterator[tuple[Playwright, Browser]]:
    """One Chromium for many people, each with a profile of their own."""
    path = chromium()
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield playwright, browser
        finally:
            await browser.close()


@dataclass
class Watch:
    """Notes every error of a page, broken policy and request to elsewhere."""

    origins: tuple[str, ...]
    wrong: list[str] = field(default_factory=list[str])
    sent: list[str] = field(default_factory=list[str])

    def over(self, context: BrowserContext) -> None:
        """Watch every page of this profile."""
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        context.on("request", self._asked)
        context.on("response", lambda answer: self._answered(answer.status, answer.url))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not REFUSED_ON_PURPOSE.match(message.text):
            self.wrong.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        body = "" if request.method == "PUT" else request.post_data or ""
        self.sent.append(f"{request.url} {request.headers} {body}")
        if not request.url.startswith(("data:", "blob:", *self.origins)):
            self.wrong.append(f"request to elsewhere: {request.url}")

    def _answered(self, status: int, url: str) -> None:
        if status >= 500:
            self.wrong.append(f"{status} {url}")


@dataclass
class Person:
    """Someone in a browser profile of their own, in one course."""

    page: Page
    lms: str
    watch: Watch

    @property
    def tool(self) -> Frame:
        """The tool, in its frame on the LMS's page."""
        found = self.page.frame("tool")
        assert found is not None, self.page.url
        return found

    async def signs_in(self, user: str) -> None:
        """Be this user of the course."""
        await self.page.context.request.post(f"{self.lms}/session", form={"user": user})

    async def opens(self, activity: str) -> Frame:
        """Open an activity of the course; the tool comes up in a third party's frame."""
        await self.page.goto(f"{self.lms}/activities/{activity}")
        return self.tool

    async def opens_whole(self, activity: str) -> Frame:
        """Open an activity with the tool as the whole page."""
        await self.page.goto(f"{self.lms}/activities/{activity}/launch?target=window")
        await expect(self.page.locator("main h1")).not_to_contain_text("Opening the tool")
        return self.page.main_frame

    async def another_tab(self) -> "Person":
        """A second tab of the same profile."""
        return Person(await self.page.context.new_page(), self.lms, self.watch)


type Arrives = Callable[..., Any]


async def starts_case(tool: Frame, number: int = 1) -> None:
    """Open a practice case from the list."""
    await link(tool, f"Start case {number}").click()
    await expect(heading(tool)).to_have_text("Watch, then estimate")


def link(tool: Frame, name: str) -> Locator:
    """A way on: a link, or a form's button where no cookie can hold the launch."""
    return tool.get_by_role("link", name=name, exact=True).or_(
        tool.get_by_role("button", name=name, exact=True)
    )


def heading(tool: Frame) -> Locator:
    """What the page is about."""
    return tool.locator("main h1")


def lvef_field(tool: Frame) -> Locator:
    """Where the estimate is typed."""
    return tool.get_by_label("Ejection fraction", exact=True)


async def reviews(tool: Frame, lvef: int | str) -> None:
    """Type an estimate and go on to the review, once the page can hear it."""
    await lvef_field(tool).wait_for()
    await tool.wait_for_function(SETTLED)
    await lvef_field(tool).fill(str(lvef))
    await tool.get_by_role("button", name="Review and lock in").click()


async def locks(tool: Frame, lvef: int) -> None:
    """Type an estimate, look at it once more and lock it in; the answer comes."""
    await reviews(tool, lvef)
    lock = tool.get_by_role("button", name=f"Lock in {lvef} %")
    await lock.wait_for()
    await tool.wait_for_function(SETTLED)
    await lock.click()
    await expect(heading(tool)).to_contain_text(f"You said {lvef} %.")


async def shows_the_reading(tool: Frame) -> None:
    """A case is compared with its reference at once; the software's reading may follow later."""
    deadline = time.monotonic() + PATIENCE / 1000
    await expect(tool.locator(".dial")).to_be_visible()
    while not await tool.get_by_role("region", name="What the software read").is_visible():
        assert time.monotonic() < deadline
        await reloads(tool)
        await expect(tool.locator(".dial")).to_be_visible()


async def reloads(tool: Frame) -> None:
    """Press the browser's reload, inside a frame."""
    async with tool.page.expect_event("framenavigated", lambda frame: frame == tool):
        await tool.evaluate("setTimeout(() => location.reload())")


async def chooses(tool: Frame, clip: Path) -> None:
    """Choose a clip in the file chooser."""
    await tool.locator("#clip-file").set_input_files(clip)


async def has_grade(
    person: Person, learner: str, activity: str, points: str, *, out_of: int = 100
) -> None:
    """Look into the gradebook until the grade is there; it was sent once and no more."""
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        await person.page.goto(f"{person.lms}/gradebook")
        titles = await person.page.locator(".grades thead th").all_inner_texts()
        row = person.page.locator(".grades tbody tr").filter(has_text=learner)
        shown = await row.locator("th, td").nth(titles.index(activity)).inner_text()
        if f"{points} / {out_of}" in shown:
            break
        assert time.monotonic() < deadline, shown
        await person.page.wait_for_timeout(200)
    posts = person.page.locator(".log tbody tr").filter(has_text=activity)
    await expect(posts.filter(has_text=learner)).to_have_count(1)


async def unhurt(tool: Frame, *, colours_only: bool = False) -> list[str]:
    """What axe finds against WCAG 2.2 AA, and whether the page is wider than its frame.

    colours_only: for a page seen before, of which another theme changes nothing else.
    """
    if not await tool.evaluate("'axe' in window"):
        await tool.evaluate(AXE)
    only = {"type": "rule", "values": AXE_COLOURS} if colours_only else AXE_TAGS
    return await tool.evaluate(RUN_AXE, only) + await too_wide(tool)


async def looks_right(tool: Frame, name: str) -> None:
    """A page that fills its window, in both themes, wide and narrow; pictures for people to see."""
    wrong = []
    for theme, width in LOOKS:
        await tool.page.emulate_media(color_scheme=theme)
        await tool.page.set_viewport_size({"width": width, "height": 900})
        wrong += [f"{name}, {theme}, {width} px: {one}" for one in await unhurt(tool)]
        path = SCREENSHOTS / f"{name}-{theme}-{width}.png"
        await tool.page.screenshot(path=path, full_page=True, caret="initial")
    assert wrong == [], "\n".join(wrong)


async def too_wide(tool: Frame) -> list[str]:
    """Whether one has to scroll sideways."""
    root = "document.documentElement"
    over = await tool.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
    return [f"{over} px wider than its frame"] if over > 0 else []
