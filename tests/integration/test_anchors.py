"""Hearts of an exact LVEF beside an answer: who has done few cases has neighbours too."""

import html
import re
from datetime import timedelta

import pytest

from inference.reading import ReaderUnavailable
from service import anchors
from service.models import Anchor, Case, Clip
from tests.integration.test_activity_settings import with_cases
from tests.integration.test_exams import an_exam, at_home, begins
from tests.integration.test_reasons import answers, beside
from tests.support.fakes import a_tracing
from tests.support.walks import a_ready_clip, locks, opens_case, reloads, uploads
from tests.support.world import TOOL, Browser, World

LANES = re.compile(r"<bdi>([\d.]+) %</bdi></strong> <span>([^<]+)</span>")


def lanes(browser: Browser) -> list[tuple[str, str]]:
    """What stands below each heart of the comparison: its LVEF, and what it is."""
    return LANES.findall(beside(browser))


DRAWN = "Drawn heart, exact LVEF"


async def test_a_newcomer_has_a_heart_on_either_side_of_a_first_answer(world: World) -> None:
    await world.adds_case(51.0, tracing=a_tracing())
    await world.draws_anchors()
    ada = await answers(world)
    assert lanes(ada) == [("40", DRAWN), ("51", "This clip"), ("60", DRAWN)]
    assert 'aria-label="Drawn heart, LVEF exactly 40 %"' in beside(ada)
    assert "Drawn hearts with an exact LVEF" in beside(ada)
    assert beside(ada).count("data-cycle") == 3, "they play beat upon beat"
    assert beside(ada).count("autoplay") == 0
    for address in re.findall(r'<video src="([^"#]+)', beside(ada)):
        picture = await ada.http.get(html.unescape(address))
        assert picture.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    ("lvef", "wanted"),
    [
        pytest.param(12.0, ["12", "20"], marks=pytest.mark.breadth),
        pytest.param(15.0, ["10", "15", "25"], marks=pytest.mark.breadth),
        pytest.param(70.0, ["60", "70", "75"], marks=pytest.mark.breadth),
        (74.0, ["65", "74"]),
    ],
)
async def test_at_the_ends_of_the_range_there_is_one_where_one_can_be(
    world: World, lvef: float, wanted: list[str]
) -> None:
    await world.adds_case(lvef)
    await world.draws_anchors()
    ada = await answers(world)
    assert [number for number, _ in lanes(ada)] == wanted
    assert ("none lies below yet" in beside(ada)) == (wanted[0] == "12")
    assert ("none lies above yet" in beside(ada)) == (wanted[-1] == "74")


async def test_a_case_that_one_has_done_comes_first(world: World) -> None:
    await with_cases(world, 51.0, 44.0, 62.5)
    await world.draws_anchors()
    ada = await world.learner("practice")
    await opens_case(ada, 2)
    await locks(ada, "42")
    await opens_case(ada, 1)
    await locks(ada, "42")
    assert lanes(ada) == [("44", "Case 2"), ("51", "This clip"), ("60", DRAWN)]
    assert "A case that you have done and a drawn heart" in beside(ada)
    await opens_case(ada, 3)
    await locks(ada, "42")
    await opens_case(ada, 1)
    assert lanes(ada) == [("44", "Case 2"), ("51", "This clip"), ("62.5", "Case 3")]
    assert "Cases that you have done" in beside(ada)


async def test_what_is_not_drawn_yet_leaves_no_hole(world: World) -> None:
    await world.adds_case(51.0)
    await anchors.plan(world.worker.database, world.clock())
    world.hearts.fails = ReaderUnavailable("busy")
    ada = await answers(world)
    assert "<video" not in beside(ada)
    assert "Once you have done a case about 10 points" in beside(ada)
    world.hearts.fails = None
    sixty = next(one for one in await world.stored(Anchor) if one.lvef == 60)
    await world.worker.anchors.draw(sixty.id)
    await reloads(ada)
    assert lanes(ada) == [("51", "This clip"), ("60", DRAWN)]


