"""Every state of every screen: legible to all, in both themes and directions, wide and narrow.

The pages are rendered without a service, so that states which are hard to bring about are seen as
often as the others.
"""

from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from playwright.async_api import Browser, Page, Playwright, expect

from inference.cards import read_facts
from service.pages.model_cards import draw_card
from tests.support.browser import AXE, unhurt
from tests.support.gallery import NAMES, goes_to, hanging
from tests.support.layout import Layouts
from tests.support.model_facts import of_no_training
from tests.support.pictures import KEPT as PICTURES
from tests.support.pictures import Pictures
from tests.support.samples import CLIP

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
BREADTH = pytest.mark.breadth
OFTEN = ("choose", "masking", "estimate", "review", "waiting", "reveal", "practice", "class")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
SHIFTS = """new Promise(done => {
    let sum = 0;
    new PerformanceObserver(seen => { for (const one of seen.getEntries()) sum += one.value; })
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 250);
})"""
# What a person could press and would miss: lower than it should be, or narrower than 24 px.
SMALL_TARGETS = """least => {
    const often = "button, .button, summary, .stage .speeds label, .chips label, .tick";
    return [...document.querySelectorAll(often)].map(one => [one, one.getBoundingClientRect()])
        .filter(([one, box]) => box.width && !one.closest("[hidden]"))
        .filter(([, box]) => box.height < least - 0.5 || box.width < 24)
        .map(([one, { width, height }]) => `${width}x${height} ${one.outerHTML.slice(0, 90)}`);
}"""
CUT_OFF = """() => [...document.querySelectorAll(
        "button, .button, label span, h1, h2, dt, dd, th, td, p")]
    .filter(one => one.getClientRects().length && !one.closest(".unseen, .scroll, [hidden]"))
    .filter(one => getComputedStyle(one).display !== "inline")
    .filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => one.outerHTML.slice(0, 90))"""
OVERLAPS = """() => {
    const parents = "main, [data-step], .columns, .stack, .card, .row, .actions, .stepper, .set";
    return [...document.querySelectorAll(parents)].flatMap(parent => {
        const boxes = [...parent.children]
            .filter(one => one.getClientRects().length && !one.matches(".unseen, .bar, [hidden]"))
            .map(one => [one, one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 1 && box.height > 1);
        return boxes.flatMap(([one, a], k) => boxes.slice(k + 1).filter(([, b]) =>
            Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1
        ).map(([other]) => `${one.outerHTML.slice(0, 60)} over ${other.outerHTML.slice(0, 60)}`));
    });
}"""
MOST_BYTES_OF_PICTURES = 1_000_000
SPOILS = (
    "document.querySelector('[data-part=loop] svg').style.visibility = 'hidden'",
    "document.querySelector('h1').style.visibility = 'hidden'",
    "document.querySelector('.chips label').style.translate = '0 16px'",
    "document.querySelector('form.estimate .tick').style.translate = '24px 0'",
    "document.querySelector('.estimate .actions .primary').style.background = '#b34700'",
    "document.querySelector('.model-label').style.background = 'none'",
    "document.querySelector('.stage video').style.visibility = 'hidden'",
    "document.querySelector('.stage .row').style.translate = '0 -40px'",
)
BOX = """one => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return [x, y, width, height];
}"""
COLOURS = """names => names.map(name => {
    const { color, backgroundColor } = getComputedStyle(document.querySelector(name));
    return [color, backgroundColor];
})"""


@pytest.fixture
async def gallery(chrome: tuple[Playwright, Browser]) -> AsyncIterator[Page]:
    """A page in which nothing may go wrong."""
    reader = {"timezone_id": "UTC", "locale": "en", "viewport": {"width": 860, "height": 900}}
    async with hanging(chrome[1], **reader) as (shown, wrong):
        yield shown
    assert wrong == []


