"""Once somebody has begun what measures them, its cases stay: other cases would move estimates from
one part to the other, or out of the exam. Everything else can still be changed."""

from service.models import Activity, Attempt, Kind
from tests.integration.test_copied_links import saves
from tests.integration.test_exams import an_exam, begins
from tests.integration.test_parts import does, parts
from tests.support.walks import launch_of, opens_case
from tests.support.world import TOOL, Browser, World

STAY = "Somebody has begun: the cases stay as they are."
BEFORE_AND_AFTER = {"kind": "pre_post", "second_opens": "2027-03-31T12:00", "version": "1"}
EXAM = {"kind": "exam", "minutes": "20", "closes": "2027-03-31T12:00", "version": "1"}


async def status(teacher: Browser, **typed: str) -> int:
    """Save the settings, and how that is answered."""
    await saves(teacher, **typed)
    assert teacher.page is not None
    return teacher.page.status_code


async def cases(world: World) -> list[str] | None:
    """The cases of the only activity."""
    [activity] = await world.stored(Activity)
    return activity.case_ids


async def test_the_cases_of_a_before_and_after_stay_once_somebody_has_begun(world: World) -> None:
    ada = await parts(world)
    await does(ada, 1, 50)
    dealt = await cases(world)
    teacher = await world.learner("practice", "teacher-1")
    answer = await status(teacher, **BEFORE_AND_AFTER, in_a_part="1", title="Renamed")
    assert (answer, STAY in teacher.text) == (422, True)
    assert 'value="Renamed"' in teacher.text
    assert await cases(world) == dealt
    assert await status(teacher, **BEFORE_AND_AFTER, in_a_part="2", title="Renamed") == 200
    [activity] = await world.stored(Activity)
    assert (activity.title, activity.case_ids) == ("Renamed", dealt)
    assert activity.second_opens_at is not None
    assert f"{activity.second_opens_at:%Y-%m-%d}" == "2027-03-31"


async def test_what_learners_do_in_a_before_and_after_stays_too(world: World) -> None:
    ada = await parts(world)
    await opens_case(ada, 1)
    teacher = await world.learner("practice", "teacher-1")
    await status(teacher, kind="practice", cases="4", version="1")
    assert "Learners have begun" in teacher.text
    [activity] = await world.stored(Activity)
    assert activity.kind is Kind.PRE_POST


async def test_the_cases_of_an_exam_stay_once_somebody_has_begun(world: World) -> None:
    await an_exam(world, 30.0, 51.0, 60.0)
    before = await cases(world)
    ada = await world.learner("practice")
    await begins(ada)
    teacher = await world.learner("practice", "teacher-1")
    for typed in ({"cases": "2"}, {"cases": "3", "which": "1, 3"}):
        answer = await status(teacher, **EXAM, **typed)
        assert (answer, STAY in teacher.text) == (422, True)
    assert await cases(world) == before
    assert await status(teacher, **EXAM, cases="3", grade_by="category") == 200
    assert await cases(world) == before


async def test_whoever_only_tries_it_out_holds_nothing_up(world: World) -> None:
    await parts(world)
    teacher = await world.learner("practice", "teacher-1")
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/try")
    await does(teacher, 1, 50)
    assert [one.preview for one in await world.stored(Attempt)] == [True]
    assert await status(teacher, **BEFORE_AND_AFTER, in_a_part="1") == 200
    dealt = await cases(world)
    assert dealt is not None
    assert len(dealt) == 2
