"""The demo LMS with the manners of Moodle and of Canvas: every trap of theirs, walked into."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.demo.platform import PRACTICE
from service.models import Passback, PassbackState
from tests.support.gradebooks import regrades
from tests.support.manners import later, lms_of, only
from tests.support.walks import launch_of, locks, opens_case
from tests.support.world import LMS, TOOL, Browser, World, form_to, running_world


@pytest.fixture(params=["moodle", pytest.param("canvas", marks=pytest.mark.breadth)])
async def world(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> AsyncIterator[World]:
    """The tool, a worker, and the demo LMS in its manner of the day."""
    async with running_world(database_url, tmp_path, flavour=request.param) as found:
        await found.adds_case(51.0)
        yield found


async def practises(world: World, lvef: str = "42") -> Browser:
    """Ada has done the one case; nothing is sent yet."""
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, lvef)
    return ada


async def rows(world: World) -> list[Passback]:
    """Every grade that was decided, in order."""
    return sorted(await world.stored(Passback), key=lambda row: row.number)


async def statuses(world: World) -> list[object]:
    """What every score was answered, in order."""
    return [post["status"] for post in (await world.gradebook())["posts"]][::-1]


async def grade(world: World) -> tuple[object, object]:
    """The one grade in the gradebook, with its comment."""
    [found] = (await world.gradebook())["grades"]
    return found["result_score"], found["comment"]


async def test_a_grade_arrives_is_seen_and_gives_way_to_the_next(world: World) -> None:
    await practises(world)
    await world.works()
    await regrades(world, 80.0)
    await world.works()
    await later(world, seconds=1)
    assert [row.state for row in await rows(world)] == ["sent", "sent"]
    assert all(row.seen_at for row in await rows(world))
    assert await statuses(world) == [200, 200]
    points, comment = await grade(world)
    assert points == 80.0
    assert str(comment).endswith("now 80")


async def test_patience_is_given_as_it_is_asked_for_and_then_the_score(world: World) -> None:
    await world.is_told("busy")
    await practises(world)
    await world.works()
    [row] = await rows(world)
    assert (row.state, row.problem) == ("due", "The learning platform asks us to slow down.")
    await world.is_told("ok")
    await later(world, minutes=2)
    assert [row.state for row in await rows(world)] == ["sent"]
    throttled = 429 if lms_of(world).flavour.family == "moodle" else 403
    assert await statuses(world) == [throttled, 200]


async def test_a_teachers_own_grade_stands_and_this_tool_says_so(world: World) -> None:
    await practises(world)
    lms_of(world).store.teacher_sets(PRACTICE, "learner-1", 12.0, world.clock())
    await later(world, seconds=2)
    [row] = await rows(world)
    assert row.state == "sent"
    assert "shows 12 of 100: a grade of the teacher's own" in str(row.problem)
    assert await grade(world) == (12.0, "by hand")


async def test_the_class_page_has_everybody_whatever_pages_the_roster_comes_in(
    world: World,
) -> None:
    tess = await world.learner("practice", "teacher-1")
    await world.works()
    await tess.opens(f"{TOOL}{launch_of(tess)}")
    assert "Ada Okafor" in tess.text
    assert "Bea Lind" in tess.text


async def test_a_launch_after_hours_finds_the_key_of_the_hour(world: World) -> None:
    first = lms_of(world).signing_keys.jwks()
    await world.learner("practice")
    for _ in range(3):
        world.clock.passes(hours=1)
        ada = await world.learner("practice")
        assert ada.page is not None
        assert ada.page.status_code == 200
    changed = lms_of(world).signing_keys.jwks() != first
    assert changed == (lms_of(world).flavour.family == "canvas")


@only("canvas")
async def test_what_protects_a_teachers_grade_never_keeps_an_old_one_of_ours(
    world: World,
) -> None:
    await practises(world)
    await world.works()
    for points in (80.0, 90.0):
        await regrades(world, points)
        await later(world, seconds=2)
    assert (await grade(world))[0] == 90.0
    words = [post["reason"] for post in (await world.gradebook())["posts"]]
    assert words == ["graded"] * 3


@only("canvas")
async def test_work_is_handed_in_once_however_often_it_is_graded(world: World) -> None:
    one = replace(PRACTICE, attempts_allowed=1)
    lms = lms_of(world)
    lms.settings = replace(lms.settings, activities=(one,))
    ada = await practises(world)
    await world.works()
    await regrades(world, 80.0)
    await later(world, seconds=2)
    assert [row.state for row in await rows(world)] == ["sent", "sent"]
    lms.settings = replace(lms.settings, activities=(replace(one, attempts_allowed=0),))
    await ada.signs_in("learner-2")
    bea = await world.learner("practice", "learner-2")
    await opens_case(bea)
    await locks(bea, "42")
    await world.works()
    [refused] = [row for row in await rows(world) if row.state == PassbackState.REFUSED]
    assert "used up all attempts" in str(refused.problem)
    await bea.opens(f"{TOOL}{launch_of(bea)}/")
    assert "You&#39;ve used all attempts your LMS allows." in bea.text


@only("canvas")
async def test_a_frame_is_named_and_the_deployment_goes_by_its_other_name(world: World) -> None:
    ada = world.browser()
    await ada.signs_in("learner-1")
    await ada.opens(f"{LMS}/activities/practice/launch")
    form = form_to(ada.text, "/lti/login")
    assert form.fields["lti_storage_target"] == "post_message_forwarding"
    assert form.fields["deployment_id"] == "1"
    await ada.sends(form)
    assert 'data-frame="post_message_forwarding"' in ada.text


@only("canvas")
async def test_a_link_without_a_column_gets_one_though_canvas_ties_none_to_it(
    world: World,
) -> None:
    """It answers 412 to whoever names such a link, so we ask for a page of the column's own."""
    lms = lms_of(world)
    lms.settings = replace(lms.settings, activities=(replace(PRACTICE, line_item=None),))
    await practises(world)
    await world.works()
    [row] = await rows(world)
    assert row.state == "sent"
    [grade] = (await world.gradebook())["grades"]
    made = lms.activity(str(grade["activity"]))
    assert made is not None
    assert made.url, "which opens the very activity"
    ada = await world.learner(made.id)
    assert "1 of 1 case done" in ada.text
    assert len(await world.stored(Passback)) == 1


