"""A clip that was refused: said in full where it is first seen, and kept to look up."""

import re

import pytest

from inference.reading import ClipRefused, RefusalCode
from service.models import Clip
from tests.support.walks import reloads, uploads
from tests.support.world import Browser, World

WHY = "We couldn't find the ultrasound picture"
LOOKED_UP = "Why your last clip wasn't taken"


@pytest.fixture
async def ada(world: World) -> Browser:
    """Ada, who is about to send a clip that nothing can be done with."""
    world.preparer.fails = ClipRefused(RefusalCode.NO_SECTOR)
    return await world.learner("own-clip")


async def comes_back(ada: Browser) -> str:
    """Open the activity anew from the course; what it says."""
    await ada.launches("own-clip")
    return ada.text.replace("&#39;", "'")


def stands_out(page: str) -> bool:
    """Whether the refusal is said as what has just happened."""
    assert WHY in page
    alerts = re.findall(r'<div class="alert"[^>]*data-part="refused">(.*?)</div>', page, re.S)
    return any(WHY in alert for alert in alerts)


async def test_it_is_said_at_one_visit_and_can_be_looked_up_at_the_next(
    world: World, ada: Browser
) -> None:
    await uploads(ada)
    await world.works()
    assert stands_out(await reloads(ada))
    assert stands_out(await reloads(ada)), "the same visit"
    page = await comes_back(ada)
    assert not stands_out(page)
    assert f"<summary>{LOOKED_UP}</summary>" in page
    assert not stands_out(await reloads(ada))


@pytest.mark.breadth
async def test_whoever_had_left_before_it_was_refused_is_told_when_they_come_back(
    world: World, ada: Browser
) -> None:
    await uploads(ada)
    await world.works()
    assert stands_out(await comes_back(ada))
    assert not stands_out(await comes_back(ada))


@pytest.mark.breadth
async def test_another_clip_is_refused_anew(world: World, ada: Browser) -> None:
    await uploads(ada)
    await world.works()
    await reloads(ada)
    await comes_back(ada)
    world.clock.passes(minutes=1)
    await uploads(ada)
    assert LOOKED_UP not in ada.text
    await world.works()
    assert stands_out(await reloads(ada))


async def test_what_can_still_be_said_is_asked_for_at_every_visit(
    world: World, ada: Browser
) -> None:
    world.preparer.fails = ClipRefused(RefusalCode.FRAME_RATE_UNKNOWN)
    await uploads(ada)
    await world.works()
    await reloads(ada)
    page = await comes_back(ada)
    assert 'name="frames_per_second"' in page
    assert LOOKED_UP not in page
    assert [clip.refusal["code"] for clip in await world.stored(Clip) if clip.refusal] == [
        RefusalCode.FRAME_RATE_UNKNOWN
    ]
