"""What is sent, when, and what the gradebook holds before and after: rules of one delivery."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx2
import pytest

from service import packing, passback
from service.models import Activity, Event, LineItem, Passback
from service.store import passbacks
from tests.support.campus import AGS, CAMPUS, COURSE, Campus, open_campus
from tests.support.fakes import NOON
from tests.support.gradebooks import ALL_SCOPES, COLUMN, ENDPOINT, Gradebook, regrades, says
from tests.support.walks import attempt_of, locks, opens_case
from tests.support.world import Browser, World

# As Moodle writes "no column": an empty string.
NO_COLUMN = {
    "scope": [*ALL_SCOPES, f"{AGS}scope/lineitem"],
    "lineitems": f"{CAMPUS}/columns",
    "lineitem": "",
}


@dataclass
class Course:
    """The tool, and a campus whose gradebook we look into."""

    world: World
    campus: Campus
    book: Gradebook

    async def practices(self, sub: str, lvef: str = "42", **claims: object) -> Browser:
        """Somebody who has done the one practice case; nothing is sent yet."""
        browser = await self.campus.arrives(sub, **{"endpoint": ENDPOINT, **claims})
        await opens_case(browser)
        await locks(browser, lvef)
        return browser

    async def regrades(self, points: float) -> None:
        """The one learner's grade changes, as after a further attempt."""
        await regrades(self.world, points)

    async def later(self, **time: float) -> None:
        """Let time pass, then let the sweep and the worker do what is due."""
        self.world.clock.passes(**time)
        await self.world.worker.sweep()
        await self.world.works()

    async def rows(self) -> list[Passback]:
        """Every grade that was decided, in order."""
        return sorted(await self.world.stored(Passback), key=lambda row: row.number)


@pytest.fixture
async def course(world: World) -> Course:
    """A course with one practice case, 51 %."""
    await world.adds_case(51.0)
    campus = await open_campus(world)
    return Course(world, campus, Gradebook(campus))


async def test_a_score_is_in_the_columns_own_points(course: Course) -> None:
    course.book.maximum = 21.0
    await course.practices("ada")
    await course.practices("bea")
    await course.world.works()
    assert [(each["scoreGiven"], each["scoreMaximum"]) for each in course.book.scores] == [
        (15.3993, 21.0)
    ] * 2
    paths = [asked.url.path for asked in course.campus.asked]
    assert paths.count("/columns/1/lineitem") == 1, "read once, then known for a while"


async def test_a_score_says_when_the_estimate_was_locked(course: Course) -> None:
    await course.practices("ada")
    await course.later(hours=3)
    [score] = course.book.scores
    assert score["submission"]["submittedAt"] == "2026-11-23T12:00:00.000000Z"
    assert score["timestamp"] == "2026-11-23T15:00:00.000000Z"


async def test_two_grades_of_one_second_go_in_two_and_neither_is_ahead_of_its_time(
    course: Course,
) -> None:
    await course.practices("ada")
    await course.world.works()
    await course.regrades(80.0)
    await course.world.works()
    assert len(course.book.posts) == 1, "it waits for the next second"
    await course.later(seconds=1)
    times = [datetime.fromisoformat(each["timestamp"]) for each in course.book.scores]
    assert times == [NOON, NOON + timedelta(seconds=1)]
    assert course.book.share("ada") == pytest.approx(0.8)


async def test_a_clock_that_was_set_back_never_makes_an_older_time(course: Course) -> None:
    await course.practices("ada")
    await course.world.works()
    course.world.clock.passes(minutes=-5)
    await course.regrades(80.0)
    await course.later(minutes=4)
    assert len(course.book.posts) == 1
    await course.later(minutes=1, seconds=1)
    assert course.book.share("ada") == pytest.approx(0.8)


async def test_a_grade_that_never_arrived_gives_way_to_the_next(course: Course) -> None:
    course.book.answers = [says(503)]
    await course.practices("ada")
    await course.world.works()
    await course.regrades(80.0)
    await course.later(seconds=60)
    assert [row.state for row in await course.rows()] == ["superseded", "sent"]
    assert [each["scoreGiven"] for each in course.book.scores] == [73.33, 80.0]


async def test_a_yes_that_the_gradebook_does_not_show_is_repeated_byte_for_byte(
    course: Course,
) -> None:
    course.book.answers = [says(200), says(200)]
    await course.practices("ada")
    await course.world.works()
    [row] = await course.rows()
    assert (row.state, row.tries) == ("due", 1)
    await course.later(seconds=31)
    await course.later(seconds=121)
    [row] = await course.rows()
    assert (row.state, row.tries, row.problem) == ("sent", 3, None)
    assert len(course.book.posts) == 3
    assert len(set(course.book.posts)) == 1


async def test_a_gradebook_that_never_shows_a_score_is_believed_in_the_end(course: Course) -> None:
    course.book.answers = [says(200)] * 9
    await course.practices("ada")
    await course.world.works()
    for _ in range(7):
        await course.later(seconds=121)
    [row] = await course.rows()
    assert (row.state, row.tries) == ("sent", 6)
    assert (
        row.problem == "The learning platform said yes, but its gradebook does not show the score."
    )


