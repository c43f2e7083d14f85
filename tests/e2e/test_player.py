"""The player and what explains an answer, at work in Chromium, without a service."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, Playwright, Route, expect

from tests.support.browser import AXE, unhurt
from tests.support.gallery import goes_to, hanging

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
BORDERS = ".stage .outline polygon"
# Where the outline lies in the picture: left, right, top and bottom, in percent of it.
PLACE = """border => {
    const video = document.querySelector(".stage video").getBoundingClientRect();
    const across = at => Math.round(100 * (at - video.left) / video.width);
    const down = at => Math.round(100 * (at - video.top) / video.height);
    const { left, right, top, bottom } = border.getBoundingClientRect();
    return [across(left), across(right), down(top), down(bottom)];
}"""
AT = "videos => videos.map(({ currentTime, playbackRate }) => [currentTime, playbackRate])"


@pytest.fixture
async def gallery(chrome: tuple[Playwright, Browser]) -> AsyncIterator[Page]:
    """A page in which nothing may go wrong."""
    async with hanging(chrome[1], viewport={"width": 860, "height": 900}) as (shown, wrong):
        yield shown
    assert wrong == []


def part(page: Page, name: str) -> Locator:
    """A part of the player."""
    return page.locator(f".stage [data-part='{name}']")


# The outline


@pytest.mark.breadth
async def test_the_outline_lies_on_the_frames_that_it_was_drawn_on(gallery: Page) -> None:
    await goes_to(gallery, "reveal")
    where = part(gallery, "where")
    await expect(where).to_contain_text("frame 5 of 50")
    await expect(gallery.locator(BORDERS).locator("visible=true")).to_have_count(0)
    for name, frame in [("End systole", 10), ("End diastole", 1)]:
        await gallery.get_by_role("button", name=f"Show in the clip: {name}").click()
        await expect(where).to_contain_text(f"frame {frame} of 50")
        await expect(gallery.locator(".stage video")).to_be_focused()
        border = gallery.locator(f"{BORDERS}[data-frame='{frame - 1}']")
        await expect(border).to_be_visible()
        assert await border.evaluate(PLACE) == [30, 70, 30, 85]
    await part(gallery, "zoom").click()
    assert await gallery.locator(f"{BORDERS}.here").evaluate(PLACE) == [30, 70, 30, 85]
    await part(gallery, "play").click()
    await expect(gallery.locator(".stage")).to_have_attribute("data-playing", "")
    await expect(gallery.locator(f"{BORDERS}.here")).not_to_be_visible()


@pytest.mark.breadth
async def test_the_outline_is_one_switch_in_the_player_below_it_and_on_the_keyboard(
    gallery: Page,
) -> None:
    await goes_to(gallery, "reveal")
    switch, box = part(gallery, "outline"), gallery.locator("[data-part='contour']")
    still = gallery.locator(".still .outline").first
    await expect(part(gallery, "where")).to_contain_text("frame 5 of 50")
    await switch.click()
    await expect(part(gallery, "where")).to_contain_text("frame 1 of 50")
    await expect(gallery.locator(f"{BORDERS}.here")).to_be_visible()
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "false")
    await expect(box).not_to_be_checked()
    await expect(gallery.locator(f"{BORDERS}.here")).not_to_be_visible()
    await expect(still).not_to_be_visible()
    await box.check()
    await expect(switch).to_have_attribute("aria-pressed", "true")
    await expect(gallery.locator(f"{BORDERS}.here")).to_be_visible()
    await gallery.locator(".stage video").press("o")
    await expect(box).not_to_be_checked()
    await expect(switch).to_have_attribute("aria-pressed", "false")


# Side by side


@pytest.mark.breadth
@pytest.mark.parametrize("width", [860, 360])
async def test_a_case_plays_between_those_beside_it_beat_upon_beat(
    gallery: Page, width: int
) -> None:
    await gallery.set_viewport_size({"width": width, "height": 780})
    await goes_to(gallery, "reveal")
    videos = gallery.locator(".anchors video")
    names = await gallery.locator(".anchors figcaption").all_inner_texts()
    assert [" ".join(name.split()) for name in names] == [
        "40.3 % Case 4", "51 % This clip", "60 % Drawn heart, exact LVEF",
    ]  # fmt: skip
    await expect(gallery.get_by_label("Drawn heart, LVEF exactly 60 %")).to_be_visible()
    assert await videos.evaluate_all("all => all.every(one => one.paused && one.muted)")
    lefts = await videos.evaluate_all("all => all.map(one => one.getBoundingClientRect().left)")
    assert len(set(lefts)) == 3, "in a row, also on a phone"
    assert not await videos.evaluate_all("all => all.some(one => one.controls)")
    await gallery.get_by_role("button", name="Play together").click()
    for _ in range(3):
        await gallery.wait_for_timeout(400)
        (low, slow), (this, pace), (high, _) = await videos.evaluate_all(AT)
        assert pace == 1
        assert slow == pytest.approx(0.625)  # half a second instead of four fifths
        assert low == pytest.approx(high, abs=0.1)
        assert (low - 0.2) / 0.5 == pytest.approx(this / 0.8, abs=0.2)
    await gallery.get_by_role("button", name="Stop").click()
    assert await videos.evaluate_all("all => all.every(one => one.paused)")
    await gallery.get_by_role("button", name="Play together").click()
    await expect(gallery.get_by_role("button", name="Stop")).to_be_visible()


async def test_without_a_case_to_lay_beside_it_that_is_said(gallery: Page) -> None:
    await goes_to(gallery, "reveal-asked-nothing")
    anchors = gallery.get_by_role("region", name="Side by side")
    await expect(anchors).to_contain_text("Once you have done a case about 10 points")
    await expect(anchors.locator("button, video")).to_have_count(0)


# A clip that cannot be shown


async def fails(gallery: Page, status: int | None, body: bytes = b"") -> None:
    """Open a case whose clip is answered so; None: the server is gone."""

    async def answers(route: Route) -> None:
        if status is None:
            await route.abort()
        else:
            await route.fulfill(status=status, body=body, content_type="video/mp4")

    await gallery.route("**/clips/**", answers)
    await gallery.goto("/estimate")


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("status", "why", "says"),
    [
        (403, "expired", "its link lasts a quarter of an hour"),
        (404, "expired", "its link lasts a quarter of an hour"),
        (None, "unreachable", "the connection was lost"),
        (503, "unreachable", "the connection was lost"),
        (200, "unplayable", "This browser can't play the clip."),
    ],
)
async def test_a_clip_that_cannot_be_shown_says_why_and_what_helps(
    chrome: tuple[Playwright, Browser], status: int | None, why: str, says: str
) -> None:
    async with hanging(chrome[1], viewport={"width": 860, "height": 900}) as (gallery, _):
        await gallery.add_init_script(AXE)
        await fails(gallery, status, b"no video")
        lost = part(gallery, "lost")
        await expect(lost).to_contain_text(says)
        reasons = gallery.locator("[data-why]").locator("visible=true")
        assert await reasons.evaluate_all("all => all.map(one => one.dataset.why)") == [why]
        await expect(part(gallery, "controls")).not_to_be_visible()
        assert await unhurt(gallery.main_frame) == []
        await expect(lost.locator("a, button").locator("visible=true")).to_have_count(1)


@pytest.mark.breadth
async def test_a_clip_comes_back_with_the_connection_and_keeps_what_was_typed(
    chrome: tuple[Playwright, Browser],
) -> None:
    async with hanging(chrome[1]) as (gallery, _):
        await fails(gallery, None)
        await gallery.locator("#lvef").fill("42")
        retry = gallery.get_by_role("button", name="Try again")
        await retry.click()
        await expect(retry).to_be_visible()  # it is still gone
        await gallery.unroute("**/clips/**")
        await retry.click()
        await gallery.wait_for_function("() => document.querySelector('video').readyState >= 2")
        await expect(part(gallery, "lost")).not_to_be_visible()
        await part(gallery, "forward").click()
        await expect(part(gallery, "where")).to_contain_text("frame 6 of 50")
        await expect(gallery.locator("#lvef")).to_have_value("42")


# Keys


@pytest.mark.breadth
@pytest.mark.parametrize(
    "press",
    [
        pytest.param({"key": "[", "code": "Digit8", "ctrlKey": True, "altKey": True}, id="AltGr"),
        pytest.param({"key": "[", "code": "Digit5", "altKey": True}, id="Option"),
        pytest.param({"key": "-", "code": "Minus"}, id="minus"),
        pytest.param({"key": "ج", "code": "BracketLeft"}, id="Arabic"),
        pytest.param({"key": "х", "code": "BracketLeft"}, id="Cyrillic"),
    ],
)
async def test_slower_is_on_every_keyboard(gallery: Page, press: dict[str, object]) -> None:
    await goes_to(gallery, "estimate")
    await pressed(gallery, press)
    await expect(gallery.get_by_role("radio", name="0.75×")).to_be_checked()
    back = {"[": "]", "-": "+"}.get(str(press["key"]), "ط")
    await pressed(gallery, press | {"key": back, "code": "BracketRight"})
    await expect(gallery.get_by_role("radio", name="1×")).to_be_checked()


async def pressed(gallery: Page, press: dict[str, object]) -> None:
    """A key of a keyboard that Playwright has not."""
    event = {"bubbles": True, "cancelable": True, **press}
    await gallery.locator(".stage video").dispatch_event("keydown", event)


async def test_what_belongs_to_the_browser_or_to_a_letter_of_its_own_does_nothing(
    gallery: Page,
) -> None:
    await goes_to(gallery, "estimate")
    for press in (
        {"key": "[", "code": "BracketLeft", "metaKey": True},
        {"key": "-", "code": "Minus", "ctrlKey": True},
        {"key": "ü", "code": "BracketLeft"},
        {"key": "l", "code": "KeyL", "altKey": True},
    ):
        await pressed(gallery, press)
    await expect(gallery.get_by_role("radio", name="1×")).to_be_checked()
    await expect(part(gallery, "loop")).to_have_attribute("aria-pressed", "true")
    await pressed(gallery, {"key": ".", "code": "Comma", "shiftKey": True})  # as in French
    await expect(part(gallery, "where")).to_contain_text("frame 6 of 50")


@pytest.mark.breadth
async def test_keys_that_were_switched_off_stay_so(gallery: Page) -> None:
    await goes_to(gallery, "estimate")
    await gallery.get_by_text("Keys and gestures").click()
    await part(gallery, "keys").uncheck()
    await goes_to(gallery, "reveal")
    await expect(part(gallery, "keys")).not_to_be_checked()
    for key in ("l", "d", "o"):
        await gallery.locator(".stage video").press(key)
    await expect(part(gallery, "loop")).to_have_attribute("aria-pressed", "true")
    await expect(part(gallery, "where")).to_contain_text("frame 5 of 50")
    await expect(gallery.locator("[data-part='contour']")).to_be_checked()
    await gallery.get_by_text("Keys and gestures").click()
    await part(gallery, "keys").check()
    await goes_to(gallery, "reveal")
    await gallery.locator(".stage video").press("l")
    await expect(part(gallery, "loop")).to_have_attribute("aria-pressed", "false")


@pytest.mark.breadth
async def test_the_curve_and_the_player_go_together(gallery: Page) -> None:
    await goes_to(gallery, "reveal-own")
    await gallery.get_by_role("button", name="This frame is the largest").click()
    await expect(gallery.locator("output[for=end_diastole]")).to_have_text("5")
    await goes_to(gallery, "reveal")
    where, cursor = part(gallery, "where"), gallery.locator("[data-part='cursor']")
    assert float(await cursor.get_attribute("x1") or "nan") == pytest.approx(100 * 4 / 49)
    for key, frame in [("d", 21), ("d", 1), ("s", 10), ("s", 30), ("s", 10), ("ArrowRight", 11)]:
        await gallery.locator(".stage video").press(key)
        await expect(where).to_contain_text(f"frame {frame} of 50")
        at = float(await cursor.get_attribute("x1") or "nan")
        assert at == pytest.approx(100 * (frame - 1) / 49)
    curve = gallery.locator(".area .plot > svg")
    box = await curve.bounding_box()
    assert box is not None
    await curve.click(position={"x": box["width"] * 0.505, "y": 40})
    await expect(where).to_contain_text("frame 25 of 50")
