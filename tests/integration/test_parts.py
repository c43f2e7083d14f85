"""Before and after teaching: two parallel forms, and no answer before the second is done."""

import csv
import io
from datetime import timedelta
from uuid import UUID

from service.models import Activity, Answers, Kind, Learner, Passback
from service.parts import begins_with_b
from tests.integration.test_activity_settings import is_set, with_cases
from tests.support.walks import all_that_is_said, attempt_of, launch_of, locks, opens_case
from tests.support.world import TOOL, Browser, World

# The forms lie one after the other; each has its own references.
FORM_A, FORM_B = (31.1, 62.3), (33.3, 64.5)


async def parts(world: World, *, opens_in: float = 7, rule: str = "linear 5/20") -> Browser:
    """The course's practice becomes a pre/post activity; its second part opens in some days."""
    cases = await with_cases(world, *FORM_A, *FORM_B)
    ada = await world.learner("practice")
    await is_set(
        world,
        kind=Kind.PRE_POST,
        rule=rule,
        answers=Answers.AT_ONCE,
        case_ids=[str(case) for case in cases],
        second_opens_at=world.clock() + timedelta(days=opens_in),
    )
    return ada


async def at_home(browser: Browser) -> str:
    """What the activity's own page says."""
    await browser.opens(f"{TOOL}{launch_of(browser)}")
    return browser.text.replace("&#39;", "'")


async def forms_of(world: World, user: str = "learner-1") -> tuple[tuple[float, ...], ...]:
    """The references of this learner's two parts, in their order."""
    [activity] = await world.stored(Activity)
    [learner] = [one for one in await world.stored(Learner) if one.subject == user]
    return (FORM_B, FORM_A) if begins_with_b(activity.id, learner.id) else (FORM_A, FORM_B)


async def does(browser: Browser, first: int, *lvefs: int) -> None:
    """Lock in one case after the other."""
    for position, lvef in enumerate(lvefs, start=first):
        await opens_case(browser, position)
        await locks(browser, str(lvef))


async def test_the_second_part_waits_for_its_day_and_for_the_first(world: World) -> None:
    ada = await parts(world)
    said = await at_home(ada)
    assert "First part" in said
    assert "The second part opens on" in said
    assert "Start case 2" in said
    assert "Start case 3" not in said
    assert (await opens_case(ada, 3)).status_code == 409
    world.clock.passes(days=8)
    ada = await world.learner("practice")
    await does(ada, 1, 50)
    assert "Cases left in it: 1." in await at_home(ada)
    assert (await opens_case(ada, 3)).status_code == 409
    await does(ada, 2, 50)
    assert "Start case 3" in await at_home(ada)
    await opens_case(ada, 3)
    assert "Case 3 of 4" in ada.text


async def test_no_answer_is_shown_or_sent_before_both_parts_are_done(world: World) -> None:
    ada = await parts(world, opens_in=-1)
    sealed = [f"{lvef:g}" for lvef in (*FORM_A, *FORM_B)]
    await does(ada, 1, 50, 50, 50)
    assert "Saved: your estimate is locked in" in ada.text
    for path, said in (await all_that_is_said(ada, attempt_of(ada))).items():
        assert not [lvef for lvef in sealed if lvef in said], path
    await world.works()
    assert not await world.stored(Passback)
    await does(ada, 4, 50)
    assert "The reference is" in ada.text
    await opens_case(ada, 1)
    assert "The reference is" in ada.text
    assert await world.stored(Passback)


async def test_the_second_part_is_the_grade_and_both_are_compared(world: World) -> None:
    ada = await parts(world, opens_in=-1)
    (low, high), (second_low, second_high) = await forms_of(world)
    await does(ada, 1, round(low + 20), round(high + 20))
    await does(ada, 3, round(second_low), round(second_high + 10))
    [passback] = await world.stored(Passback)
    away = abs(round(second_high + 10) - second_high)
    assert passback.score_given == round(50 + 50 * (20 - away) / 15, 2)
    assert passback.comment.startswith("First part: Mean error 1")
    assert "Second part: 2/2 cases. Mean error 4.9" in passback.comment
    assert len(passback.comment) <= 500
    said = await at_home(ada)
    assert "Mean error in the first part:" in said
    assert "points nearer." in said
    teacher = await world.learner("practice", "teacher-1")
    assert "Mean error of those who have worked in both parts (1):" in teacher.text
    assert ", then 4.9" in teacher.text
    answer = await teacher.http.get(f"{TOOL}{launch_of(teacher)}/class.csv")
    [head, line] = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    found = dict(zip(head, line, strict=True))
    away = abs(round(low + 20) - low) + abs(round(high + 20) - high)
    assert found["mean error in the first part, points"] == f"{away / 2:.1f}"
    assert found["mean error in the second part, points"] == "4.9"
    assert found["bias in the first part, points"] == f"{away / 2:.1f}"


async def test_taking_part_is_taking_part_in_both(world: World) -> None:
    ada = await parts(world, opens_in=-1, rule="completion")
    await does(ada, 1, 50, 50, 50)
    assert not await world.stored(Passback)
    await does(ada, 4, 50)
    [passback] = await world.stored(Passback)
    assert passback.score_given == 100.0
    assert "Both parts: 4/4 cases." in passback.comment


async def test_who_has_done_a_half_when_it_closes_is_graded_for_what_there_is(
    world: World,
) -> None:
    ada = await parts(world, opens_in=-1)
    _, (low, _high) = await forms_of(world)
    await does(ada, 1, 50, 50, round(low))
    await is_set(world, closes_at=world.clock() + timedelta(hours=1))
    world.clock.passes(hours=2)
    await world.worker.sweep()
    [passback] = await world.stored(Passback)
    assert passback.score_given == 50.0
    assert "1/2 cases; the others count 0." in passback.comment
    await opens_case(ada, 1)
    assert "The reference is" in ada.text, "nothing more can be done, so nothing is given away"


def test_about_half_of_the_learners_begin_with_either_form() -> None:
    activity, people = UUID(int=7), [UUID(int=n) for n in range(200)]
    assert 70 < sum(begins_with_b(activity, one) for one in people) < 130


async def test_a_teacher_tries_both_parts_out_at_once_and_nothing_counts(world: World) -> None:
    await parts(world)
    teacher = await world.learner("practice", "teacher-1")
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/try")
    assert "Start case 3" in teacher.text
    await does(teacher, 1, 50, 50, 50)
    assert "Saved: your estimate is locked in" in teacher.text
    await does(teacher, 4, 50)
    assert "The reference is" in teacher.text
    assert not await world.stored(Passback)


async def test_a_copy_has_no_day_for_its_second_part_until_a_teacher_says_one(
    world: World,
) -> None:
    ada = await parts(world)
    await is_set(world, second_opens_at=None)
    assert "The second part opens once your teacher has said when." in await at_home(ada)
    teacher = await world.learner("practice", "teacher-1")
    assert "Say in the settings when the second part opens" in teacher.text


async def test_a_second_parts_moment_stays_where_it_is_whoever_opens_its_settings(
    world: World,
) -> None:
    await world.adds_case(51.0)
    grace = await world.learner("practice", "teacher-1")
    settings = f"{TOOL}{launch_of(grace)}/settings"
    await grace.opens(settings)
    assert "data-zone" in grace.text, "a browser says which zone its owner thinks in"
    await is_set(world, kind=Kind.PRE_POST, second_opens_at=world.clock() + timedelta(days=7))
    await grace.opens(settings)
    assert 'name="zone" value="UTC"' in grace.text
    assert "data-zone" not in grace.text
