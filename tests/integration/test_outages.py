"""The reader or the preparer is away: it is waited for, and costs the learner nothing."""

import pytest

from inference.reading import ClipRefused, ReaderUnavailable, RefusalCode
from service.ingest import NO_READING_AFTER
from service.models import Estimate, Passback
from tests.support.walks import a_ready_clip, locks, reloads, uploads
from tests.support.world import Browser, World


@pytest.fixture
async def ada(world: World) -> Browser:
    """Ada, who is about to send a clip."""
    return await world.learner("own-clip")


async def test_an_outage_of_the_reader_is_waited_for_and_costs_nothing(world: World) -> None:
    world.reader.fails = ReaderUnavailable("no GPU")
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    page = await reloads(ada)
    assert "it will count as on time" in page
    assert "no GPU" not in page
    tries = world.reader.reads
    await world.worker.sweep()
    await world.works()
    assert world.reader.reads == tries, "not before its time"
    world.clock.passes(seconds=6)
    await world.worker.sweep()
    await world.works()
    assert world.reader.reads == tries + 1
    world.reader.fails = None
    world.clock.passes(seconds=6)
    await world.worker.sweep()
    await world.works()
    assert "You said 42 %. The software read 51 %." in await reloads(ada)
    [passback] = await world.stored(Passback)
    [estimate] = await world.stored(Estimate)
    assert passback.submitted_at == estimate.locked_at


async def test_after_a_day_without_a_reader_taking_part_counts_in_full(world: World) -> None:
    world.reader.fails = ReaderUnavailable("no GPU")
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    world.clock.passes(seconds=NO_READING_AFTER.total_seconds() + 60)
    await world.worker.sweep()
    await world.works()
    await ada.launches("own-clip")
    page = await reloads(ada)
    assert "There is no reading for this clip" in page
    assert "You get full credit for taking part." in page
    assert [grade["score_given"] for grade in (await world.gradebook())["grades"]] == [100.0]


async def test_a_refusal_by_the_reader_itself_gives_full_credit_too(world: World) -> None:
    world.reader.fails = ClipRefused(RefusalCode.UNREADABLE)
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    assert "There is no reading for this clip" in ada.text
    await world.works()
    assert [grade["score_given"] for grade in (await world.gradebook())["grades"]] == [100.0]


async def test_a_preparer_that_is_away_is_tried_again(world: World, ada: Browser) -> None:
    world.preparer.fails = ReaderUnavailable("no memory")
    await uploads(ada)
    await world.works()
    assert "Hiding everything around the picture" in await reloads(ada)
    world.preparer.fails = None
    world.clock.passes(seconds=6)
    await world.worker.sweep()
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)
