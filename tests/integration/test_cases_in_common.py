"""One case in several activities of a course: when its answer is shown, and what counts of it."""

import re

import pytest
from sqlalchemy import update

from service.models import Activity, Passback, Score
from tests.integration.test_exams import begins
from tests.integration.test_fresh_cases import EXAM, added, course
from tests.integration.test_sealed_elsewhere import PARTS, at, said
from tests.support.campus import INSTRUCTOR
from tests.support.walks import attempt_of, launch_of, locks, opens_case
from tests.support.world import TOOL, Browser, World

SEALED = 'This case is part of "Week 3, as the LMS calls it", whose answers are not out yet.'
THERE = "Its answer is shown here once they are."
WAITED = "It waited until this closed, so it isn't counted."
KNOWN = "You've seen its answer in another activity. It's practice here, and not scored."
SEEN = "You've already seen the answer for this clip."
CLOSES = {"answers": "after_close", "closes": "2026-11-25T12:00"}  # two days after the first


async def does(browser: Browser, position: int, lvef: str) -> str:
    """Lock in one case of an activity, and keep where its page is."""
    await browser.opens(f"{TOOL}{launch_of(browser)}")
    await opens_case(browser, position)
    await locks(browser, lvef)
    return attempt_of(browser)


async def passes(world: World, days: float) -> None:
    """Let time go by, and what has closed be graded."""
    world.clock.passes(days=days)
    await world.worker.sweep()
    await world.works()


async def takes(world: World, activity: Activity, cases: list[str] | None) -> None:
    """The library has too few others: a before/after gets these cases."""
    async with world.worker.database.begin() as work:
        change = update(Activity).where(Activity.id == activity.id)
        await work.session.execute(change.values(case_ids=cases))


@pytest.mark.breadth
async def test_what_was_locked_in_before_an_exam_was_there_stays_sealed_till_the_exam_is_over(
    world: World,
) -> None:
    campus = await course(world)
    practice = await added(campus, "21", **CLOSES, which="1-2")
    ada = await at(campus, practice, "21")
    await does(ada, 1, "30")
    await does(ada, 2, "52")
    await added(campus, "22", **EXAM, which="2-4")
    await passes(world, 3)
    ada = await at(campus, practice, "21")
    assert "Yours 30 %, reference 30 %" in ada.text
    assert "reference 35 %" not in ada.text
    await opens_case(ada, 2)
    assert SEALED in said(ada)
    assert THERE in said(ada)
    assert "reference is" not in ada.text
    await ada.opens(f"{TOOL}{launch_of(ada)}/progress")
    assert "52 %" not in ada.text
    [grade] = await world.stored(Passback)
    assert "Mean error" not in grade.comment, "two errors and a bias tell two answers"
    assert grade.comment.startswith("2/2 cases.")
    await passes(world, 200)
    ada = await at(campus, practice, "21")
    await opens_case(ada, 2)
    assert "The reference is 35 %" in ada.text


@pytest.mark.breadth
async def test_an_exam_that_is_over_gives_nothing_away_that_a_before_and_after_still_asks(
    world: World,
) -> None:
    campus = await course(world)
    exam = await added(campus, "22", **{**EXAM, "closes": "2026-11-24T08:00"}, which="1-2")
    around = await added(campus, "23", **PARTS)
    await takes(world, around, exam.case_ids)
    ada = await at(campus, exam, "22")
    await begins(ada)
    await does(ada, 1, "30")
    await does(ada, 2, "30")
    await passes(world, 2)
    ada = await at(campus, exam, "22")
    await opens_case(ada, 2)
    assert SEALED in said(ada)
    [grade] = await world.stored(Passback)
    assert "Mean error" not in grade.comment
    ada = await at(campus, around, "23")
    await does(ada, 1, "31")
    await does(ada, 2, "31")
    assert SEEN not in said(ada)
    assert "The reference is" in ada.text, "both parts are done"
    ada = await at(campus, exam, "22")
    assert "reference 30 %" in ada.text
    assert "reference 35 %" in ada.text


@pytest.mark.breadth
async def test_a_before_and_after_that_is_done_gives_nothing_away_while_an_exam_runs(
    world: World,
) -> None:
    campus = await course(world)
    exam = await added(campus, "22", **EXAM, which="2-3")
    fresh = await added(campus, "21", which="1")
    around = await added(campus, "23", **PARTS)
    await takes(world, around, [*(fresh.case_ids or []), *(exam.case_ids or [])[:1]])
    await passes(world, 2)
    ada = await at(campus, around, "23")
    done = [await does(ada, position, "40") for position in (1, 2)]
    shown = []
    for attempt in done:
        await ada.opens(f"{TOOL}{attempt}/")
        shown.append("The reference is" in ada.text)
        assert shown[-1] is not (SEALED in said(ada))
    assert sorted(shown) == [False, True]
    await ada.opens(f"{TOOL}{launch_of(ada)}")
    assert "Before and after" not in ada.text, "one of its two errors is known"