@pytest.mark.parametrize(
    ("direction", "names"),
    [
        ("ltr", OFTEN),
        pytest.param("ltr", [name for name in NAMES if name not in OFTEN], marks=BREADTH),
        pytest.param("rtl", NAMES, marks=BREADTH),
    ],
    ids=["seen often", "all others", "from right to left"],
)
async def test_axe_finds_nothing_at_any_state_in_either_theme(
    gallery: Page, direction: str, names: Collection[str]
) -> None:
    wrong: list[str] = []
    await gallery.add_init_script(AXE)
    for name in names:
        await goes_to(gallery, name, f"dir={direction}")
        await gallery.evaluate(OPEN_ALL)
        for theme in THEMES:
            await gallery.emulate_media(color_scheme=theme)
            found = await unhurt(gallery.main_frame, colours_only=theme == "dark")
            wrong += [f"{name}, {theme}, {direction}: {one}" for one in found]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(
    ("width", "theme", "query"),
    [
        pytest.param(360, "dark", "", marks=BREADTH),
        pytest.param(860, "light", "", marks=BREADTH),
        pytest.param(320, "light", "dir=rtl&long=1", marks=BREADTH),
    ],
)
async def test_all_stands_where_it_stood_and_nothing_is_cut_off_overlaps_or_is_too_small_to_press(
    gallery: Page, width: int, theme: Any, query: str
) -> None:
    await gallery.emulate_media(color_scheme=theme)
    await gallery.set_viewport_size({"width": width, "height": 780})
    wrong: list[str] = []
    layouts, pictures = Layouts(), Pictures()
    for name in NAMES:
        await goes_to(gallery, name, query)
        if not query:
            moved = await layouts.differs(gallery, f"{name} at {width} px", theme)
            wrong += [f"{name}, {width} px: {one}" for one in moved]
        found = await gallery.evaluate(SMALL_TARGETS, 44 if width < 860 else 40)
        found += await gallery.evaluate(CUT_OFF)
        found += await gallery.evaluate(OVERLAPS)
        over = await gallery.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found += [f"{over} px too wide"] if over > 0 else []
        if not query:
            found += await pictures.differs(gallery, picture_of(name, width, theme))
        wrong += [f"{name}, {width} px {query}: {one}" for one in found]
    layouts.keep()
    assert wrong == [], "\n".join(wrong)
    if pictures.strange_letters:
        pytest.skip("all stands where it stood, but no letters here are as wide as in the pictures")


def picture_of(name: str, width: int, theme: str) -> str:
    """What a screen's picture is called."""
    return f"{name}-{width}-{theme}"


def test_every_screen_has_its_pictures_and_together_they_are_small() -> None:
    kept = list(PICTURES.iterdir())
    looks = ((860, "light"), (360, "dark"))
    wanted = {f"{picture_of(name, *look)}.png" for name in NAMES for look in looks}
    assert {one.name for one in kept} == wanted
    assert sum(one.stat().st_size for one in kept) < MOST_BYTES_OF_PICTURES


def test_a_models_page_looks_alike_whatever_its_training_came_to() -> None:
    facts = read_facts()
    other = facts | {
        "name": "Model 9",
        "held_out": cast("dict[str, Any]", facts["held_out"]) | {"mae": 7.1},
    }
    assert draw_card(of_no_training(other)) == draw_card(of_no_training(facts))
    assert draw_card(other) != draw_card(facts)


async def test_what_is_missing_moved_recoloured_or_overlapped_is_seen_in_a_picture(
    gallery: Page, tmp_path: Path
) -> None:
    """None of these changes where a block stands."""
    await gallery.set_viewport_size({"width": 860, "height": 780})
    pictures = Pictures(keeps=False, shows_in=tmp_path)
    for spoils in SPOILS:
        await goes_to(gallery, "estimate")
        name = picture_of("estimate", 860, "light")
        assert await pictures.differs(gallery, name) == []
        if pictures.strange_letters:
            pytest.skip("no letters here are as wide as in the pictures")
        assert list(tmp_path.iterdir()) == []
        await gallery.evaluate(spoils)
        seen = await pictures.differs(gallery, name)
        shown = tmp_path / f"{name}.png"
        assert any(str(shown) in one for one in seen), spoils
        shown.unlink()


async def test_a_block_that_leaps_over_another_or_shrinks_to_nothing_is_noticed(
    gallery: Page,
) -> None:
    await gallery.set_viewport_size({"width": 360, "height": 780})
    await gallery.emulate_media(color_scheme="dark")
    layouts = Layouts(keep=False)
    for spoils in (
        "document.querySelector('[data-step] > .intro').style.order = 1",
        "document.querySelector('.stage').style.blockSize = '90px'",
    ):
        await goes_to(gallery, "estimate")
        assert await layouts.differs(gallery, "estimate at 360 px", "dark") == []
        await gallery.evaluate(spoils)
        assert await layouts.differs(gallery, "estimate at 360 px", "dark")


@BREADTH
async def test_twice_the_text_size_still_fits(gallery: Page) -> None:
    await gallery.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        " document.documentElement.style.fontSize = '200%'; })"
    )
    await gallery.set_viewport_size({"width": 640, "height": 780})
    wrong: list[str] = []
    for name in NAMES:
        await goes_to(gallery, name)
        over = await gallery.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found = await gallery.evaluate(CUT_OFF) + ([f"{over} px too wide"] if over > 0 else [])
        wrong += [f"{name}: {one}" for one in found]
    assert wrong == [], "\n".join(wrong)


@BREADTH
async def test_nothing_moves_while_a_page_comes_up(gallery: Page) -> None:
    moved = {}
    for width in (860, 360):
        await gallery.set_viewport_size({"width": width, "height": 780})
        for name in ("estimate", "review", "waiting", "reveal", "choose"):
            await goes_to(gallery, name)
            if shifted := await gallery.evaluate(SHIFTS):
                moved[name, width] = shifted
    assert moved == {}


