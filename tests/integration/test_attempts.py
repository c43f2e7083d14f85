"""Attempts: an estimate is locked once, settles once, and reveals only then."""

import asyncio
from datetime import timedelta

import psycopg
import pytest

from inference.reading import ReaderUnavailable
from service import attempts
from service.models import Attempt, AttemptState, Estimate, Launch, Passback, Score
from service.postgres import connection_string
from tests.support.fakes import NOON
from tests.support.walks import (
    a_ready_clip,
    attempt_of,
    csrf_of,
    launch_of,
    locks,
    opens_case,
    presses_lock,
    reviews,
    uploads,
    words_of,
)
from tests.support.world import TOOL, Browser, World


@pytest.fixture
async def ada(world: World) -> Browser:
    """Ada, who has opened the first of two practice cases."""
    await world.adds_case(51.0)
    await world.adds_case(30.0, position=2)
    ada = await world.learner("practice")
    await opens_case(ada)
    return ada


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0", 0),
        ("100", 100),
        ("42%", 42),
        (" 42 ", 42),
        ("42 %", 42),
        ("007", 7),
        ("\N{ARABIC-INDIC DIGIT FOUR}\N{ARABIC-INDIC DIGIT TWO}\N{ARABIC PERCENT SIGN}", 42),
        ("\N{EXTENDED ARABIC-INDIC DIGIT FOUR}\N{EXTENDED ARABIC-INDIC DIGIT TWO}", 42),
    ],
)
async def test_a_whole_percent_is_locked_as_people_type_it(
    world: World, ada: Browser, typed: str, kept: int
) -> None:
    await locks(ada, typed)
    assert [estimate.lvef for estimate in await world.stored(Estimate)] == [kept]
    assert f"You said {kept} %. The reference is 51 %." in ada.text


async def test_anything_else_comes_back_with_a_sentence_and_what_was_typed(
    world: World, ada: Browser
) -> None:
    attempt = attempt_of(ada)
    for typed in ("42.5", "-1", "101", "", "４２", "1e1", "0x1F", "4 2", "42%%", "²", "1000"):
        for send in (reviews(ada, typed), presses_lock(ada, attempt, typed)):
            answer = await send
            assert answer.status_code == 422, typed
            assert "Type a whole number from 0 to 100." in answer.text
            assert f'name="lvef" value="{typed}"' in answer.text
    assert not await world.stored(Estimate)


async def test_a_second_lock_changes_nothing(world: World, ada: Browser) -> None:
    attempt = attempt_of(ada)
    first = await presses_lock(ada, attempt, "42")
    second = await presses_lock(ada, attempt, "42")
    assert first.status_code == second.status_code == 303
    third = await presses_lock(ada, attempt, "51")
    assert third.status_code == 200
    assert "You had locked in 42 % already" in third.text
    assert "You said 42 %." in (await ada.opens(f"{TOOL}{attempt}/")).text
    assert [estimate.lvef for estimate in await world.stored(Estimate)] == [42]


