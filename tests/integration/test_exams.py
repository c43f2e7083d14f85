"""A timed exam: the server's clock, more time for who needs it, and no answer before its close."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from service.models import Activity, Answers, Attempt, Estimate, Kind, Learner, Passback, Sitting
from tests.integration.test_activity_settings import with_cases
from tests.integration.test_cookieless import proves, without_cookies
from tests.support.campus import open_campus
from tests.support.walks import (
    all_that_is_said,
    attempt_of,
    carried,
    csrf_of,
    launch_of,
    locks,
    opens_case,
    presses_lock,
    reviews,
)
from tests.support.world import TOOL, Browser, World, form_to


async def an_exam(world: World, *lvefs: float, minutes: int = 20, hours: float = 3) -> None:
    """The course's practice becomes an exam over these cases."""
    await with_cases(world, *lvefs)
    await world.learner("practice", "teacher-1")
    await becomes(world, **as_exam(world, minutes, hours))


def as_exam(world: World, minutes: int, hours: float) -> dict[str, object]:
    """The settings of an exam that closes so many hours from now."""
    return {
        "kind": Kind.EXAM,
        "answers": Answers.AFTER_CLOSE,
        "minutes": minutes,
        "rule": "banded",
        "closes_at": world.clock() + timedelta(hours=hours),
    }


async def becomes(world: World, **settings: object) -> None:
    """Change the settings of the only activity, in the database."""
    async with world.worker.database.begin() as work:
        await work.session.execute(update(Activity).values(**settings))


async def begins(browser: Browser) -> None:
    """Press the button that starts the clock."""
    await browser.sends(form_to(browser.text, "/begin"))


async def at_home(browser: Browser) -> str:
    """What the exam's own page says."""
    await browser.opens(f"{TOOL}{launch_of(browser)}")
    return browser.text.replace("&#39;", "'")


async def test_the_rules_are_said_first_and_the_clock_starts_with_the_button(world: World) -> None:
    await an_exam(world, 51.0, 60.0)
    ada = await world.learner("practice")
    assert "Cases: 2. Minutes: 20. The clock starts when you begin" in ada.text
    assert (await opens_case(ada)).status_code == 409, "no case before the clock runs"
    assert not await world.stored(Sitting)
    await at_home(ada)
    await begins(ada)
    assert "Case 1 of 2" in ada.text
    assert 'data-left="1200"' in ada.text
    world.clock.passes(seconds=300)
    ada.page = await ada.http.post(
        f"{TOOL}{launch_of(ada)}/begin", data={"csrf": csrf_of(ada)}, follow_redirects=True
    )
    assert 'data-left="900"' in ada.text, "pressing again starts nothing anew"


async def test_no_answer_is_shown_or_sent_before_the_exam_closes(world: World) -> None:
    await an_exam(world, 51.3)
    ada = await world.learner("practice")
    await begins(ada)
    await locks(ada, "42")
    attempt = attempt_of(ada)
    assert "Saved: your estimate is locked in" in ada.text
    assert "Look at this next time" not in ada.text
    for path, said in (await all_that_is_said(ada, attempt)).items():
        assert "51.3" not in said, path
        assert "9.3" not in said, path
    await world.works()
    assert not await world.stored(Passback)
    assert (await world.gradebook())["posts"] == []
    world.clock.passes(hours=3)
    await ada.opens(f"{TOOL}{attempt}/")
    assert "You said 42 %. The reference is 51.3 %." in ada.text
    await world.worker.sweep()
    await world.works()
    assert [grade["score_given"] for grade in (await world.gradebook())["grades"]] == [80.0]


async def test_when_time_is_over_nothing_more_is_locked_in(world: World) -> None:
    await an_exam(world, 51.0, 60.0)
    ada = await world.learner("practice")
    await begins(ada)
    attempt = attempt_of(ada)
    world.clock.passes(minutes=20, seconds=9)
    answer = await presses_lock(ada, attempt, "50")
    assert answer.status_code < 400, "a press at the last moment takes its way"
    await opens_case(ada, 2)
    second = attempt_of(ada)
    world.clock.passes(seconds=2)
    answer = await presses_lock(ada, second, "60")
    assert answer.status_code == 409
    assert "Your time is over" in answer.text
    assert "Your time is over" in await at_home(ada)
    assert "Begin the exam" not in ada.text


