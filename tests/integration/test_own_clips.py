"""A clip of one's own between upload and lock: trimmed, covered, deleted."""

from dataclasses import replace

import pytest

from inference.reading import Box, ClipRefused, RefusalCode
from service.models import Clip, ClipState
from tests.support.walks import (
    a_ready_clip,
    attempt_of,
    clip_url_of,
    csrf_of,
    locks,
    opens_case,
    presses_lock,
    reloads,
    uploads,
    words_of,
)
from tests.support.world import TOOL, Browser, World, form_to

NAME = Box(x=40, y=32, width=80, height=16, legible=True)
SPECKLE = Box(x=150, y=120, width=40, height=20)
TOO_LONG = ClipRefused(RefusalCode.TOO_LONG, {"seconds": 48.2, "limit": 20.0})


async def sends(browser: Browser, tail: str, **fields: str) -> int:
    """Send a form of the attempt, whatever page is shown."""
    data = {"csrf": csrf_of(browser), **fields}
    answer = await browser.http.post(f"{TOOL}{attempt_of(browser)}/{tail}", data=data)
    return answer.status_code


async def with_text_over_the_picture(world: World, *found: Box) -> Browser:
    """A learner in whose clip a name was found, or what else looks like text."""
    world.preparer.finds = found or (NAME,)
    ada = await world.learner("own-clip")
    await uploads(ada)
    await world.works()
    await reloads(ada)
    return ada


async def test_a_long_clip_is_used_in_part(world: World) -> None:
    world.preparer.fails = TOO_LONG
    ada = await world.learner("own-clip")
    await uploads(ada)
    await world.works()
    assert "This clip is 48.2 seconds; the limit is 20." in await reloads(ada)
    world.preparer.fails = None
    await ada.sends(form_to(ada.text, "/trim"), **{"from": "3,5", "to": "12"})
    await world.works()
    assert world.preparer.trims[-1] == (3.5, 12.0)
    assert "Watch, then estimate" in await reloads(ada)


@pytest.mark.parametrize(
    ("first", "last"), [("0", "48"), ("5", "5.5"), ("9", "3"), ("a", "9"), ("", ""), ("0", "1e2")]
)
async def test_a_part_that_is_none_is_refused(world: World, first: str, last: str) -> None:
    world.preparer.fails = TOO_LONG
    ada = await world.learner("own-clip")
    await uploads(ada)
    await world.works()
    await reloads(ada)
    assert await sends(ada, "trim", **{"from": first, "to": last}) == 409
    assert "This clip is 48.2 seconds" in await reloads(ada)


async def test_a_clip_with_text_over_its_picture_is_not_read_before_it_is_covered(
    world: World,
) -> None:
    ada = await with_text_over_the_picture(world)
    assert "We found text that may identify a patient." in ada.text
    assert 'x="40" y="32" width="80" height="16"' in ada.text
    assert world.reader.reads == 0
    lock = await presses_lock(ada, attempt_of(ada), "42", attest="true")
    assert lock.status_code == 409


async def test_covering_what_was_found_opens_the_way(world: World) -> None:
    ada = await with_text_over_the_picture(world)
    before = clip_url_of(ada)
    await ada.sends(form_to(ada.text, "/resolved"))
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)
    assert world.preparer.covered == [(NAME,)]
    assert clip_url_of(ada).partition("?")[0] != before.partition("?")[0]
    assert (await ada.http.get(before)).status_code == 404
    assert world.reader.reads == 1


async def test_text_that_is_left_stops_the_clip_again(world: World) -> None:
    ada = await with_text_over_the_picture(world)
    await sends(ada, "covered", left="50", top="50", width="10", height="10")
    await world.works()
    assert "We found text that may identify a patient." in await reloads(ada)
    assert world.preparer.covered == [(Box(x=160, y=160, width=32, height=32),)]
    assert world.reader.reads == 0


def ready_and_read(world: World, clip: Clip) -> bool:
    """Whether the clip is open to the learner and to the reader."""
    return clip.state is ClipState.READY and world.reader.reads == 1


