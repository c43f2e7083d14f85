"""What measures learners takes cases that their course has not met, or says that it has too few."""

from uuid import UUID

from service.models import Activity
from tests.integration.test_picking import answered, links, opens, presses
from tests.support.campus import INSTRUCTOR, Campus, open_campus
from tests.support.world import World

LVEFS = (30.0, 35.0, 45.0, 47.0, 60.0, 65.0)
EXAM = {"kind": "exam", "cases": "3", "minutes": "20", "closes": "2027-03-31T12:00"}
MET = "Cases that are part of other activities of this course as well"


async def course(world: World) -> Campus:
    """A platform, and a library of six cases."""
    for position, lvef in enumerate(LVEFS, start=1):
        await world.adds_case(lvef, position)
    return await open_campus(world)


async def added(campus: Campus, link: str, **typed: str) -> Activity:
    """An activity that a teacher has picked, and somebody has opened by its link."""
    teacher = await campus.picks()
    await presses(teacher, "add", **typed)
    named = links(await answered(teacher))
    await opens(campus, named, link)
    [found] = [one for one in await campus.world.stored(Activity) if one.id == UUID(named)]
    return found


async def as_teacher(campus: Campus, activity: Activity, link: str) -> str:
    """What the class page says."""
    return (await opens(campus, str(activity.id), link, roles=[INSTRUCTOR])).text


async def test_an_exam_takes_cases_that_the_course_has_not_met(world: World) -> None:
    campus = await course(world)
    practice = await added(campus, "21", cases="3")
    exam = await added(campus, "22", **EXAM)
    assert practice.case_ids
    assert exam.case_ids
    assert not set(practice.case_ids) & set(exam.case_ids)
    assert MET not in await as_teacher(campus, exam, "22")


async def test_practice_leaves_an_exams_cases_alone(world: World) -> None:
    campus = await course(world)
    exam = await added(campus, "22", **EXAM)
    practice = await added(campus, "21", cases="3")
    assert practice.case_ids
    assert exam.case_ids
    assert not set(practice.case_ids) & set(exam.case_ids)


async def test_an_exam_that_was_picked_beside_practice_looks_for_others_when_it_is_opened(
    world: World,
) -> None:
    campus = await course(world)
    teacher = await campus.picks()
    await presses(teacher, "more", cases="3")
    await presses(teacher, "add", **EXAM)
    claims = await answered(teacher)
    for at, link in ((0, "21"), (1, "22")):
        await opens(campus, links(claims, at), link)
    stored = {one.id: one for one in await world.stored(Activity)}
    practice, exam = (stored[UUID(links(claims, at))] for at in (0, 1))
    assert practice.case_ids
    assert exam.case_ids
    assert not set(practice.case_ids) & set(exam.case_ids)


async def test_where_the_library_is_too_small_the_class_page_says_so(world: World) -> None:
    campus = await course(world)
    await added(campus, "21", cases="5")
    exam = await added(campus, "22", **EXAM)
    said = await as_teacher(campus, exam, "22")
    assert MET in said
    assert "The library has too few others." in said


async def test_a_teachers_own_choice_of_cases_stays(world: World) -> None:
    campus = await course(world)
    await added(campus, "21", which="1-3")
    exam = await added(campus, "22", **EXAM, which="2-3")
    assert exam.picked == [2, 3]
    said = await as_teacher(campus, exam, "22")
    assert f"{MET}: 2." in said


async def test_two_practice_sets_of_a_course_share_no_case_where_the_library_has_enough(
    world: World,
) -> None:
    campus = await course(world)
    first = await added(campus, "21", cases="3")
    second = await added(campus, "24", cases="3")
    third = await added(campus, "25", cases="3")
    assert not set(first.case_ids or []) & set(second.case_ids or [])
    assert len(third.case_ids or []) == 3
