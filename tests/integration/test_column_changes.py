"""A gradebook column follows what a teacher saves, and no grade moves by it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lti.line_items import LineItem as LtiLineItem
from lti.platforms import CANVAS, MOODLE
from service import column_changes, columns, packing
from service.demo.platform import PRACTICE, Activity, Column
from service.models import Activity as OurActivity
from service.models import Kind, LineItem, Passback
from service.store import line_items as rows
from tests.support.manners import later, lms_of, only
from tests.support.walks import launch_of, locks, opens_case
from tests.support.world import TOOL, Browser, World, form_to, running_world


@pytest.fixture(params=["moodle", pytest.param("canvas", marks=pytest.mark.breadth)])
async def world(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> AsyncIterator[World]:
    """The tool, a worker, and the demo LMS in its manner of the day."""
    async with running_world(database_url, tmp_path, flavour=request.param) as found:
        await found.adds_case(51.0)
        yield found


def column(world: World) -> Activity:
    """The practice activity, as the LMS has it."""
    found = lms_of(world).activity(PRACTICE.id)
    assert found is not None
    return found


def column_of(activity: Activity) -> Column:
    """The column of an activity, as the LMS keeps it."""
    return activity.column or Column(label=activity.title, points=activity.points)


async def saves(world: World, **typed: str) -> Browser:
    """Tess changes the activity's settings; nobody has told the LMS yet."""
    tess = await world.learner("practice", "teacher-1")
    await tess.opens(f"{TOOL}{launch_of(tess)}/settings")
    [activity] = await world.stored(OurActivity)
    typed = {**SETTINGS, "title": activity.title, **typed}
    await tess.sends(form_to(tess.text, "/settings/save"), **typed)
    assert tess.page is not None
    assert tess.page.status_code == 200
    return tess


SETTINGS = {
    "points": "100",
    "kind": Kind.PRACTICE.value,
    "cases": "1",
    "grade_by": "linear",
    "full_within": "5",
    "none_beyond": "20",
    "answers": "at_once",
    "zone": "UTC",
}


async def practises(world: World, user: str = "learner-1") -> None:
    """Somebody has done the one case, and the worker has sent it: 73.33 of 100."""
    ada = await world.learner("practice", user)
    await opens_case(ada)
    await locks(ada, "42")
    await world.works()


async def share(world: World) -> float:
    """The one grade in the gradebook, as a share of its column's maximum."""
    [found] = (await world.gradebook())["grades"]
    points = found["result_score"]
    assert isinstance(points, float)
    return points / column(world).points


async def row_of(world: World) -> LineItem:
    """What we know of the one column."""
    [found] = await world.stored(LineItem)
    return found


async def test_title_points_and_dates_reach_the_column_by_a_job(world: World) -> None:
    typed = {"title": "Week 3", "points": "50", "opens": "2026-11-24T08:00"}
    tess = await saves(world, **typed, closes="2026-12-01T08:00")
    assert column(world).points == 100, "no request waits for the LMS"
    assert "column is being changed in your LMS" in tess.text
    await world.works()
    assert (column(world).points, column(world).resource_id) == (50, "")
    held = column(world).column
    assert held is not None
    assert (held.label, held.bound) == ("Week 3", True)
    if lms_of(world).flavour.family == CANVAS:
        assert (held.starts, held.ends) == ("2026-11-24T08:00:00Z", "2026-12-01T08:00:00Z")
    row = await row_of(world)
    assert (row.changes, row.change_at, row.maximum) == (None, None, 50)
    await tess.opens(f"{TOOL}{launch_of(tess)}/settings")
    assert "being changed" not in tess.text


async def test_what_was_not_changed_here_is_left_as_the_lms_has_it(world: World) -> None:
    lms = lms_of(world)
    found = column(world)
    theirs = replace(column_of(found), label="Named in the LMS", tag="theirs", resource_id="r-1")
    lms.store.change_column(found, theirs, rescale=False)
    await saves(world, points="40")
    await world.works()
    held = column(world).column
    assert held == replace(theirs, points=40)
    await saves(world, points="40", full_within="6")
    assert (await row_of(world)).changes is None, "a new rule is nothing to the gradebook"


async def test_a_grade_keeps_its_share_whatever_becomes_of_the_maximum(world: World) -> None:
    await practises(world)
    before = await share(world)
    tess = await saves(world, points="50")
    await world.works()
    assert await share(world) == pytest.approx(before, abs=2e-4)
    assert column(world).points == (50 if lms_of(world).flavour.family == MOODLE else 100)
    await practises(world, "learner-2")
    await later(world, seconds=2)
    grades = (await world.gradebook())["grades"]
    assert [
        pytest.approx(before, abs=2e-4) == each["result_score"] / column(world).points
        for each in grades
        if isinstance(each["result_score"], float)
    ] == [True, True]
    assert {row.state for row in await world.stored(Passback)} == {"sent"}
    await tess.opens(f"{TOOL}{launch_of(tess)}/settings")
    kept = "would not rescale them: it keeps its maximum" in tess.text
    assert kept == (lms_of(world).flavour.family == CANVAS)


@only("canvas")
async def test_a_grade_by_a_teachers_hand_keeps_a_maximum_too(world: World) -> None:
    lms_of(world).store.teacher_sets(PRACTICE, "learner-1", 80.0, world.clock())
    await saves(world, title="Week 3", points="50")
    await world.works()
    assert (column(world).points, column(world).title) == (100, "Week 3")


