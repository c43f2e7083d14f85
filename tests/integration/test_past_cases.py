"""The list of a learner's cases: all of them, or those that a filter lets through."""

import re

import pytest
from sqlalchemy import update

from service.models import Activity, Answers, Attempt, AttemptState
from tests.integration.test_activity_settings import is_set
from tests.support.fakes import a_tracing
from tests.support.walks import (
    a_ready_clip,
    later,
    launch_of,
    locks,
    opens_case,
    reloads,
    waits_for_a_reading,
    words_of,
)
from tests.support.world import TOOL, Browser, World, form_to


async def lists(browser: Browser, query: str = "") -> str:
    """What the list says."""
    await browser.opens(f"{TOOL}{launch_of(browser)}/progress/cases{query}")
    return words_of(browser.text).partition("Language")[0]


async def with_three(world: World) -> Browser:
    """A learner who has done a failing, a middling and a well heart."""
    for position, reference in enumerate((30.0, 45.0, 60.0), start=1):
        await world.adds_case(reference, position)
    ada = await world.learner("practice")
    for position, estimate in enumerate(("31", "46", "50"), start=1):
        await opens_case(ada, position)
        await locks(ada, estimate)
        world.clock.passes(minutes=1)
    return ada


async def test_the_list_begins_with_the_latest_and_says_what_each_came_to(world: World) -> None:
    ada = await with_three(world)
    said = await lists(ada)
    assert "3 cases." in said
    assert re.findall(r"Case \d", said.partition("Show")[2]) == ["Case 3", "Case 2", "Case 1"]
    assert "Yours 50 %, reference 60 %. You read 10 points low. Scored Look again" in said
    await ada.opens(f"{TOOL}{launch_of(ada)}/progress")
    assert f'href="{launch_of(ada)}/progress/cases"' in ada.text


async def test_a_category_and_an_activity_can_be_asked_for(world: World) -> None:
    ada = await with_three(world)
    async with world.worker.database.begin() as work:  # as if they had been done elsewhere
        await work.session.execute(
            update(Activity).values(resource_link_id="another link", title="Week 1")
        )
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "33")
    said = await lists(ada)
    assert "4 cases." in said
    assert "reference 30 %. You read 3 points high. Practice" in said
    failing = await lists(ada, "?category=2")
    assert "2 cases." in failing
    assert "reference 45 %" not in failing
    options = dict(re.findall(r'<option value="([\w-]+)"[^>]*>([^<]+)</option>', ada.text))
    [elsewhere] = [value for value, name in options.items() if name == "Week 1"]
    there = await lists(ada, f"?activity={elsewhere}")
    assert "3 cases." in there
    assert "Look again" not in there  # it opens from its own activity only
    assert "1 case." in await lists(ada, f"?activity={elsewhere}&category=2")
    nothing = await lists(ada, "?activity=nobody's")
    assert "0 cases." in nothing
    assert "No case of yours is like this." in nothing


async def test_what_nobody_asks_for_so_changes_nothing(world: World) -> None:
    ada = await with_three(world)
    for query in ("?category=9", "?category=x", "?page=99999999", "?page=-1", "?page=0", "?y=1"):
        assert "3 cases." in await lists(ada, query), query


@pytest.mark.breadth
async def test_a_long_list_comes_in_pages(world: World) -> None:
    await world.adds_case(50.0)
    ada = await world.learner("practice")
    for estimate in range(32):
        again = "/again" if estimate else ""
        await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1{again}")
        await locks(ada, str(estimate + 20))
        world.clock.passes(seconds=1)
    first = await lists(ada)
    assert "32 cases." in first
    assert "Later cases" not in first
    assert first.count("reference 50 %") == 30
    second = await lists(ada, "?page=2")
    assert "Earlier cases" not in second
    assert second.count("reference 50 %") == 2
    assert "Yours 20 %, reference 50 %. You read 30 points low. Scored" in second


async def test_what_waits_is_listed_without_a_word_of_its_answer(world: World) -> None:
    ada = await waits_for_a_reading(world)
    said = await lists(ada)
    assert "Yours 42 %. The answer is still to come. Waiting Open" in said
    assert "0 cases." in await lists(ada, "?category=1")
    assert "<img" not in ada.text


async def test_an_answer_that_is_sealed_waits_like_one_that_is_not_there(world: World) -> None:
    await world.adds_case(51.0, tracing=a_tracing())
    ada = await world.learner("practice")
    await is_set(world, answers=Answers.AFTER_CLOSE, closes_at=world.clock().replace(hour=23))
    await opens_case(ada)
    await locks(ada, "42")
    await world.works()
    said = await lists(ada)
    assert "Yours 42 %. The answer is still to come. Waiting Open" in said
    assert "51" not in said
    assert "<img" not in ada.text


async def test_a_case_has_a_still_for_whoever_has_seen_its_answer(world: World) -> None:
    await world.adds_case(51.0, tracing=a_tracing())
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "42")
    await world.works()
    await lists(ada)
    [picture] = re.findall(r'<img class="thumb" src="([^"]+)"', ada.text)
    answer = await ada.http.get(picture.replace("&amp;", "&"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"


async def test_of_a_deleted_clip_the_numbers_stay_and_the_day_is_said(world: World) -> None:
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    await world.works()
    await reloads(ada)
    await ada.sends(form_to(ada.text, "/delete-clip"))
    said = await lists(ada)
    assert "Clip deleted on 23 Nov 2026" in said
    assert "Yours 42 %, the software's 51 %." in said
    assert "Not counted here" in said
    assert "<img" not in ada.text


async def test_an_answer_that_was_only_listed_has_been_shown(world: World) -> None:
    ada = await waits_for_a_reading(world)
    world.reader.fails = None
    await later(world, minutes=10)
    [attempt] = await world.stored(Attempt)
    assert (attempt.state, attempt.revealed_at) == (AttemptState.SETTLED, None)
    assert "the software's 51 %" in await lists(ada)
    [attempt] = await world.stored(Attempt)
    assert attempt.revealed_at == world.clock()
