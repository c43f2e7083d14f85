"""A case of the library that a learner saves and sends as a clip of their own."""

from collections.abc import Awaitable, Callable

import pytest

from service.models import Clip, ClipState, Reading
from tests.integration.test_exams import an_exam, begins
from tests.support.fakes import MASKED
from tests.support.walks import (
    attempt_of,
    clip_url_of,
    locks,
    opens_case,
    presses_lock,
    reloads,
    uploads,
    words_of,
)
from tests.support.world import Browser, World

type Saved = Callable[[World], Awaitable[bytes]]

REFUSED = "This is a case of the library, not a clip of your own. Choose another."


async def saves(browser: Browser) -> bytes:
    """The file that this page's player loads."""
    saved = await browser.http.get(clip_url_of(browser))
    assert saved.status_code == 200
    return saved.content


async def a_case_of_an_exam(world: World) -> bytes:
    """What a learner in an exam saves of its first case."""
    await an_exam(world, 61.0)
    ada = await world.learner("practice")
    await begins(ada)
    return await saves(ada)


async def a_case_of_practice(world: World) -> bytes:
    """What a learner saves of a case that nothing is locked in for."""
    await world.adds_case(61.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    return await saves(ada)


@pytest.mark.parametrize("saved_from", [a_case_of_an_exam, a_case_of_practice])
async def test_a_case_is_refused_before_anything_reads_it_and_another_clip_may_follow(
    world: World, saved_from: Saved
) -> None:
    case = await saved_from(world)
    ada = await world.learner("own-clip")
    await uploads(ada, case)
    await world.works()
    assert REFUSED in await reloads(ada)
    assert "Your grade isn't affected and no attempt was used." in await reloads(ada)
    assert (await presses_lock(ada, attempt_of(ada), "42", attest="true")).status_code == 409
    assert not world.preparer.told, "nothing was masked either"
    sent = [clip for clip in await world.stored(Clip) if not clip.phantom]
    assert [(clip.state, clip.masked_key) for clip in sent] == [(ClipState.REFUSED, None)]
    assert sent[0].raw_deleted_at == world.clock()
    assert sent[0].id not in {reading.clip_id for reading in await world.stored(Reading)}

    world.preparer.salt = b"another heart"
    await uploads(ada)
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)
    await locks(ada, "42", attest="true")
    assert "You said 42 %. The software read 51 %." in words_of(await reloads(ada))


async def test_what_was_masked_of_ones_own_clip_may_be_sent_again(world: World) -> None:
    ada = await world.learner("own-clip")
    await uploads(ada)
    await world.works()
    await reloads(ada)
    own = await saves(ada)
    assert own == MASKED
    await uploads(ada, own)
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)