async def test_nothing_of_them_is_told_before_the_lock_or_to_another_launch(world: World) -> None:
    await world.adds_case(51.0)
    keys = [one.key for one in await world.draws_anchors()]
    ada = await world.learner("practice")
    await opens_case(ada)
    assert not any(key in ada.text for key in keys)
    bea = await answers(world, user="learner-2")
    theirs = html.unescape(re.findall(r'<video src="([^"#]+/masked/[^"#]+)', beside(bea))[0])
    launch = re.search(r"/l/([0-9a-f-]{36})", ada.path)
    assert launch is not None
    swapped = re.sub(r"launch=[0-9a-f]+", f"launch={launch[1].replace('-', '')}", theirs)
    assert swapped != theirs
    assert (await ada.http.get(swapped)).status_code == 403
    assert (await ada.http.get(f"{TOOL}/clips/{keys[0]}")).status_code == 400


async def test_an_exam_shows_them_with_its_answers_and_not_before(world: World) -> None:
    await an_exam(world, 51.0)
    keys = [one.key for one in await world.draws_anchors()]
    ada = await world.learner("practice")
    await begins(ada)
    await opens_case(ada)
    assert not any(key in ada.text for key in keys)
    await locks(ada, "42")
    assert not any(key in ada.text for key in keys)
    assert "Side by side" not in ada.text
    world.clock.passes(hours=4)
    await world.worker.sweep()
    await world.works()
    ada = await world.learner("practice")
    await at_home(ada)
    await opens_case(ada)
    assert [number for number, _ in lanes(ada)] == ["40", "51", "60"]


@pytest.mark.breadth
async def test_a_demo_models_number_on_a_real_heart_has_none(world: World) -> None:
    await world.draws_anchors()
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    await world.works()
    assert "The software read 51 %." in await reloads(ada)
    assert "Side by side" not in ada.text


# How they come to be


async def test_they_are_drawn_once_one_after_the_other_and_are_no_cases(world: World) -> None:
    for _ in range(2):
        await anchors.plan(world.worker.database, world.clock())
        await world.worker.sweep()
        await world.works()
    assert sorted(world.hearts.drawn[:8]) == [10, 20, 30, 40, 50, 60, 70, 75], "enough for all"
    assert sorted(world.hearts.drawn) == list(anchors.LVEFS)
    for anchor in await world.stored(Anchor):
        assert await world.worker.clips.size(anchor.key)
    assert not await world.stored(Case)
    assert not await world.stored(Clip)
    world.clock.passes(days=400)
    await world.worker.sweep()
    await world.works()
    assert all([await world.worker.clips.size(one.key) for one in await world.stored(Anchor)])
    assert len(world.hearts.drawn) == len(anchors.LVEFS)


async def test_a_learners_clip_goes_before_them(world: World) -> None:
    await world.adds_case(51.0)
    await anchors.plan(world.worker.database, world.clock())
    assert await nudged(world) == ["anchor"], "nobody waits for a case's reading"
    ada = await world.learner("own-clip")
    await uploads(ada)
    assert await nudged(world) == [], "it is to be masked"
    clip = await world.only_clip()
    await world.worker.ingest.prepare(clip)
    assert await nudged(world) == [], "it is to be read"
    await world.worker.ingest.read(clip)
    assert await nudged(world) == ["anchor"]


async def nudged(world: World) -> list[str]:
    """What the worker would have drawn now."""
    async with world.worker.database.begin() as work:
        await anchors.nudge(work, world.clock())
        found = [nudge.task for nudge in work.nudges]
        work.nudges.clear()
    return found


@pytest.mark.breadth
async def test_one_that_could_not_be_drawn_is_tried_again(world: World) -> None:
    await anchors.plan(world.worker.database, world.clock())
    world.hearts.fails = ReaderUnavailable("no memory")
    await world.worker.sweep()
    await world.works()
    waits = [one for one in await world.stored(Anchor) if one.next_try_at]
    assert waits[0].lvef == 40
    assert {one.tries for one in waits} == {1}
    assert waits[0].next_try_at == world.clock() + timedelta(seconds=5)
    world.hearts.fails = None
    await world.worker.sweep()
    await world.works()
    assert 40 not in world.hearts.drawn
    world.clock.passes(seconds=6)
    await world.worker.sweep()
    await world.works()
    assert sorted(world.hearts.drawn) == list(anchors.LVEFS)