async def test_speckle_that_looked_like_text_is_cleared_by_whoever_has_looked_at_it(
    world: World,
) -> None:
    ada = await with_text_over_the_picture(world, SPECKLE)
    assert "This is not writing. I have looked at it in every frame" in ada.text
    assert 'value="none" checked' not in ada.text
    await ada.sends(form_to(ada.text, "/resolved"), **{"place-0": "none"})
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)
    [clip] = await world.stored(Clip)
    assert ready_and_read(world, clip)
    assert world.preparer.covered == []
    assert (clip.cleared, clip.cleared_at) == ([SPECKLE.to_primitives()], world.clock())


async def test_what_can_be_read_beyond_doubt_cannot_be_cleared(world: World) -> None:
    ada = await with_text_over_the_picture(world, NAME)
    assert "Words can be read here. They will be covered." in ada.text
    assert "This is not writing" not in ada.text
    form = form_to(ada.text, "/resolved")
    assert await sends(ada, "resolved", **form.fields, **{"place-0": "none"}) == 409
    await world.works()
    assert "We found text" in await reloads(ada)
    assert world.reader.reads == 0


async def test_one_place_is_covered_and_the_other_stays_cleared(world: World) -> None:
    ada = await with_text_over_the_picture(world, NAME, SPECKLE)
    await ada.sends(form_to(ada.text, "/resolved"), **{"place-1": "none"})
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)
    assert world.preparer.covered == [(NAME,)]
    [clip] = await world.stored(Clip)
    assert ready_and_read(world, clip)


@pytest.mark.parametrize("places", [["7"], ["0", "7"], ["999"]])
async def test_a_place_that_was_not_found_cannot_be_cleared(
    world: World, places: list[str]
) -> None:
    ada = await with_text_over_the_picture(world, SPECKLE)
    ticked = {f"place-{place}": "none" for place in places}
    form = form_to(ada.text, "/resolved")
    assert await sends(ada, "resolved", **{**form.fields, **ticked}) == 409
    assert "We found text" in await reloads(ada)


async def test_a_page_from_before_the_last_covering_clears_nothing(world: World) -> None:
    ada = await with_text_over_the_picture(world, SPECKLE)
    fields = {**form_to(ada.text, "/resolved").fields, "place-0": "none", "picture": "0" * 64}
    assert await sends(ada, "resolved", **fields) == 409
    assert await sends(ada, "resolved") == 409
    assert world.reader.reads == 0


async def test_what_was_cleared_stops_a_later_covering_no_more_unless_it_becomes_legible(
    world: World,
) -> None:
    ada = await with_text_over_the_picture(world, SPECKLE)
    await ada.sends(form_to(ada.text, "/resolved"), **{"place-0": "none"})
    await world.works()
    rectangle = {"left": "0", "top": "0", "width": "9", "height": "9"}
    await reloads(ada)
    assert await sends(ada, "covered", **rectangle) == 303
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)
    world.preparer.finds = (replace(SPECKLE, legible=True),)
    assert await sends(ada, "covered", **rectangle) == 303
    await world.works()
    assert "Words can be read here." in await reloads(ada)


async def test_what_was_found_once_stops_the_clip_until_it_is_covered_or_cleared(
    world: World,
) -> None:
    ada = await with_text_over_the_picture(world, NAME, SPECKLE)
    world.preparer.finds = ()
    await sends(ada, "covered", left="50", top="80", width="10", height="10")
    await world.works()
    assert "We found text that may identify a patient." in await reloads(ada)
    assert world.reader.reads == 0
    await sends(ada, "covered", left="0", top="0", width="60", height="60")
    await world.works()
    assert "Watch, then estimate" in await reloads(ada)