async def test_no_score_goes_to_a_column_whose_maximum_may_be_changing(world: World) -> None:
    await saves(world, points="50")
    row = await row_of(world)
    terms, now = world.worker.terms, world.clock()
    errand = await column_changes.take(world.worker.database, row.id, now, terms)
    assert errand is not None, "a worker has it in its hands"
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "42")
    [due] = await world.stored(Passback)
    assert await packing.pack(world.worker.database, due.id, now, terms) is None
    assert (await world.gradebook())["posts"] == []
    await later(world, minutes=2)
    [sent] = await world.stored(Passback)
    assert (sent.state, column(world).points) == ("sent", 50)
    assert await share(world) == pytest.approx(0.7333, abs=2e-4)


async def test_no_maximum_changes_while_a_score_is_on_its_way(world: World) -> None:
    ada = await world.learner("practice")
    await opens_case(ada)
    await locks(ada, "42")
    [due] = await world.stored(Passback)
    database, terms, now = world.worker.database, world.worker.terms, world.clock()
    assert await packing.pack(database, due.id, now, terms) is not None
    await saves(world, points="50")
    row = await row_of(world)
    assert await column_changes.take(database, row.id, now, terms) is None
    put_off = await row_of(world)
    assert put_off.change_at is not None
    assert put_off.change_at > now
    assert put_off.closed_until is None


async def test_an_lms_that_is_away_gets_the_change_when_it_is_back(world: World) -> None:
    tess = await saves(world, title="Week 3")
    lms = world.joined.apps.pop("lms.test")
    await world.works()
    row = await row_of(world)
    assert row.changes == {"label": "Week 3"}
    assert row.change_problem
    world.joined.apps["lms.test"] = lms
    await tess.opens(f"{TOOL}{launch_of(tess)}/settings")
    assert "changed yet, and is tried again by itself" in tess.text
    await later(world, minutes=2)
    held = column(world).column
    assert held is not None
    assert held.label == "Week 3"
    assert (await row_of(world)).changes is None


async def test_what_is_saved_while_a_job_runs_is_done_after_it(world: World) -> None:
    await saves(world, title="Week 3")
    row = await row_of(world)
    errand = await column_changes.take(
        world.worker.database, row.id, world.clock(), world.worker.terms
    )
    assert errand is not None
    await saves(world, title="Week 4")
    done = await column_changes.change(world.worker.grades, errand)
    await column_changes.note_done(world.worker.database, row.id, errand, done, world.clock())
    assert (await row_of(world)).changes == {"label": "Week 4"}
    await world.works()
    held = column(world).column
    assert held is not None
    assert held.label == "Week 4"


async def test_a_second_column_of_ours_is_taken_away_if_it_is_empty(world: World) -> None:
    await world.learner("practice", "teacher-1")
    row = await row_of(world)
    lms = lms_of(world)
    second = column_of(replace(column(world), title="made twice"))
    number = lms.store.make_page("eyeball-demo", second, None, after=2)
    made = LtiLineItem("made twice", 100, lms.line_item_url(number), is_new=True)
    assert lms.activity_of_line_item(number) is not None
    await columns.keep(world.worker.database, row.id, made, world.clock())
    await world.works()
    assert lms.activity_of_line_item(number) is None
    assert column(world).line_item == PRACTICE.line_item
    kept = await row_of(world)
    assert (kept.url, kept.surplus) == (row.url, None)


async def test_a_second_column_that_holds_a_grade_stays(world: World) -> None:
    await world.learner("practice", "teacher-1")
    row = await row_of(world)
    lms = lms_of(world)
    number = lms.store.make_page("eyeball-demo", column_of(column(world)), None, after=2)
    found = lms.activity_of_line_item(number)
    assert found is not None
    lms.store.teacher_sets(found, "learner-1", 80.0, world.clock())
    made = LtiLineItem("made twice", 100, lms.line_item_url(number), is_new=True)
    await columns.keep(world.worker.database, row.id, made, world.clock())
    await world.works()
    assert lms.activity_of_line_item(number) is not None
    assert (await row_of(world)).surplus is None


async def test_a_column_that_was_only_found_is_never_taken_away(world: World) -> None:
    await world.learner("practice", "teacher-1")
    row = await row_of(world)
    lms = lms_of(world)
    number = lms.store.make_page("eyeball-demo", column_of(column(world)), None, after=2)
    found = LtiLineItem("somebody's", 100, lms.line_item_url(number))
    await columns.keep(world.worker.database, row.id, found, world.clock())
    await world.works()
    assert lms.activity_of_line_item(number) is not None
    async with world.worker.database.begin() as work:
        assert not await rows.due_for_change(work.session, world.clock())


async def test_where_the_lms_lets_us_only_read_the_teacher_is_told_and_nothing_is_asked(
    database_url: str, tmp_path: Path
) -> None:
    async with running_world(database_url, tmp_path) as world:
        await world.adds_case(51.0)
        tess = await saves(world, title="Week 3", points="50")
        assert "let this tool change its gradebook column" in tess.text
        await world.works()
        assert column(world).points == 100
        assert (await row_of(world)).changes is None