@pytest.mark.breadth
async def test_one_yes_among_many_failures_is_not_believed(course: Course) -> None:
    course.book.answers = [says(200), *[says(503)] * 8]
    await course.practices("ada")
    await course.world.works()
    for _ in range(8):
        await course.later(seconds=121)
    [row] = await course.rows()
    assert (row.state, row.tries) == ("due", 9)
    await course.later(seconds=121)
    assert (await course.rows())[-1].state == "sent"
    assert course.book.share("ada") == pytest.approx(0.7333)


async def test_a_grade_that_a_teacher_changed_is_held_until_somebody_decides(
    course: Course,
) -> None:
    await course.practices("ada")
    await course.world.works()
    course.book.teacher_sets("ada", 12.0)
    await course.regrades(80.0)
    await course.later(seconds=2)
    held = (await course.rows())[-1]
    assert held.state == "held"
    assert held.problem == "The gradebook holds 12 of 100, which this tool did not send."
    assert len(course.book.posts) == 1, "nothing was sent"
    async with course.world.worker.database.begin() as work:
        row = await passbacks.by_id(work.session, held.id)
        await passback.send_again(work, row, course.world.clock(), anyway=True)
    await course.later(seconds=2)
    assert (await course.rows())[-1].state == "sent"
    assert course.book.share("ada") == pytest.approx(0.8)


async def send_anyway(course: Course) -> None:
    """A teacher decides about the newest grade."""
    newest = (await course.rows())[-1]
    async with course.world.worker.database.begin() as work:
        row = await passbacks.by_id(work.session, newest.id)
        await passback.send_again(work, row, course.world.clock(), anyway=True)


@pytest.mark.parametrize(
    "results", [500, *(pytest.param(status, marks=pytest.mark.breadth) for status in (403, 200))]
)
async def test_who_decides_to_send_anyway_does_not_wait_for_results_that_cannot_be_read(
    course: Course, results: int
) -> None:
    await course.practices("ada")
    await course.world.works()
    course.book.teacher_sets("ada", 12.0)
    await course.regrades(80.0)
    await course.later(seconds=2)
    assert (await course.rows())[-1].state == "held"
    course.campus.script[f"{COLUMN}/results"] = lambda _: httpx2.Response(results, text="<html>")
    await send_anyway(course)
    await course.later(seconds=2)
    assert course.book.share("ada") == pytest.approx(0.8), "it is sent at once"
    for _ in range(8):
        await course.later(minutes=3)
    row = (await course.rows())[-1]
    assert row.state == "sent"
    assert len(set(course.book.posts)) == 2, "a repeat is the same bytes"


async def test_a_time_that_is_ahead_of_ours_is_waited_for_and_not_hammered(
    course: Course,
) -> None:
    course.campus.script[f"{COLUMN}/results"] = lambda _: httpx2.Response(403)
    course.book.answers = [says(409)] * 5
    await course.practices("ada")
    await course.world.works()
    [row] = await course.rows()
    assert (row.state, row.problem) == ("held", "The gradebook holds a newer score.")
    await send_anyway(course)
    await course.later(seconds=2)
    await course.later(seconds=2)
    [row] = await course.rows()
    assert (row.state, row.problem) == ("due", "The gradebook holds a newer score.")
    tried = len(course.book.posts)
    assert tried == 3, "once again after a second, then with patience"
    for _ in range(3):
        await course.later(minutes=3)
    [row] = await course.rows()
    assert (row.state, course.book.share("ada")) == ("sent", pytest.approx(0.7333))
    assert len(set(course.book.posts)) == len(course.book.posts), "each with a later time"


async def test_a_grade_that_a_teacher_removed_is_not_brought_back_unasked(course: Course) -> None:
    await course.practices("ada")
    await course.world.works()
    course.book.held.clear()
    await course.regrades(80.0)
    await course.later(seconds=2)
    assert "no longer shows" in str((await course.rows())[-1].problem)
    assert not course.book.held


async def test_a_teachers_grade_that_wins_silently_is_told(course: Course) -> None:
    def wins() -> httpx2.Response:
        course.book.teacher_sets("ada", 12.0)
        return httpx2.Response(200)

    course.book.answers = [wins]
    await course.practices("ada")
    await course.world.works()
    [row] = await course.rows()
    assert row.state == "sent"
    assert "shows 12 of 100" in str(row.problem)


async def test_sending_again_what_is_there_posts_nothing(course: Course) -> None:
    await course.practices("ada")
    await course.world.works()
    [row] = await course.rows()
    async with course.world.worker.database.begin() as work:
        again = await passbacks.by_id(work.session, row.id)
        await passback.send_again(work, again, course.world.clock())
    await course.later(seconds=2)
    [row] = await course.rows()
    assert (row.state, len(course.book.posts)) == ("sent", 1)


