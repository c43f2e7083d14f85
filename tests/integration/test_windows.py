"""When an activity opens and closes, and when its answers are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from service.models import Activity, Answers, Attempt, Clip, Estimate, Passback
from tests.integration.test_activity_settings import is_set, with_cases
from tests.support.walks import (
    a_ready_clip,
    asks_for_grant,
    attempt_of,
    launch_of,
    locks,
    opens_case,
    presses_lock,
    reviews,
    uploads,
)
from tests.support.world import TOOL, Browser, World, form_to


async def at_home(browser: Browser) -> str:
    """What the activity's own page says."""
    await browser.opens(f"{TOOL}{launch_of(browser)}")
    return browser.text.replace("&#39;", "'")


async def test_before_it_opens_nothing_can_be_seen_or_begun(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    await is_set(world, opens_at=world.clock() + timedelta(hours=2), zone="Europe/Berlin")
    said = await at_home(ada)
    assert "This opens on" in said
    assert "(Europe/Berlin)" in said
    assert "/cases/1" not in said
    assert (await opens_case(ada)).status_code == 409
    assert not await world.stored(Attempt)
    world.clock.passes(hours=2)
    assert "0 of 1 case done" in await at_home(ada)


async def test_a_moment_is_told_in_the_teachers_time_zone(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    opens = datetime(2031, 7, 1, 22, 30, tzinfo=UTC)
    await is_set(world, opens_at=opens, zone="Asia/Kolkata")
    assert "This opens on 2 Jul 2031, 04:00 (Asia/Kolkata)." in await at_home(ada)
    await is_set(world, opens_at=opens, zone="Nowhere/Else")
    assert "1 Jul 2031, 22:30 (UTC)." in await at_home(ada)


async def test_after_it_closes_nothing_is_locked_in_and_what_was_done_is_graded(
    world: World,
) -> None:
    await with_cases(world, 51.0, 60.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "51")
    await opens_case(ada, 2)
    await reviews(ada, "60")
    attempt = attempt_of(ada)
    await world.works()
    assert not await world.stored(Passback), "one of two cases is not all of them"
    await is_set(world, closes_at=world.clock() + timedelta(hours=1))
    assert "It closes on" in await at_home(ada)
    world.clock.passes(hours=1)
    answer = await presses_lock(ada, attempt, "60")
    assert answer.status_code == 409
    assert "This closed on" in answer.text
    assert len(await world.stored(Estimate)) == 1
    await ada.opens(f"{TOOL}{attempt}/")
    assert "Nothing can be locked in here now" in ada.text
    assert "This closed on" in await at_home(ada)
    assert "/cases/2" in ada.text, "a case that is begun can still be looked at"
    await world.worker.sweep()
    await world.works()
    [passback] = await world.stored(Passback)
    assert passback.score_given == 50.0
    assert passback.comment.startswith("1/2 cases; the others count 0.")
    [activity] = await world.stored(Activity)
    assert activity.closed_at is not None
    await world.worker.sweep()
    assert len(await world.stored(Passback)) == 1


async def test_a_later_close_lets_learners_go_on_and_only_raises_the_grade(world: World) -> None:
    await with_cases(world, 51.0, 60.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "51")
    await is_set(world, closes_at=world.clock())
    await world.worker.sweep()
    await is_set(world, closes_at=world.clock() + timedelta(hours=1), closed_at=None)
    await opens_case(ada, 2)
    await locks(ada, "60")
    given = [passback.score_given for passback in await world.stored(Passback)]
    assert sorted(given) == [50.0, 100.0]


async def test_whoever_has_done_nothing_gets_no_grade_when_it_closes(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    await is_set(world, closes_at=world.clock())
    await world.worker.sweep()
    assert not await world.stored(Passback)


async def test_a_clip_of_ones_own_is_not_taken_after_the_close(world: World) -> None:
    ada = await world.learner("own-clip")
    await is_set(world, closes_at=world.clock())
    assert (await asks_for_grant(ada, 10)).status_code == 409
    assert "This closed on" in await at_home(ada)


@pytest.mark.parametrize("wanted", [1, 2])
async def test_as_many_clips_as_are_wanted_make_full_credit(world: World, wanted: int) -> None:
    await world.learner("own-clip")
    await is_set(world, clips_wanted=wanted)
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    await world.works()
    assert len(await world.stored(Passback)) == (wanted == 1)
    async with world.worker.database.begin() as work:  # the next one is another picture
        await work.session.execute(update(Clip).values(masked_sha256="of the first"))
    await ada.opens(f"{TOOL}{launch_of(ada)}/another")
    await uploads(ada)
    await world.works()
    await ada.opens(f"{TOOL}{attempt_of(ada)}/")
    await locks(ada, "42", attest="true")
    await world.works()
    [passback] = await world.stored(Passback)
    assert passback.score_given == 100.0
    assert "Taking part: complete." in passback.comment


async def test_answers_that_wait_for_the_close_are_sealed_till_then(world: World) -> None:
    await with_cases(world, 51.3)
    ada = await world.learner("practice")
    await is_set(world, answers=Answers.AFTER_CLOSE, closes_at=world.clock() + timedelta(hours=1))
    await opens_case(ada)
    await locks(ada, "42")
    assert "Saved: your estimate is locked in" in ada.text
    assert "Answers open on" in ada.text
    attempt = attempt_of(ada)
    await world.works()
    for path in ("", "/progress", "/cases/1", "/delivery"):
        answer = await ada.opens(f"{TOOL}{launch_of(ada)}{path}")
        assert answer.status_code == 200
        assert "51.3" not in answer.text
        assert "9.3" not in answer.text
    assert (await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1/again")).status_code == 409
    assert not await world.stored(Passback), "a grade tells of the answer"
    [stored] = await world.stored(Attempt)
    assert stored.revealed_at is None
    world.clock.passes(hours=1)
    await ada.opens(f"{TOOL}{attempt}/")
    assert "The reference is 51.3 %" in ada.text
    await world.worker.sweep()
    await world.works()
    assert len(await world.stored(Passback)) == 1


async def test_an_activity_whose_end_nobody_has_set_shows_no_answer_and_takes_no_work(
    world: World,
) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    await is_set(world, answers=Answers.AFTER_CLOSE, closes_at=None)
    assert "Your teacher has to say first when this closes" in await at_home(ada)
    assert (await opens_case(ada)).status_code == 409
    teacher = await world.learner("practice", "teacher-1")
    assert "Learners can't begin yet" in teacher.text.replace("&#39;", "'")


async def test_honest_confidence_is_asked_for_and_scored(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    await is_set(world, rule="confidence")
    await opens_case(ada)
    assert "so the honest one is best" in ada.text
    await reviews(ada, "42")
    assert "Choose how sure you are: this activity scores it." in ada.text
    await locks(ada, "42", half_width="10")
    assert "Score for this case: 90 %" in ada.text
    [passback] = await world.stored(Passback)
    assert passback.score_given == 90.0


async def test_a_case_that_costs_points_says_so_with_a_true_minus(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    await is_set(world, rule="confidence")
    await opens_case(ada)
    await locks(ada, "26", half_width="5")
    # 1.1 - 5/50 - (25 - 5)/10 is -1, and no case costs more.
    assert "Score for this case: \N{MINUS SIGN}100 %" in ada.text


async def test_certainty_is_asked_for_kept_and_marked(world: World) -> None:
    await with_cases(world, 51.0, 70.0)
    ada = await world.learner("practice")
    await is_set(world, rule="certainty")
    await opens_case(ada)
    assert "How certain are you of being within ±10?" in ada.text
    assert "half_width" not in ada.text
    await reviews(ada, "42", half_width="10")
    assert "Choose how sure you are: this activity scores it." in ada.text
    await reviews(ada, "42", certainty="2")
    assert "certainty 2 of 3" in ada.text
    await ada.sends(form_to(ada.text, "/lock"))
    assert "Marks for this case: +2 of 3." in ada.text
    await opens_case(ada, 2)
    await locks(ada, "42", certainty="3")
    assert "Marks for this case: \N{MINUS SIGN}6 of 3." in ada.text
    await world.works()
    [passback] = await world.stored(Passback)
    assert passback.score_given == 0.0, "(2 - 6) of 6 marks, and no sum below none"


async def test_where_confidence_is_not_scored_nobody_is_told_that_it_is(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    assert "so the honest one is best" not in ada.text
    assert "scored here: your progress page shows" in ada.text
