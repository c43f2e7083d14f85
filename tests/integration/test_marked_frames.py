"""The two frames that a learner has marked, on the page, until their clip is deleted."""

import re

import httpx2
import pytest

from inference.reading import ClipRefused, RefusalCode
from tests.integration.test_explaining import an_answered_own_clip, marks
from tests.support.walks import a_ready_clip, attempt_of, carried, reloads
from tests.support.world import TOOL, Browser, World

DRAWING, LATE = "Drawing them …", "The pictures take longer than usual."


async def asks(browser: Browser, tail: str = "explained") -> httpx2.Response:
    """Ask as the page does by itself."""
    headers = {**carried(browser.text), "HX-Request": "true"}
    return await browser.http.get(f"{TOOL}{attempt_of(browser)}/{tail}", headers=headers)


def polls(markup: str) -> bool:
    """Whether the page asks after the pictures by itself."""
    return '/explained" hx-trigger="every 2s"' in markup


async def test_pictures_of_what_was_marked_come_by_themselves(world: World) -> None:
    ada = await an_answered_own_clip(world)
    await marks(ada, "4", "16")
    page = await reloads(ada)
    assert DRAWING in page
    assert polls(page)
    assert (await asks(ada)).status_code == 204
    await world.works()
    come = await asks(ada)
    assert re.findall(r'src="[^"]*/stills/[^/]*/([0-9]+)[?]', come.text) == ["4", "16"]
    assert come.text.lstrip().startswith("<section")
    for said in (come.text, await reloads(ada)):
        assert DRAWING not in said
        assert not polls(said)


@pytest.mark.breadth
async def test_other_frames_are_waited_for_anew(world: World) -> None:
    ada = await an_answered_own_clip(world)
    await marks(ada, "4", "16")
    await world.works()
    world.clock.passes(hours=1)
    await marks(ada, "5", "16")
    assert polls(await reloads(ada))


@pytest.mark.breadth
async def test_nobody_asks_for_ever_after_pictures_that_do_not_come(world: World) -> None:
    ada = await an_answered_own_clip(world)
    await marks(ada, "4", "16")
    world.clock.passes(seconds=61)
    for said in ((await asks(ada)).text, await reloads(ada)):
        assert LATE in said
        assert not polls(said)


@pytest.mark.breadth
async def test_frames_that_cannot_be_drawn_are_said_to_be_none(world: World) -> None:
    ada = await an_answered_own_clip(world)
    world.preparer.fails = ClipRefused(RefusalCode.UNREADABLE)
    await marks(ada, "4", "16")
    await world.works()
    assert "No pictures could be drawn of these two frames." in (await asks(ada)).text


async def test_there_is_nothing_to_see_before_the_answer_or_after_a_deletion(world: World) -> None:
    ada = await a_ready_clip(world)
    assert (await asks(ada)).text == ""
    bea = await an_answered_own_clip(world)
    await marks(bea, "4", "16")
    await bea.http.post(f"{TOOL}{attempt_of(bea)}/delete-clip", headers=carried(bea.text))
    nothing = await asks(bea)
    assert (nothing.status_code, nothing.text) == (200, "")


async def test_the_answer_to_a_deletion_shows_no_picture_of_the_heart_already(world: World) -> None:
    ada = await an_answered_own_clip(world)
    await marks(ada, "4", "16")
    await world.works()
    assert "/stills/" in await reloads(ada)
    headers = {**carried(ada.text), "HX-Request": "true"}
    deleted = await ada.http.post(f"{TOOL}{attempt_of(ada)}/delete-clip", headers=headers)
    assert deleted.status_code == 200
    assert "Clip deleted on" in deleted.text
    for picture in ("/stills/", "<img", "<video", "polygon"):
        assert picture not in deleted.text
