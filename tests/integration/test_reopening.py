"""A teacher gives a case back after a fault: it is estimated again, blind, and only that counts."""

import pytest

from service.models import Attempt, Estimate, Event, Learner, Passback, Reopening
from tests.integration.test_exams import an_exam, as_exam, at_home, becomes, begins
from tests.support.walks import (
    all_that_is_said,
    attempt_of,
    csrf_of,
    launch_of,
    locks,
    opens_case,
    reviews,
)
from tests.support.world import TOOL, Browser, World, form_to

WHY = "The clip did not play."
TOLD = "Your teacher has given you this case back; only what you lock in now counts."


async def sits(world: World) -> Browser:
    """Ada has locked in the first case of an exam, wrongly."""
    ada = await world.learner("practice")
    await begins(ada)
    await locks(ada, "15")
    return ada


async def learner_id(world: World, subject: str = "learner-1") -> str:
    """By which the class knows somebody."""
    return next(str(one.id) for one in await world.stored(Learner) if one.subject == subject)


async def sees_work(world: World) -> Browser:
    """A teacher who has opened Ada's work from the class."""
    teacher = await world.learner("practice", "teacher-1")
    path = f"{launch_of(teacher)}/learners/{await learner_id(world)}"
    assert f'href="{path}"' in teacher.text
    await teacher.opens(f"{TOOL}{path}")
    return teacher


async def gives_back(teacher: Browser, reason: str = WHY) -> str:
    """Give the first case that can be given back; the page that follows."""
    attempt = teacher.text.partition('<option value="')[2].partition('"')[0]
    await teacher.sends(form_to(teacher.text, "/reopen"), attempt=attempt, reason=reason)
    return teacher.text.replace("&#39;", "'")


async def closes(world: World) -> None:
    """The exam is over, and everybody is graded."""
    world.clock.passes(hours=3)
    await world.worker.sweep()
    await world.works()


async def test_what_is_locked_in_afterwards_counts_and_the_first_stays_on_record(
    world: World,
) -> None:
    await an_exam(world, 51.0, 60.0)
    ada = await sits(world)
    locked_at = (await world.stored(Estimate))[0].locked_at
    world.clock.passes(minutes=5)
    page = await gives_back(await sees_work(world))
    assert "15 %, given back on" in page
    assert WHY in page
    home = await at_home(ada)
    assert TOLD in home
    assert WHY in home
    await opens_case(ada)
    assert TOLD in ada.text.replace("&#39;", "'")
    await locks(ada, "51")
    await opens_case(ada, 2)
    await locks(ada, "60")
    await closes(world)
    [passback] = await world.stored(Passback)
    assert passback.score_given == 100.0
    assert passback.comment.startswith("2/2 cases.")
    assert sorted(one.lvef for one in await world.stored(Estimate)) == [15, 51, 60]
    again = next(one for one in await world.stored(Attempt) if one.first_locked_at)
    assert again.first_locked_at == locked_at, "the fault makes nobody late"
    [reopened] = await world.stored(Reopening)
    assert reopened.reason == WHY
    assert "reopened" in [event.code for event in await world.stored(Event)]


