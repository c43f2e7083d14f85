"""Practice gives no answer away that an exam or a before/after of the same course still seals."""

from service.models import Activity, Attempt, Draft, Estimate
from tests.integration.test_exams import begins
from tests.integration.test_fresh_cases import EXAM, added, course
from tests.support.campus import INSTRUCTOR, Campus
from tests.support.pickers import opens
from tests.support.walks import attempt_of, launch_of, locks, opens_case, presses_lock, reviews
from tests.support.world import TOOL, Browser, World

PARTS = {"kind": "pre_post", "in_a_part": "1", "second_opens": "2026-11-24T12:00"}
WAITS = 'This case is part of "Week 3, as the LMS calls it", whose answers are not out yet.'


async def at(campus: Campus, activity: Activity, link: str, **claims: object) -> Browser:
    """A learner opens an activity."""
    return await opens(campus, str(activity.id), link, **claims)


def said(browser: Browser) -> str:
    """The page, as people read it."""
    return browser.text.replace("&#39;", "'").replace("&#34;", '"')


async def test_a_case_of_a_running_exam_waits_in_practice(world: World) -> None:
    campus = await course(world)
    practice = await added(campus, "21", which="1-3")
    await added(campus, "22", **EXAM, which="2-4")
    ada = await at(campus, practice, "21")
    assert said(ada).count(WAITS) == 2
    assert ("Start case 1" in ada.text, "Start case 2" in ada.text) == (True, False)
    for position in (2, 3):
        answer = await opens_case(ada, position)
        assert (answer.status_code, WAITS in said(ada)) == (409, True)
        await at(campus, practice, "21")
    assert not await world.stored(Attempt)
    ada = await at(campus, practice, "21")
    await opens_case(ada, 1)
    await locks(ada, "30")
    assert "The reference is 30 %" in ada.text
    assert "See how you did" in ada.text, "there is no next case yet"


async def test_it_can_be_done_once_the_answers_are_out(world: World) -> None:
    campus = await course(world)
    practice = await added(campus, "21", which="1-3")
    await added(campus, "22", **EXAM, which="2-4")
    world.clock.passes(days=200)
    ada = await at(campus, practice, "21")
    assert WAITS not in said(ada)
    await opens_case(ada, 2)
    await locks(ada, "35")
    assert "The reference is 35 %" in ada.text


async def test_what_was_begun_before_the_exam_was_there_cannot_be_locked_in_and_is_kept(
    world: World,
) -> None:
    campus = await course(world)
    practice = await added(campus, "21", which="1-3")
    ada = await at(campus, practice, "21")
    await opens_case(ada, 1)
    await locks(ada, "30")
    shown = attempt_of(ada)
    await opens_case(ada, 2)
    await reviews(ada, "41")
    begun = attempt_of(ada)
    await added(campus, "22", **EXAM, which="1-3")
    answer = await presses_lock(ada, begun, "41")
    assert answer.status_code == 409
    await ada.opens(f"{TOOL}{begun}/")
    assert WAITS in said(ada)
    assert len(await world.stored(Estimate)) == 1
    assert [one.lvef for one in await world.stored(Draft)] == ["41"]
    await ada.opens(f"{TOOL}{shown}/")
    assert "The reference is 30 %" in ada.text, "what she was shown before, she may see"
    await ada.opens(f"{TOOL}{launch_of(ada)}")
    assert said(ada).count(WAITS) == 2
    assert "Look again at case 1" in ada.text


async def test_a_before_and_after_seals_its_cases_till_this_learner_has_done_both_parts(
    world: World,
) -> None:
    campus = await course(world)
    around = await added(campus, "23", **PARTS)
    practice = await added(campus, "21", which="1-6")
    ada = await at(campus, practice, "21")
    assert said(ada).count(WAITS) == 2
    world.clock.passes(days=2)
    ada = await at(campus, around, "23")
    for position in (1, 2):
        await opens_case(ada, position)
        await locks(ada, "50")
    ada = await at(campus, practice, "21")
    assert WAITS not in said(ada)
    other = await at(campus, practice, "21", sub="99")
    assert said(other).count(WAITS) == 2


async def test_an_exam_waits_for_no_other_exam_and_a_teacher_tries_out_what_they_like(
    world: World,
) -> None:
    campus = await course(world)
    practice = await added(campus, "21", which="1-3")
    exam = await added(campus, "22", **EXAM, which="2-4")
    await added(campus, "24", **EXAM, which="2-4")
    ada = await at(campus, exam, "22")
    await begins(ada)
    assert "Case 1 of 3" in ada.text
    teacher = await at(campus, practice, "21", roles=[INSTRUCTOR], sub="71")
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/try")
    await opens_case(teacher, 2)
    await locks(teacher, "35")
    assert "The reference is 35 %" in teacher.text