async def test_the_clip_leads_and_the_estimate_is_at_hand(gallery: Page) -> None:
    await goes_to(gallery, "estimate")
    clip = await gallery.locator(".stage video").evaluate(BOX)
    form = await gallery.locator("form.estimate").evaluate(BOX)
    assert clip[2] >= 0.5 * 860, "the clip takes most of the width"
    assert clip[1] < 220, "and is near the top"
    assert form[0] > clip[0] + clip[2], "the estimate stands beside it"
    await gallery.set_viewport_size({"width": 360, "height": 640})
    await goes_to(gallery, "estimate")
    clip = await gallery.locator(".stage video").evaluate(BOX)
    bar = await gallery.locator(".bar").evaluate(BOX)
    assert clip[2] >= 320
    assert bar[1] + bar[3] <= 640, "the bar sticks to the bottom while one watches"
    assert bar[3] <= 80
    await gallery.locator("[name=known]").focus()
    known = await gallery.locator("[name=known]").evaluate(BOX)
    assert known[1] + known[3] <= 640 - 80, "and covers nothing that has the focus"


@BREADTH
async def test_on_a_phone_the_way_on_is_in_sight_beside_the_answer(gallery: Page) -> None:
    ways = gallery.get_by_role("link", name="Next case")
    await goes_to(gallery, "reveal")
    await expect(ways).to_have_count(1)
    await gallery.set_viewport_size({"width": 360, "height": 640})
    await expect(ways).to_have_count(2)
    await expect(ways.first).to_be_in_viewport(ratio=1)


async def test_the_player_begins_paused_at_the_frame_that_was_chosen_for_its_clip(
    gallery: Page,
) -> None:
    await goes_to(gallery, "estimate")
    video = gallery.locator(".stage video")
    assert await video.evaluate("one => one.paused")
    assert await video.evaluate("one => one.currentTime") == pytest.approx(CLIP.opens_at, abs=0.01)


async def test_forced_colours_and_print_keep_the_answer(gallery: Page) -> None:
    await gallery.emulate_media(forced_colors="active")
    await goes_to(gallery, "reveal")
    colours = await gallery.evaluate(COLOURS, ["body", ".stage", ".stage output", ".card"])
    assert len({colour for colour, _ in colours}) == 1, "all in the reader's own colours"
    assert {ground for _, ground in colours} <= {"rgb(255, 255, 255)", "rgba(255, 255, 255, 0)"}
    await gallery.emulate_media(forced_colors="none", media="print", color_scheme="dark")
    await goes_to(gallery, "reveal")
    assert await gallery.locator(".gap, .dial, .headline, .reading").evaluate_all(
        "all => all.length >= 4 && all.every(one => one.getClientRects().length)"
    )
    assert not await gallery.locator(".controls, .actions").first.is_visible()
    lanes = gallery.locator(".anchors video")
    assert await lanes.count() == 3
    assert all([await lane.is_visible() for lane in await lanes.all()]), "what it is compared with"
    paper = "getComputedStyle(document.body).backgroundColor"
    assert await gallery.evaluate(paper) == "rgb(247, 244, 238)", (
        "printed light, whatever the theme"
    )


async def test_on_a_phone_frames_are_marked_at_the_player_and_work_is_read_without_scrolling(
    gallery: Page,
) -> None:
    await gallery.set_viewport_size({"width": 360, "height": 780})
    await goes_to(gallery, "reveal-own")
    _, top, _, height = await gallery.locator(".stage").evaluate(BOX)
    marks = gallery.locator("[data-mark]")
    places = [await mark.evaluate(BOX) for mark in await marks.all()]
    assert len(places) == 2
    assert all(place[1] - (top + height) < 300 for place in places), "one sees what one marks"
    await goes_to(gallery, "work")
    table = gallery.locator(".scroll")
    assert await table.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    await expect(table.get_by_role("cell", name="51 %").first).to_be_visible()


@BREADTH
async def test_moments_are_told_by_the_clock_of_whoever_reads(
    chrome: tuple[Playwright, Browser],
) -> None:
    for zone, language, said in (
        ("America/New_York", "en", "09:02 EST"),
        ("Asia/Kolkata", "en", "19:32 GMT+5:30"),
        ("UTC", "en", "14:02 UTC"),
    ):
        async with hanging(chrome[1], timezone_id=zone, locale=language) as (shown, wrong):
            await goes_to(shown, "waiting")
            told = shown.locator("main time")
            assert await told.inner_text() == said
            assert await told.get_attribute("title") == "14:02 UTC"
            assert await told.get_attribute("datetime") == "2026-11-23T14:02:00Z"
            await shown.emulate_media(media="print")
            assert await told.inner_text() == said
            assert wrong == []


@BREADTH
async def test_where_no_script_runs_a_moment_names_its_zone(
    chrome: tuple[Playwright, Browser],
) -> None:
    async with hanging(chrome[1], java_script_enabled=False) as (shown, _wrong):
        await shown.goto("/waiting")
        assert await shown.locator("main time").inner_text() == "14:02 UTC"