async def test_a_case_that_waited_until_practice_closed_costs_nothing(world: World) -> None:
    campus = await course(world)
    practice = await added(campus, "21", closes=CLOSES["closes"], which="1-3")
    await added(campus, "22", **EXAM, which="2-4")
    ada = await at(campus, practice, "21")
    await does(ada, 1, "30")
    await world.works()
    assert not await world.stored(Passback), "two cases are still to come"
    await passes(world, 3)
    [grade] = await world.stored(Passback)
    assert grade.share == 1.0
    assert grade.comment.startswith("1/1 cases. Mean error 0.0")
    ada = await at(campus, practice, "21")
    assert said(ada).count(WAITED) == said(ada).count("Not counted") == 2
    await passes(world, 200)
    ada = await at(campus, practice, "21")
    assert said(ada).count(WAITED) == 2
    [grade] = await world.stored(Passback)
    assert grade.share == 1.0


async def test_a_case_that_could_have_been_done_before_practice_closed_counts_nothing(
    world: World,
) -> None:
    campus = await course(world)
    practice = await added(campus, "21", closes=CLOSES["closes"], which="1-2")
    ada = await at(campus, practice, "21")
    await does(ada, 1, "30")
    await passes(world, 3)
    await added(campus, "22", **EXAM, which="2-4")
    [grade] = await world.stored(Passback)
    assert grade.share == 0.5
    ada = await at(campus, practice, "21")
    assert WAITED not in said(ada)


async def test_only_the_first_look_counts_in_whichever_activity_it_was(world: World) -> None:
    campus = await course(world)
    first = await added(campus, "21", which="1-2")
    second = await added(campus, "24", which="2-3")
    ada = await at(campus, first, "21")
    await does(ada, 2, "35")
    ada = await at(campus, second, "24")
    assert said(ada).count(KNOWN) == 1
    await opens_case(ada, 1)
    assert SEEN in said(ada)
    await does(ada, 1, "75")
    assert SEEN in said(ada)
    assert [one.seen for one in await world.stored(Score)] == [False, True]
    assert not await world.stored(Passback)
    await does(ada, 2, "45")
    [grade] = await world.stored(Passback)
    assert grade.share == 1.0
    assert grade.comment.startswith("1/1 cases. Mean error 0.0")
    teacher = await at(campus, second, "24", roles=[INSTRUCTOR], sub="71")
    [errors] = re.findall(r'data-label="Mean error, points"[^>]*>([^<]*)<', teacher.text)
    assert errors == "0.0", "how near she came to what she knew says nothing"


async def test_a_case_that_was_scored_here_counts_whatever_is_seen_elsewhere_later(
    world: World,
) -> None:
    campus = await course(world)
    first = await added(campus, "21", which="1-2")
    second = await added(campus, "24", which="2-3")
    ada = await at(campus, second, "24")
    await does(ada, 1, "35")
    ada = await at(campus, first, "21")
    await does(ada, 2, "70")
    ada = await at(campus, second, "24")
    assert KNOWN not in said(ada)
    await does(ada, 2, "45")
    [grade] = await world.stored(Passback)
    assert grade.comment.startswith("2/2 cases.")


async def test_an_exam_does_not_count_what_practice_has_shown_before(world: World) -> None:
    campus = await course(world)
    practice = await added(campus, "21", which="1-2")
    ada = await at(campus, practice, "21")
    await does(ada, 1, "30")
    exam = await added(campus, "22", **{**EXAM, "closes": "2026-11-24T08:00"}, which="1-2")
    ada = await at(campus, exam, "22")
    await begins(ada)
    await does(ada, 1, "30")
    await does(ada, 2, "55")
    await passes(world, 1)
    grades = [one for one in await world.stored(Passback) if one.activity_id == exam.id]
    assert [one.comment.split(".")[0] for one in grades] == ["1/1 cases"]
    assert grades[0].share == 0.0


async def test_whoever_tries_out_is_not_held_back_and_not_told_that_they_know(
    world: World,
) -> None:
    campus = await course(world)
    practice = await added(campus, "21", which="1-2")
    await added(campus, "22", **EXAM, which="1-2")
    other = await added(campus, "24", which="1-2")
    for activity, link in ((practice, "21"), (other, "24")):
        teacher = await at(campus, activity, link, roles=[INSTRUCTOR], sub="71")
        await teacher.opens(f"{TOOL}{launch_of(teacher)}/try")
        await opens_case(teacher, 1)
        assert SEEN not in said(teacher)
        await locks(teacher, "35")
        assert "The reference is 30 %" in teacher.text


async def test_where_every_answer_is_known_nothing_is_graded_and_that_is_said(
    world: World,
) -> None:
    campus = await course(world)
    for link in ("21", "24"):
        ada = await at(campus, await added(campus, link, which="1"), link)
        told = "You knew all these answers from other activities" in said(ada)
        assert told is (link == "24"), "before anything is done there"
        await does(ada, 1, "30")
    assert len(await world.stored(Passback)) == 1
    assert "You knew all these answers from other activities" in said(ada)