@pytest.mark.breadth
async def test_a_platform_that_asks_for_patience_gets_it_for_all_its_scores(
    course: Course,
) -> None:
    course.book.answers = [says(429, Retry_After="300")]
    await course.practices("ada")
    await course.world.works()
    await course.practices("bea")
    await course.world.works()
    await course.later(seconds=200)
    assert len(course.book.posts) == 1
    await course.later(seconds=101)
    assert len(course.book.posts) == 3
    assert [row.state for row in await course.rows()] == ["sent", "sent"]


async def test_scores_to_one_platform_keep_their_distance_whoever_sends_them(
    course: Course,
) -> None:
    for sub in ("ada", "bea", "cem", "dot"):
        await course.practices(sub)
    database, now = course.world.worker.database, course.world.clock()
    terms = replace(course.world.worker.terms, apart=0.8)
    rows = await course.rows()
    parcels = [await packing.pack(database, row.id, now, terms) for row in rows]
    assert [parcel and parcel.wait for parcel in parcels] == [0.0, 0.8, 1.6, None]
    [late] = [row for row in await course.rows() if row.tries == 0]
    assert late.next_try_at == now + timedelta(seconds=2.4), "no worker waits for long"


async def test_a_platform_that_does_not_allow_scores_is_not_asked_again(course: Course) -> None:
    course.campus.script["/token"] = lambda _: httpx2.Response(400, json={"error": "invalid_scope"})
    await course.practices("ada")
    await course.world.works()
    [row] = await course.rows()
    assert row.state == "refused"
    assert "invalid_scope" in str(row.problem)
    [event] = [each for each in await course.world.stored(Event) if each.kind == "score"]
    assert (event.outcome, event.code) == ("refused", "refused")


async def test_an_activity_without_a_column_gets_one_and_its_grades_follow(
    course: Course,
) -> None:
    course.campus.script["/columns"] = lambda _: httpx2.Response(503)
    ada = await course.practices("ada", endpoint=NO_COLUMN)
    await course.world.works()
    assert "column in the gradebook is being made" in ada.text
    assert not await course.rows()

    course.book.opens_container()
    await course.later(seconds=31)
    await course.practices("bea", endpoint=NO_COLUMN)
    await course.world.works()
    assert {score["userId"] for score in course.book.scores} == {"ada", "bea"}
    [made] = course.book.made
    [activity] = await course.world.stored(Activity)
    assert made["resourceId"] == activity.id.hex
    assert made["resourceLinkId"] == "practice"
    assert (made["label"], made["scoreMaximum"]) == ("practice", 100)
    [column] = await course.world.stored(LineItem)
    assert column.url == ENDPOINT["lineitem"]


async def test_the_page_that_canvas_makes_of_a_column_opens_the_activity_itself(
    course: Course,
) -> None:
    """Canvas makes an assignment of the column of a module's item: with a link of its own, which
    learners find in their list of assignments."""
    course.book.opens_container()
    canvas = {"context": COURSE, "tool_platform": {"product_family_code": "canvas"}}
    ada = await course.practices("ada", endpoint=NO_COLUMN, **canvas)
    await course.world.works()
    [made] = course.book.made
    assert "resourceLinkId" not in made
    told = made["https://canvas.instructure.com/lti/submission_type"]
    assert told["type"] == "external_tool"

    link = {"id": "of-the-assignment", "title": "practice"}
    opens = {"target_link_uri": told["external_tool_url"], "resource_link": link, "custom": {}}
    again = await course.campus.arrives("ada", **canvas, **opens, endpoint=ENDPOINT)
    await opens_case(again)
    assert attempt_of(again) != attempt_of(ada), "another launch"
    assert "You said 42 %" in again.text, "and the same attempt"
    bea = await course.campus.arrives("bea", **canvas, **opens, endpoint=ENDPOINT)
    await opens_case(bea)
    await locks(bea, "51")
    await course.world.works()
    assert {score["userId"] for score in course.book.scores} == {"ada", "bea"}
    assert len(await course.world.stored(Activity)) == 1

    elsewhere = {**canvas, "context": {"id": "another-course"}}
    await course.campus.arrives("cem", **elsewhere, **opens, endpoint=ENDPOINT)
    rows = {row.resource_link_id: row for row in await course.world.stored(Activity)}
    copy = rows["of-the-assignment"]
    assert copy.copied_from_id == rows["practice"].id, "the settings, and nobody's work"


async def test_no_column_is_asked_for_where_the_platform_does_not_let_us(course: Course) -> None:
    endpoint = {"scope": ALL_SCOPES, "lineitems": f"{CAMPUS}/columns"}
    ada = await course.practices("ada", endpoint=endpoint)
    await course.world.works()
    assert "no column in the gradebook, so nothing is sent" in ada.text
    assert not await course.world.stored(LineItem)
    assert not course.book.made


async def test_a_column_that_a_launch_names_later_is_the_one_that_was_made(course: Course) -> None:
    course.book.opens_container()
    await course.practices("ada", endpoint=NO_COLUMN)
    await course.practices("bea")
    await course.world.works()
    assert len(course.book.posts) == 2
    assert len(await course.world.stored(LineItem)) == 1