async def test_what_was_typed_in_time_is_handed_in_and_the_rest_counts_nothing(
    world: World,
) -> None:
    await an_exam(world, 51.0, 60.0, 40.0, 30.0)
    ada = await world.learner("practice")
    await begins(ada)
    await locks(ada, "51")
    await opens_case(ada, 2)
    await reviews(ada, "60")
    await opens_case(ada, 3)
    await reviews(ada, "forty")
    await opens_case(ada, 4)
    late = attempt_of(ada)
    csrf = csrf_of(ada)
    world.clock.passes(minutes=21)
    await ada.http.post(f"{TOOL}{late}/draft", data={"csrf": csrf, "lvef": "30"})
    world.clock.passes(hours=3)
    await world.worker.sweep()
    await world.works()
    assert sorted(one.lvef for one in await world.stored(Estimate)) == [51, 60]
    [passback] = await world.stored(Passback)
    assert passback.score_given == 50.0
    assert passback.comment.startswith("2/4 cases; the others count 0.")
    assert "This closed on" in await at_home(ada)


@pytest.mark.parametrize(("rule", "sure"), [("confidence", (20, None)), ("certainty", (None, 1))])
async def test_a_number_that_nothing_was_chosen_for_is_handed_in_as_least_sure(
    world: World, rule: str, sure: tuple[int | None, int | None]
) -> None:
    await an_exam(world, 51.0)
    await becomes(world, rule=rule)
    ada = await world.learner("practice")
    await begins(ada)
    await opens_case(ada)
    await ada.http.post(f"{TOOL}{attempt_of(ada)}/draft", data={"csrf": csrf_of(ada), "lvef": "50"})
    world.clock.passes(hours=4)
    await world.worker.sweep()
    [estimate] = await world.stored(Estimate)
    assert (estimate.lvef, estimate.half_width, estimate.certainty) == (50, *sure)


@pytest.mark.parametrize(("factor", "seconds"), [("1.25", 1500), ("1.5", 1800), ("2", 2400)])
async def test_a_teacher_gives_a_learner_more_time(world: World, factor: str, seconds: int) -> None:
    await an_exam(world, 51.0)
    ada = await world.learner("practice")
    [learner] = [one for one in await world.stored(Learner) if one.subject == "learner-1"]
    teacher = await world.learner("practice", "teacher-1")
    await opens_case(ada)  # refused, and so she is not in the class yet
    await at_home(ada)
    await begins(ada)
    url = f"{TOOL}{launch_of(teacher)}/class/{learner.id}/time"
    form = {"csrf": csrf_of(teacher), "factor": factor}
    answer = await teacher.http.post(url, data=form, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    assert f"{factor} × the time" in answer.text
    await opens_case(ada)
    assert f'data-left="{seconds}"' in ada.text
    for wrong in ("3", "0", "nan", ""):
        answer = await teacher.http.post(url, data={**form, "factor": wrong})
        assert answer.status_code == 404
    answer = await ada.http.post(
        f"{TOOL}{launch_of(ada)}/class/{learner.id}/time",
        data={"csrf": csrf_of(ada), "factor": "2"},
    )
    assert answer.status_code == 404, "nobody gives it to themselves"


async def test_the_close_comes_before_anybodys_minutes(world: World) -> None:
    await an_exam(world, 51.0, minutes=60, hours=0.5)
    ada = await world.learner("practice")
    await begins(ada)
    assert 'data-left="1800"' in ada.text


async def test_a_teacher_tries_the_exam_out_and_nothing_of_it_counts(world: World) -> None:
    await an_exam(world, 51.0)
    teacher = await world.learner("practice", "teacher-1")
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/try")
    await begins(teacher)
    await locks(teacher, "42")
    assert "Saved: your estimate is locked in" in teacher.text
    world.clock.passes(hours=3)
    await world.worker.sweep()
    assert not await world.stored(Passback)
    assert [one.preview for one in await world.stored(Attempt)] == [True]


async def test_an_exam_goes_on_where_the_browser_keeps_no_cookie(world: World) -> None:
    await with_cases(world, 51.0)
    campus = await open_campus(world)
    ada, ticket, proof, _page = await without_cookies(world, campus)
    await proves(ada, ticket, proof)
    launch = carried(ada.text)["X-Eyeball-Launch"]
    await becomes(world, **as_exam(world, minutes=20, hours=3))
    form = {"csrf": csrf_of(ada), "launch": launch}
    ada.page = await ada.http.post(f"{TOOL}{launch_of(ada)}", data=form)
    await begins(ada)
    assert "Case 1 of 1" in ada.text
    await locks(ada, "42")
    assert "Saved: your estimate is locked in" in ada.text
    assert launch not in str(ada.page.url)


async def test_begin_is_for_exams_alone(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    answer = await ada.http.post(f"{TOOL}{launch_of(ada)}/begin", data={"csrf": csrf_of(ada)})
    assert answer.status_code == 409
    assert not await world.stored(Sitting)
