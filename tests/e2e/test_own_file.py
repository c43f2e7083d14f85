"""A chosen file, as the device of whoever chose it has it: seen at once, in this browser alone."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import LiteralString

import pytest
from playwright.async_api import Browser, Frame, Locator, Page, Playwright, Route, expect

from tests.e2e.clips import a_pdf, drawn, named
from tests.support.browser import AXE, PATIENCE, Arrives, chooses, heading, lvef_field, unhurt
from tests.support.gallery import goes_to, hanging
from tests.support.stack import Stack
from tests.unit.inference import clips

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SHOWN = "Your file, on this device. The checked and masked copy appears here when it is ready."
UNSHOWN = "This browser can't show your file as it is."
AT_REST = "one => one.paused && !one.autoplay && !one.loop && one.muted && one.videoWidth > 0"
LET_GO = """address => new Promise(done => {
    const film = document.createElement("video");
    film.onloadedmetadata = () => done(false);
    film.onerror = () => done(true);
    film.src = address;
})"""
GONE = "ERR_FILE_NOT_FOUND"  # what Chromium says of an address that was let go of
READ: LiteralString = (
    "SELECT 1 FROM reading WHERE clip_id = (SELECT id FROM clip ORDER BY created_at DESC LIMIT 1)"
)
PIXELS = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(data).size;
}"""


def animated(folder: Path) -> Path:
    """A heart as an animated GIF."""
    return named(folder, "gif", clips.gif(clips.page(clips.heart(30))))


def motion_jpeg(folder: Path) -> Path:
    """What no browser plays: an AVI."""
    content = clips.video(clips.heart(30), "avi", "mjpeg", rate=25, pixels="yuvj420p")
    return named(folder, "avi", content)


@pytest.fixture
async def phone(chrome: tuple[Playwright, Browser]) -> AsyncIterator[Page]:
    """The page where a clip is chosen, on a phone, of which nothing arrives."""

    async def hangs(_: Route) -> None:
        """The server thinks."""

    async with hanging(chrome[1], viewport={"width": 360, "height": 740}) as (shown, wrong):
        await shown.add_init_script(AXE)
        await shown.route("**/clip/grant", hangs)
        yield shown
    assert [one for one in wrong if not (one.startswith("blob:") or GONE in one)] == []


def own_file(page: Page) -> Locator:
    """Where it is shown."""
    return page.locator("#own-file")


async def picks(page: Page, clip: Path, direction: str = "ltr") -> None:
    """Choose this file on a page of its own."""
    await goes_to(page, "choose", f"dir={direction}")
    await expect(own_file(page)).to_be_hidden()
    await page.locator("#clip-file").set_input_files(clip)
    await expect(own_file(page)).to_be_visible()


async def test_a_film_is_seen_at_once_at_rest_and_without_a_sound(
    phone: Page, tmp_path: Path
) -> None:
    await picks(phone, drawn(tmp_path))
    await expect(own_file(phone).get_by_text(SHOWN)).to_be_in_viewport()
    assert await own_file(phone).locator("video").evaluate(AT_REST)
    await expect(phone.get_by_role("progressbar")).to_be_in_viewport()
    await expect(own_file(phone).locator("video")).to_be_in_viewport(ratio=0.5)


@pytest.mark.breadth
async def test_an_animation_rests_until_it_is_played(phone: Page, tmp_path: Path) -> None:
    await picks(phone, animated(tmp_path))
    canvas, image = own_file(phone).locator("canvas"), own_file(phone).locator("img")
    assert await canvas.evaluate(PIXELS) > 9, "its first picture"
    await expect(image).to_be_hidden()
    await own_file(phone).get_by_role("button", name="Play").click()
    await expect(canvas).to_be_hidden()
    await phone.wait_for_function("() => document.querySelector('#own-file img').naturalWidth > 0")
    await own_file(phone).get_by_role("button", name="Pause").click()
    await expect(image).to_be_hidden()
    await expect(canvas).to_be_visible()


@pytest.mark.breadth
@pytest.mark.parametrize("clip", [motion_jpeg, a_pdf])
async def test_what_the_browser_cannot_show_is_said_in_words(
    phone: Page, tmp_path: Path, clip: Callable[[Path], Path]
) -> None:
    await picks(phone, clip(tmp_path))
    await expect(own_file(phone).get_by_text(UNSHOWN)).to_be_visible()
    await expect(own_file(phone).locator("video, canvas, img").filter(visible=True)).to_have_count(
        0
    )


async def test_whoever_stops_or_chooses_a_file_that_is_too_large_sees_it_no_more(
    phone: Page, tmp_path: Path
) -> None:
    await picks(phone, drawn(tmp_path))
    source = await own_file(phone).locator("video").get_attribute("src")
    assert not await phone.evaluate(LET_GO, source)
    await phone.get_by_role("button", name="Stop").click()
    await expect(own_file(phone)).to_be_hidden()
    assert await phone.evaluate(LET_GO, source)
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(50_000_001)
    await phone.locator("#clip-file").set_input_files(large)
    await expect(phone.get_by_text("This file is 51 MB; the limit is 50 MB.")).to_be_visible()
    await expect(own_file(phone)).to_be_hidden()


