"""A phone on a poor line: what stands still is said to, goes on by itself, and nothing is black."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Playwright, Route, expect

from tests.e2e.clips import drawn
from tests.e2e.test_own_file import PIXELS
from tests.support.browser import Arrives, chooses, heading
from tests.support.gallery import goes_to, hanging, render, small_clip
from tests.support.samples import LAUNCH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
GRANTED = {"url": "/bytes", "method": "PUT", "headers": {}, "resumable": True}
STILL = "Nothing gets through just now: the connection is slow or gone."
OFFLINE = "This device is offline."
LATER = 9_000  # milliseconds on the page's clock: longer than a line may be silent


@dataclass
class Line:
    """Between a page and a server that takes clips; it can be made to hang, or to break."""

    page: Page
    open: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: int = 0  # so many pieces are lost
    answer: str = '<div data-step="masking"><h1>Preparing your clip</h1></div>'
    asked: list[str] = field(default_factory=list[str])

    async def answers(self, route: Route) -> None:
        """What the server would."""
        what = route.request.url.rpartition("/")[2]
        told = route.request.headers.get("content-range", "")
        self.asked.append(f"{what} {told.split('/')[0]}".strip())
        if what == "grant":
            await route.fulfill(json=GRANTED | {"done_url": "/clip/done"})
        elif what == "done":
            await route.fulfill(body=self.answer, content_type="text/html")
        elif "*" in told:
            await route.fulfill(status=202, headers={"Upload-Offset": "0"})
        elif self.breaks:
            self.breaks -= 1
            await route.abort("internetdisconnected")
        else:
            await self.open.wait()
            if not self.page.is_closed():
                await route.fulfill(status=204)

    async def sends(self, clip: Path) -> None:
        """Choose a clip, and see it on its way."""
        await goes_to(self.page, "choose")
        await self.page.locator("#clip-file").set_input_files(clip)
        await expect(self.page.get_by_role("progressbar")).to_be_visible()


@pytest.fixture
async def line(chrome: tuple[Playwright, Browser]) -> AsyncIterator[Line]:
    """A phone's line, on which nothing gets through yet; the page's clock can be put forward."""
    async with hanging(chrome[1], viewport={"width": 360, "height": 740}) as (page, _wrong):
        await page.clock.install()
        found = Line(page)
        await page.route(re.compile("/(clip/grant|bytes|clip/done)$"), found.answers)
        yield found
        found.open.set()


async def arrives(line: Line) -> None:
    """The clip is there, and nothing is said of the line any more."""
    await expect(line.page.get_by_role("heading", name="Preparing your clip")).to_be_visible()
    await expect(line.page.get_by_text(STILL)).to_have_count(0)


async def test_an_upload_that_stands_still_is_said_to_and_that_it_goes_on(
    line: Line, tmp_path: Path
) -> None:
    await line.sends(drawn(tmp_path))
    await expect(line.page.get_by_text(STILL)).to_have_count(0)
    await line.page.clock.fast_forward(LATER)
    await expect(line.page.locator("[data-part=still]")).to_contain_text(STILL)
    await expect(line.page.locator("#announce")).to_contain_text(STILL)
    line.open.set()
    await arrives(line)
    assert [one for one in line.asked if one.startswith("grant")] == ["grant"]


@pytest.mark.breadth
async def test_a_line_that_breaks_is_tried_again_and_that_is_said(
    line: Line, tmp_path: Path
) -> None:
    line.breaks = 2
    await line.sends(drawn(tmp_path))
    await expect(line.page.locator("[data-part=still]")).to_contain_text(STILL)
    line.open.set()
    await arrives(line)


@pytest.mark.breadth
async def test_a_device_that_is_offline_waits_and_goes_on_at_once_when_it_is_back(
    line: Line, tmp_path: Path
) -> None:
    await line.sends(drawn(tmp_path))
    await line.page.wait_for_function("() => document.querySelector('progress')")
    await line.page.context.set_offline(True)
    await expect(line.page.locator("[data-part=still]")).to_contain_text(OFFLINE)
    line.open.set()
    await line.page.context.set_offline(False)
    await arrives(line)


@pytest.mark.breadth
async def test_a_line_that_was_given_up_is_taken_up_when_the_device_is_back(
    line: Line, tmp_path: Path
) -> None:
    line.breaks = 100
    await line.sends(drawn(tmp_path))
    for _ in range(8):
        await line.page.clock.fast_forward(70_000)
        await asyncio.sleep(0.05)
    await expect(line.page.get_by_text("The connection dropped at 0 %.")).to_be_visible()
    await expect(line.page.locator("#announce")).to_be_empty()
    line.breaks = 0
    line.open.set()
    await line.page.evaluate("window.dispatchEvent(new Event('online'))")
    await arrives(line)


@pytest.mark.breadth
async def test_whoever_stops_hears_that_and_no_more_of_the_upload(
    line: Line, tmp_path: Path
) -> None:
    await line.sends(drawn(tmp_path))
    await expect(line.page.locator("#announce")).to_have_text("Uploading the clip.")
    await line.page.get_by_role("button", name="Stop").click()
    await expect(line.page.locator("#announce")).to_have_text("The upload was stopped.")
    await line.page.clock.fast_forward(LATER)
    await expect(line.page.locator("[data-part=still]")).to_be_hidden()
    await expect(line.page.locator("#announce")).to_have_text("The upload was stopped.")


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("size", "language", "said"),
    [
        (120_400, "en", "0 % · 0 of 121 kB"),
        (2_300_000, "de", "0 % · 0,0 of 2,3 MB"),
        pytest.param(2_300_000, "ar", "0 % · 0.0 of 2.3 م.ب", marks=pytest.mark.breadth),
        pytest.param(31_000_000, "fr", "0 % · 0 of 31 Mo", marks=pytest.mark.breadth),
    ],
)
async def test_sizes_are_said_as_the_readers_language_writes_them(
    line: Line, tmp_path: Path, size: int, language: str, said: str
) -> None:
    with (clip := tmp_path / "clip.mp4").open("wb") as file:
        file.truncate(size)
    await goes_to(line.page, "choose")
    await line.page.evaluate("tag => { document.documentElement.lang = tag; }", language)
    await line.page.locator("#clip-file").set_input_files(clip)
    await expect(line.page.locator("[data-part=words]")).to_have_text(said)


async def test_a_player_says_that_its_clip_is_loading_and_moves_nothing(
    chrome: tuple[Playwright, Browser],
) -> None:
    comes = asyncio.Event()

    async def late(route: Route) -> None:
        await comes.wait()
        await route.continue_()

    async with hanging(chrome[1], viewport={"width": 360, "height": 740}) as (page, wrong):
        await page.route("**/clips/**", late)
        await page.goto("/estimate", wait_until="domcontentloaded")
        words = page.get_by_text("Loading the clip …")
        await expect(words).to_be_visible()
        before = await page.locator(".stage").bounding_box()
        comes.set()
        await expect(words).to_be_hidden()
        assert await page.locator(".stage").bounding_box() == before
        assert wrong == []


@pytest.mark.breadth
async def test_the_file_stands_in_for_its_masked_copy_until_that_can_be_seen(
    line: Line, tmp_path: Path
) -> None:
    comes = asyncio.Event()

    async def late(route: Route) -> None:
        await comes.wait()
        await route.fulfill(body=small_clip(), content_type="video/mp4")

    await line.page.route("**/clips/**", late)
    whole = render("view-unsure", "ltr", LAUNCH)
    line.answer = whole.partition('<section id="attempt">')[2].partition("</section>\n")[0]
    line.open.set()
    await line.sends(drawn(tmp_path))
    await expect(line.page.get_by_role("heading", name="Watch, then estimate")).to_be_visible()
    stand_in = line.page.locator(".stage .before")
    await expect(stand_in).to_be_visible()
    assert await stand_in.evaluate(PIXELS) > 9, "a picture, not black"
    await expect(line.page.get_by_text("Loading the masked copy …")).to_be_visible()
    await expect(line.page.locator("#own-file")).to_be_hidden()
    comes.set()
    await expect(stand_in).to_have_count(0)
    await expect(line.page.get_by_text("Loading the masked copy …")).to_be_hidden()


@pytest.mark.breadth
@pytest.mark.timeout(300)
async def test_a_real_upload_goes_on_after_the_line_was_gone(
    course: str, arrives: Arrives, tmp_path: Path
) -> None:
    clip = drawn(tmp_path)
    with clip.open("ab") as file:  # what a player skips
        file.write((5_000_000).to_bytes(4, "big") + b"free" + bytes(5_000_000 - 8))
    ada = await arrives(course)
    tool = await ada.opens_whole("own-clip")
    asked: list[str] = []
    ada.page.on("request", lambda one: asked.append(one.method) if one.method == "PUT" else None)
    line = await ada.page.context.new_cdp_session(ada.page)
    slow = {"latency": 20, "downloadThroughput": 400_000, "uploadThroughput": 400_000}
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    await chooses(tool, clip)
    await tool.wait_for_function("() => document.querySelector('progress').value > 25")
    # What is under way may still arrive: the line is gone when a piece has failed.
    async with ada.page.expect_event("requestfailed", lambda one: one.method == "PUT"):
        await line.send("Network.emulateNetworkConditions", {"offline": True, **slow})
    await expect(tool.locator("[data-part=still]")).to_contain_text(OFFLINE)
    sent = len(asked)
    await line.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    await expect(tool.locator("[data-part=still]")).to_be_hidden()
    await expect(heading(tool)).to_have_text(re.compile("Preparing your clip|Watch, then"))
    assert 4 <= len(asked) - sent <= 7, "the rest, and the question where to go on from"
    ada.watch.wrong[:] = [one for one in ada.watch.wrong if "ERR_INTERNET_DISCONNECTED" not in one]