@only("moodle")
async def test_two_grades_of_one_second_are_never_refused(world: World) -> None:
    await practises(world)
    await world.works()
    for points in (80.0, 90.0, 95.0):
        await regrades(world, points)
        await world.works()
        await later(world, milliseconds=400)
    await later(world, seconds=2)
    assert (await grade(world))[0] == 95.0
    assert 409 not in await statuses(world)


@only("moodle")
async def test_a_zero_is_known_to_be_there_though_it_comes_without_its_number(
    world: World,
) -> None:
    await practises(world, "90")
    await world.works()
    [row] = await rows(world)
    assert (row.score_given, row.state) == (0.0, "sent")
    assert row.seen_at
    assert (await grade(world))[0] == 0.0


@only("moodle")
async def test_a_page_where_a_token_should_be_costs_no_grade(world: World) -> None:
    await practises(world)
    tool = world.joined.apps.pop("tool.test")  # our web is being started anew: no keys to fetch
    await world.works()
    [row] = await rows(world)
    assert row.state == "due"
    assert await statuses(world) == []
    world.joined.apps["tool.test"] = tool
    await later(world, minutes=2)
    assert [row.state for row in await rows(world)] == ["sent"]


@only("moodle")
async def test_no_frame_is_offered_for_storage(world: World) -> None:
    ada = world.browser()
    await ada.signs_in("learner-1")
    await ada.opens(f"{LMS}/activities/practice/launch")
    assert "lti_storage_target" not in form_to(ada.text, "/lti/login").fields


@only("canvas")
async def test_canvas_opens_the_work_behind_a_score_for_staff_alone(world: World) -> None:
    await practises(world)
    await world.works()
    teacher = world.browser()
    await teacher.signs_in("teacher-1")
    await teacher.opens(f"{LMS}/gradebook")
    assert "See the work" in teacher.text
    await teacher.comes_from(f"{LMS}/gradebook/{PRACTICE.id}/learner-1")
    assert "/learners/" in teacher.path
    assert "42 %" in teacher.text
    learner = world.browser()
    await learner.signs_in("learner-1")
    await learner.opens(f"{LMS}/gradebook")
    assert "See the work" not in learner.text
    answer = await learner.opens(f"{LMS}/gradebook/{PRACTICE.id}/learner-1")
    assert answer.status_code == 403


@only("moodle")
async def test_moodle_knows_no_work_behind_a_score(world: World) -> None:
    await practises(world)
    await world.works()
    teacher = world.browser()
    await teacher.signs_in("teacher-1")
    await teacher.opens(f"{LMS}/gradebook")
    assert "See the work" not in teacher.text


async def test_who_is_no_learner_there_any_more_is_told_and_is_sent_again_once_it_is_mended(
    world: World,
) -> None:
    """Canvas says 422 and why; Moodle says 400 and nothing."""
    await world.is_told("stranger")
    ada = await practises(world)
    await world.works()
    [row] = await rows(world)
    assert row.state is PassbackState.REFUSED
    await later(world, hours=8)
    assert len(await statuses(world)) == 1, "no is no: nothing is tried by itself"
    assert (await statuses(world))[0] == lms_of(world).flavour.stranger[0]
    await ada.opens(f"{TOOL}{launch_of(ada)}/")
    assert "Your LMS refused it. Your teacher can see it here" in ada.text
    teacher = await world.learner("practice", "teacher-1")
    assert "1 grade not delivered." in teacher.text
    assert "refused by the LMS" in teacher.text
    assert "The learning platform takes no score for this person" in teacher.text
    await world.is_told("ok")
    world.clock.passes(seconds=2)
    await teacher.sends(form_to(teacher.text, "/send"))
    await world.works()
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/")
    assert "not delivered" not in teacher.text
    [grade] = (await world.gradebook())["grades"]
    assert grade["result_score"] == 73.33
    await ada.opens(f"{TOOL}{launch_of(ada)}/")
    assert "Sent to the gradebook." in ada.text