@pytest.mark.breadth
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
async def test_axe_finds_nothing_while_a_file_is_seen_and_sent(
    phone: Page, tmp_path: Path, direction: str
) -> None:
    wrong: list[str] = []
    for clip in (drawn, animated, motion_jpeg):
        await picks(phone, clip(tmp_path), direction)
        for theme in ("light", "dark"):
            await phone.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            found = await unhurt(phone.main_frame, colours_only=theme == "dark")
            wrong += [f"{clip.__name__}, {theme}: {one}" for one in found]
    assert wrong == []


@pytest.mark.breadth
async def test_a_connection_that_is_lost_at_the_very_end_sends_no_clip_twice(
    chrome: tuple[Playwright, Browser], tmp_path: Path
) -> None:
    asked: list[str] = []
    granted = {"url": "/bytes", "method": "PUT", "headers": {}, "resumable": False}

    async def answers(route: Route) -> None:
        asked.append(what := route.request.url.rpartition("/")[2])
        match what:
            case "grant":
                await route.fulfill(json=granted | {"done_url": "/clip/done"})
            case "done" if asked.count("done") == 1:
                await route.abort("internetdisconnected")
            case _:
                step = '<div data-step="masking"><h1>Preparing your clip</h1></div>'
                await route.fulfill(body=step, content_type="text/html")

    async with hanging(chrome[1]) as (page, _wrong):
        await page.route(re.compile("/(clip/grant|bytes|clip/done)$"), answers)
        await picks(page, drawn(tmp_path))
        await expect(page.get_by_role("heading", name="Preparing your clip")).to_be_visible()
        await expect(own_file(page)).to_be_visible()
        await expect(page.locator("#trouble")).to_be_empty()
    assert asked == ["grant", "bytes", "done", "done"]


async def test_whoever_sent_another_clip_in_another_window_is_told_at_once(
    chrome: tuple[Playwright, Browser], tmp_path: Path
) -> None:
    asked: list[str] = []
    granted = {"url": "/bytes", "method": "PUT", "headers": {}, "resumable": True}
    is_seen = asyncio.Event()

    async def answers(route: Route) -> None:
        asked.append(what := route.request.url.rpartition("/")[2])
        if what == "grant":
            await route.fulfill(json=granted | {"done_url": "/clip/done"})
        else:
            await is_seen.wait()
            await route.fulfill(status=410)

    async with hanging(chrome[1]) as (page, _wrong):
        await page.route(re.compile("/(clip/grant|bytes|clip/done)$"), answers)
        await picks(page, drawn(tmp_path))
        is_seen.set()
        await expect(page.get_by_text("Another clip was sent meanwhile")).to_be_visible()
        await expect(page.get_by_role("button", name="Retry")).to_be_hidden()
        await expect(own_file(page)).to_be_hidden()
    assert asked == ["grant", "bytes"]


async def is_read(stack: Stack, tool: Frame) -> None:
    """Wait until the reader has read the clip that came in last."""
    deadline = time.monotonic() + 3 * PATIENCE / 1000
    while not stack.rows(READ):
        assert time.monotonic() < deadline
        await tool.page.wait_for_timeout(100)


@pytest.mark.breadth
async def test_the_file_makes_room_for_its_masked_copy_and_reading_goes_on_meanwhile(
    stack: Stack, course: str, arrives: Arrives, tmp_path: Path
) -> None:
    ada = await arrives(course)
    tool = await ada.opens("own-clip")
    with stack.worker_pauses():
        await chooses(tool, drawn(tmp_path))
        await expect(heading(tool)).to_have_text("Preparing your clip")
        film = tool.locator("#own-file video")
        await expect(film).to_be_visible()
        await film.evaluate("one => one.play()")
        await tool.wait_for_function(
            "() => document.querySelector('#own-file video').currentTime > 0.2"
        )
        source = await film.get_attribute("src")
    patience = 3 * PATIENCE  # a demo that has just begun reads its own cases first
    await expect(heading(tool)).to_have_text("Watch, then estimate", timeout=patience)
    await expect(tool.locator("#own-file")).to_be_hidden()
    assert await tool.evaluate(LET_GO, source)
    ada.watch.wrong[:] = [one for one in ada.watch.wrong if GONE not in one]
    await tool.wait_for_function("() => document.querySelector('#attempt video').readyState >= 2")
    await tool.locator("[data-part='play']").first.click()
    await lvef_field(tool).fill("5")
    await is_read(stack, tool)
    assert not await tool.locator("#attempt video").evaluate("one => one.paused")
    await expect(lvef_field(tool)).to_have_value("5")
    await expect(tool.locator(".reading, .dial, .gap")).to_have_count(0)