async def test_the_attempt_before_tells_nothing_and_takes_nothing(world: World) -> None:
    await an_exam(world, 51.3)
    ada = await sits(world)
    before = attempt_of(ada)
    await gives_back(await sees_work(world))
    for path, said in (await all_that_is_said(ada, before)).items():
        assert "51.3" not in said, path
    await ada.opens(f"{TOOL}{before}/")
    assert "Your teacher has given you this case back" in ada.text
    answer = await ada.http.post(
        f"{TOOL}{before}/lock", data={"csrf": csrf_of(ada), "lvef": "51"}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert [one.lvef for one in await world.stored(Estimate)] == [15]


async def test_a_case_can_be_given_back_again(world: World) -> None:
    await an_exam(world, 51.0)
    ada = await sits(world)
    for lvef in ("20", "51"):
        await gives_back(await sees_work(world))
        await opens_case(ada)
        await locks(ada, lvef)
    assert sorted(one.look for one in await world.stored(Attempt)) == [-1, 0, 1]
    await closes(world)
    assert [row.score_given for row in await world.stored(Passback)] == [100.0]


async def test_whoever_has_seen_the_answer_is_not_blind_any_more(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "42")
    teacher = await sees_work(world)
    assert "/reopen" not in teacher.text
    assert "A case can be given back while nothing tells its answer" in teacher.text
    attempt = attempt_of(ada).rpartition("/")[2]
    answer = await teacher.http.post(
        f"{TOOL}{teacher.path}/reopen",
        data={"csrf": csrf_of(teacher), "attempt": attempt, "reason": WHY},
    )
    assert answer.status_code == 409
    assert "would not be blind" in answer.text
    assert not await world.stored(Reopening)
    await world.works()
    assert [row.score_given for row in await world.stored(Passback)] == [73.33]


async def test_after_the_close_nothing_is_given_back(world: World) -> None:
    await an_exam(world, 51.0)
    await sits(world)
    await closes(world)
    teacher = await sees_work(world)
    assert "/reopen" not in teacher.text


async def test_where_time_is_over_the_clock_begins_anew_with_the_case(world: World) -> None:
    await an_exam(world, 51.0)
    ada = await sits(world)
    world.clock.passes(minutes=21)
    assert "Your time is over" in await at_home(ada)
    await gives_back(await sees_work(world))
    await at_home(ada)
    await begins(ada)
    assert 'data-left="1200"' in ada.text
    await locks(ada, "51")
    await closes(world)
    assert [row.score_given for row in await world.stored(Passback)] == [100.0]


async def test_a_teacher_lets_a_learner_begin_again_and_what_was_typed_is_not_lost(
    world: World,
) -> None:
    await an_exam(world, 51.0, 60.0)
    ada = await sits(world)
    await opens_case(ada, 2)
    await reviews(ada, "60")
    world.clock.passes(minutes=21)
    teacher = await world.learner("practice", "teacher-1")
    await teacher.sends(form_to(teacher.text, "/restart"))
    assert teacher.page is not None
    assert teacher.page.status_code == 200
    assert "Let them begin again" not in teacher.text
    assert "Begin the exam" in await at_home(ada)
    await closes(world)
    assert sorted(one.lvef for one in await world.stored(Estimate)) == [15, 60]
    assert "clock anew" in [event.code for event in await world.stored(Event)]


@pytest.mark.parametrize("reason", ["", "x" * 301])
async def test_giving_back_needs_a_reason(world: World, reason: str) -> None:
    await an_exam(world, 51.0)
    await sits(world)
    teacher = await sees_work(world)
    page = await gives_back(teacher, reason)
    assert teacher.page is not None
    assert teacher.page.status_code == 422
    assert "Say why" in page
    assert not await world.stored(Reopening)


async def test_only_a_teacher_gives_back_and_only_what_is_there(world: World) -> None:
    await an_exam(world, 51.0)
    ada = await sits(world)
    attempt = attempt_of(ada).rpartition("/")[2]
    ids = f"learners/{await learner_id(world)}/reopen"
    teacher = await sees_work(world)
    elsewhere = await world.learner("own-clip", "teacher-1")
    tries = ((ada, attempt), (teacher, "x"), (teacher, "0" * 32), (elsewhere, attempt))
    for browser, wanted in tries:
        answer = await browser.http.post(
            f"{TOOL}{launch_of(browser)}/{ids}",
            data={"csrf": csrf_of(browser), "attempt": wanted, "reason": WHY},
        )
        assert answer.status_code == 404, wanted
    answer = await ada.http.post(
        f"{TOOL}{launch_of(ada)}/class/{await learner_id(world)}/restart",
        data={"csrf": csrf_of(ada)},
    )
    assert answer.status_code == 404
    assert not await world.stored(Reopening)


async def test_no_clock_begins_anew_that_does_not_run_or_has_nothing_to_run_for(
    world: World,
) -> None:
    await an_exam(world, 51.0)
    await sits(world)
    teacher = await world.learner("practice", "teacher-1")
    path = f"{TOOL}{launch_of(teacher)}/class/{await learner_id(world)}/restart"
    await becomes(world, **as_exam(world, 20, -1))
    answer = await teacher.http.post(path, data={"csrf": csrf_of(teacher)})
    assert answer.status_code == 409
    assert "This closed on" in answer.text
