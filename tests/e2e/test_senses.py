"""For eyes and browsers that differ: less motion, forced colours, right to left, and states that
only a mishap shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Playwright, Route, expect

from tests.support.browser import AXE, unhurt
from tests.support.gallery import NAMES, goes_to, hanging

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MOVING = """() => document.getAnimations().length
    + [...document.querySelectorAll("video")].filter(one => !one.paused || one.autoplay).length"""
LOOK = """one => {
    const { color, backgroundColor, borderTopColor, borderTopWidth } = getComputedStyle(one);
    return [color, backgroundColor, borderTopColor, borderTopWidth];
}"""
# How far from the left of its frame something lies, in percent of the frame's width.
ACROSS = """(one, frame) => {
    const [box, whole] = [one, one.closest(frame)].map(it => it.getBoundingClientRect());
    return Math.round(100 * (box.left + box.width / 2 - whole.left) / whole.width);
}"""


@pytest.fixture
async def gallery(chrome: tuple[Playwright, Browser]) -> AsyncIterator[Page]:
    """A page in which nothing may go wrong."""
    async with hanging(chrome[1], viewport={"width": 860, "height": 900}) as (shown, wrong):
        yield shown
    assert wrong == []


@pytest.mark.breadth
async def test_whoever_wants_less_motion_gets_none(gallery: Page) -> None:
    await goes_to(gallery, "waiting")
    assert await gallery.evaluate(MOVING), "otherwise the step that is under way breathes"
    await gallery.emulate_media(reduced_motion="reduce")
    moving = {}
    for name in NAMES:
        await goes_to(gallery, name)
        if found := await gallery.evaluate(MOVING):
            moving[name] = found
    assert moving == {}


@pytest.mark.breadth
async def test_forced_colours_keep_apart_what_is_chosen_and_what_is_not(gallery: Page) -> None:
    await gallery.emulate_media(forced_colors="active")
    await goes_to(gallery, "estimate-wrong")  # a band of ±10 is chosen
    chosen = await gallery.locator(".chips input:checked + span").evaluate(LOOK)
    others = await gallery.locator(".chips input:not(:checked) + span").evaluate_all(
        f"all => all.map({LOOK})"
    )
    assert len(others) == 3
    assert all(chosen[1] != other[1] for other in others)
    for is_on, is_off in [
        (".speeds input:checked + span", ".speeds input:not(:checked) + span"),
        (".stage [data-part=loop]", ".stage [data-part=zoom]"),
    ]:
        on = await gallery.locator(is_on).first.evaluate(LOOK)
        off = await gallery.locator(is_off).first.evaluate(LOOK)
        assert (on[3], off[3]) == ("3px", "1px")
        assert off[2] != off[1], "an edge that can be seen"


@pytest.mark.breadth
async def test_forced_colours_leave_no_words_in_the_colour_of_their_ground(gallery: Page) -> None:
    await gallery.emulate_media(forced_colors="active")
    for name in ("estimate", "review", "waiting", "choose", "cover", "sealed", "unread", "reveal"):
        await goes_to(gallery, name)
        looks = await gallery.locator("h1, p, label, button, a.button, output").evaluate_all(
            f"all => all.filter(one => one.getClientRects().length).map({LOOK})"
        )
        assert looks, name
        assert [look for look in looks if look[0] == look[1]] == [], name


@pytest.mark.parametrize("name", ["reveal", "low-agreement"])
async def test_from_right_to_left_time_and_the_dial_run_from_left_to_right(
    gallery: Page, name: str
) -> None:
    seen = []
    for direction in ("ltr", "rtl"):
        await goes_to(gallery, name, f"dir={direction}")
        await gallery.locator("[data-part='zoom']").click()
        marks = gallery.locator(".dial .estimate, .dial .reference, .dial .reading")
        seen.append(
            {
                "dial": await marks.evaluate_all(
                    f"all => all.map(one => ({ACROSS})(one, '.plot'))"
                ),
                "curve": await gallery.locator(".area .plot text").evaluate_all(
                    f"all => all.map(one => ({ACROSS})(one, '.plot'))"
                ),
                "frames": await gallery.locator(".stage .row button").evaluate_all(
                    "all => all.map(one => Math.round(one.getBoundingClientRect().left"
                    " - one.closest('.row').getBoundingClientRect().left))"
                ),
                "scrubber": await gallery.locator("[data-part='scrub']").evaluate(
                    "one => getComputedStyle(one).direction"
                ),
                "zoomed": await gallery.locator(".stage .window").evaluate(
                    "one => Math.round(one.scrollLeft)"
                ),
            }
        )
    left, right = seen
    assert left == right
    assert left["scrubber"] == "ltr"
    assert left["zoomed"] > 0, "the middle of the picture, not its edge"
    assert left["dial"][0] < left["dial"][1], "42 lies left of what is higher"
    assert left["curve"] == sorted(left["curve"])


@pytest.mark.breadth
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
async def test_axe_finds_nothing_while_a_clip_is_sent_or_when_it_is_refused(
    chrome: tuple[Playwright, Browser], tmp_path: Path, direction: str
) -> None:
    async def hangs(_: Route) -> None:
        """The server thinks."""

    async def refuses(route: Route) -> None:
        body = "<p data-sentence>This activity is closed.</p>"
        await route.fulfill(status=409, body=body, content_type="text/html")

    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x" * 1000)
    wrong: list[str] = []
    async with hanging(chrome[1], viewport={"width": 360, "height": 780}) as (gallery, _):
        await gallery.add_init_script(AXE)
        for theme in ("light", "dark"):
            await gallery.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            await gallery.route("**/clip/grant", hangs)
            await goes_to(gallery, "choose", f"dir={direction}")
            await gallery.locator("#clip-file").set_input_files(clip)
            await expect(gallery.locator("progress")).to_be_visible()
            wrong += [f"sent, {theme}: {one}" for one in await unhurt(gallery.main_frame)]
            await gallery.unroute("**/clip/grant")
            await gallery.route("**/clip/grant", refuses)
            await goes_to(gallery, "choose", f"dir={direction}")
            await gallery.locator("#clip-file").set_input_files(clip)
            refusal = gallery.locator("[data-part='refusal']")
            await expect(refusal).to_have_text("This activity is closed.")
            await expect(gallery.locator("[data-part='retry']")).to_be_visible()
            wrong += [f"refused, {theme}: {one}" for one in await unhurt(gallery.main_frame)]
            await gallery.unroute("**/clip/grant")
    assert wrong == [], "\n".join(wrong)