async def test_of_ten_locks_at_once_one_counts_and_none_fails(world: World, ada: Browser) -> None:
    attempt = attempt_of(ada)
    sent = [presses_lock(ada, attempt, str(lvef)) for lvef in range(40, 50)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [303]
    late = [answer.text for answer in answers if answer.status_code == 200]
    assert all("so the 4" in text for text in late), "whoever came too late is told so"
    assert len(await world.stored(Estimate)) == len(await world.stored(Score)) == 1


async def test_the_database_refuses_to_change_or_delete_a_locked_estimate(
    ada: Browser, database_url: str
) -> None:
    await locks(ada, "42")
    for statement in ("UPDATE estimate SET lvef = 51", "DELETE FROM estimate"):
        with (
            psycopg.connect(connection_string(database_url)) as connection,
            pytest.raises(psycopg.errors.RestrictViolation, match="append-only"),
        ):
            connection.execute(statement)


async def test_an_own_clip_is_locked_only_once_its_owner_vouches_for_it(world: World) -> None:
    ada = await a_ready_clip(world)
    attempt = attempt_of(ada)
    answer = await presses_lock(ada, attempt, "42")
    assert answer.status_code == 422
    assert "Please confirm this before you lock in." in answer.text
    assert 'name="lvef" value="42"' in answer.text
    assert not await world.stored(Estimate)
    assert (await presses_lock(ada, attempt, "42", attest="true")).status_code == 303


async def test_nothing_is_locked_before_the_clip_can_be_watched(world: World) -> None:
    ada = await world.learner("own-clip")
    attempt = attempt_of(ada)
    without = await presses_lock(ada, attempt, "42", attest="true")
    assert (without.status_code, "Choose a clip first." in without.text) == (409, True)
    await uploads(ada)
    masking = await presses_lock(ada, attempt, "42", attest="true")
    assert (masking.status_code, "The clip is not ready yet." in masking.text) == (409, True)
    assert not await world.stored(Estimate)


async def test_a_reading_that_is_there_already_is_shown_at_the_lock(world: World) -> None:
    ada = await a_ready_clip(world)
    assert "51" not in words_of(ada.text).partition("Watch, then estimate")[2]
    await locks(ada, "42", attest="true")
    assert "You said 42 %. The software read 51 %." in ada.text


async def test_an_estimate_that_is_there_first_waits_for_the_reading(world: World) -> None:
    world.reader.fails = ReaderUnavailable("down")
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    assert "Your estimate is locked in" in ada.text
    assert "The software read" not in ada.text
    assert not await world.stored(Score)
    world.reader.fails = None
    world.clock.passes(minutes=5)
    await world.worker.sweep()
    await world.works()
    await ada.opens(f"{TOOL}{attempt_of(ada)}/")
    assert "You said 42 %. The software read 51 %." in ada.text
    [settled] = await world.stored(Attempt)
    assert settled.settled_at == NOON + timedelta(minutes=5)
    [estimate] = await world.stored(Estimate)
    assert estimate.locked_at == NOON


async def test_two_that_settle_at_once_write_one_score_and_one_passback(world: World) -> None:
    world.reader.fails = ReaderUnavailable("down")
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    world.reader.fails = None
    [attempt] = await world.stored(Attempt)
    assert attempt.clip_id is not None

    async def settles() -> bool:
        async with world.worker.database.begin() as work:
            return await attempts.settle(work, attempt.id, world.clock())

    assert not await settles(), "there is no reading yet"
    world.clock.passes(minutes=5)
    read = world.worker.ingest.read(attempt.clip_id)
    outcomes = await asyncio.gather(read, *(settles() for _ in range(6)))
    assert outcomes.count(True) <= 1
    assert not await settles()
    assert len(await world.stored(Score)) == len(await world.stored(Passback)) == 1


async def test_reveal_is_shut_until_the_attempt_has_settled(world: World, ada: Browser) -> None:
    [row] = await world.stored(Attempt)
    [launch] = await world.stored(Launch)
    async with world.worker.database.begin() as work:
        assert await attempts.reveal(work, row.id, by=launch, now=world.clock()) is None
    await locks(ada, "42")
    async with world.worker.database.begin() as work:
        revealed = await attempts.reveal(work, row.id, by=launch, now=world.clock())
        assert revealed is not None
        assert revealed.score.reference_lvef == 51.0


async def test_two_tabs_work_on_one_attempt(world: World) -> None:
    ada = await world.learner("own-clip")
    first = attempt_of(ada).rpartition("/")[2]
    await ada.launches("own-clip")
    assert attempt_of(ada).rpartition("/")[2] == first
    await world.adds_case(51.0)
    await ada.launches("practice")
    here = launch_of(ada)
    urls = [f"{TOOL}{here}/cases/1"] * 8
    answers = await asyncio.gather(*(ada.http.get(url) for url in urls))
    assert len({answer.headers["Location"] for answer in answers}) == 1


async def test_a_draft_outlives_the_launch_that_began_it(world: World) -> None:
    ada = await a_ready_clip(world)
    before = attempt_of(ada).rpartition("/")[2]
    world.clock.passes(hours=13)
    assert (await ada.opens(f"{TOOL}{launch_of(ada)}")).status_code == 401
    await ada.launches("own-clip")
    assert attempt_of(ada).rpartition("/")[2] == before
    assert "Watch, then estimate" in ada.text


async def test_a_second_clip_is_an_attempt_of_its_own_and_posts_no_second_grade(
    world: World,
) -> None:
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    await world.works()
    world.clock.passes(minutes=1)
    await ada.opens(f"{TOOL}{launch_of(ada)}/another")
    await uploads(ada)
    await world.works()
    await ada.opens(f"{TOOL}{attempt_of(ada)}/")
    await locks(ada, "60", attest="true")
    assert "You said 60 %. The software read 51 %." in ada.text
    await world.works()
    states = [attempt.state for attempt in await world.stored(Attempt)]
    assert states == [AttemptState.SETTLED] * 2
    book = await world.gradebook()
    assert len(book["posts"]) == len(await world.stored(Passback)) == 1
    assert [grade["score_given"] for grade in book["grades"]] == [100.0]


async def test_practice_sends_its_mean_only_when_every_case_is_done(
    world: World, ada: Browser
) -> None:
    await locks(ada, "42")  # 9 points from 51: 11/15
    await world.works()
    assert (await world.gradebook())["posts"] == []
    await opens_case(ada, 2)
    await locks(ada, "40")  # 10 points from 30: 10/15
    await world.works()
    [grade] = (await world.gradebook())["grades"]
    assert grade["score_given"] == 70.0
    assert str(grade["comment"]).startswith("2/2 cases. Mean error 9.5, bias +0.5 (reads high).")


async def test_a_case_counts_at_its_first_look_alone(world: World, ada: Browser) -> None:
    await locks(ada, "42")
    await opens_case(ada)
    assert "You said 42 %. The reference is 51 %." in ada.text
    answer = await ada.http.post(
        f"{TOOL}{attempt_of(ada)}/review", data={"csrf": csrf_of(ada), "lvef": "51"}
    )
    assert "You said 42 %." in answer.text
    assert len(await world.stored(Attempt)) == 1