async def test_a_learner_covers_what_nobody_found_and_the_clip_is_read_anew(world: World) -> None:
    ada = await a_ready_clip(world)
    assert world.reader.reads == 1
    await ada.opens(f"{TOOL}{attempt_of(ada)}/cover")
    assert "Draw a rectangle over it" in ada.text
    world.reader.lvef = 33.3
    await sends(ada, "covered", left="0", top="0", width="25", height="10")
    await world.works()
    assert world.reader.reads == 2
    await reloads(ada)
    await locks(ada, "42", attest="true")
    assert "The software read 33.3 %." in await reloads(ada)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"left": "0", "top": "0", "width": "0", "height": "10"},
        {"left": "-5", "top": "0", "width": "10", "height": "10"},
        {"left": "0", "top": "0", "width": "1000", "height": "10"},
        {"left": "x", "top": "0", "width": "10", "height": "10"},
    ],
)
async def test_a_rectangle_that_is_none_is_refused(world: World, typed: dict[str, str]) -> None:
    ada = await a_ready_clip(world)
    assert await sends(ada, "covered", **typed) == 409
    assert "Watch, then estimate" in await reloads(ada)


async def test_a_deleted_clip_is_gone_at_once_and_the_numbers_stay(world: World) -> None:
    ada = await a_ready_clip(world)
    watched = clip_url_of(ada)
    await locks(ada, "42", attest="true")
    await world.works()
    await reloads(ada)
    await ada.sends(form_to(ada.text, "/delete-clip"))
    assert (await ada.http.get(watched)).status_code == 404
    told = await reloads(ada)
    assert "You said 42 %. The software read 51 %." in told
    assert "Clip deleted on 23 Nov 2026" in words_of(told)
    assert "<video" not in told
    assert [grade["score_given"] for grade in (await world.gradebook())["grades"]] == [100.0]


async def test_a_clip_that_a_reading_is_awaited_of_is_not_deleted(world: World) -> None:
    ada = await world.learner("own-clip")
    await uploads(ada)
    world.reader.fails = None
    await world.worker.ingest.prepare(await world.only_clip())
    await reloads(ada)
    await locks(ada, "42", attest="true")
    assert await sends(ada, "delete-clip") == 409


async def test_a_case_of_the_library_cannot_be_deleted_or_covered(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await ada.opens(f"{TOOL}{ada.path}/cases/1")
    assert await sends(ada, "delete-clip") == 409
    assert await sends(ada, "covered", left="0", top="0", width="9", height="9") == 409


async def test_another_learner_can_do_none_of_it(world: World) -> None:
    ada = await a_ready_clip(world)
    bea = await world.learner("own-clip", "learner-2")
    foreign = attempt_of(ada).rpartition("/")[2]
    own = attempt_of(bea).rpartition("/")[0]
    for tail in ("delete-clip", "covered", "trim", "cover", "replace"):
        data = {"csrf": csrf_of(bea), "from": "0", "to": "9"}
        answer = await bea.http.post(f"{TOOL}{own}/{foreign}/{tail}", data=data)
        assert answer.status_code == 404, tail
    assert "Watch, then estimate" in await reloads(ada)


async def test_only_where_a_file_can_be_chosen_may_the_page_show_one_from_the_browsers_memory(
    world: World,
) -> None:
    await world.adds_case(51.0)
    policies: dict[str, str] = {}

    def notes(name: str, browser: Browser) -> None:
        assert browser.page is not None
        policies[name] = browser.page.headers["Content-Security-Policy"]

    ada = await world.learner("own-clip")
    notes("choose", ada)
    ready = await a_ready_clip(world)
    await reloads(ready)
    notes("estimate", ready)
    await locks(ready, "42", attest="true")
    await world.works()
    await reloads(ready)
    notes("the answer", ready)
    at_a_case = await world.learner("practice")
    await opens_case(at_a_case)
    notes("a case", at_a_case)
    for name, policy in policies.items():
        files = "blob:" in policy
        assert files == (name in {"choose", "estimate"}), name
        assert "img-src 'self' data: blob:;" in policy or not files
        assert "media-src 'self' blob:;" in policy or not files
        assert "connect-src 'self';" in policy
