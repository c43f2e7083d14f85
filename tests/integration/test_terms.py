"""Until when, and how often, an LMS takes work: told to learners before they begin."""

from datetime import timedelta

import pytest

from service.models import Launch
from tests.support.campus import INSTRUCTOR, Campus, open_campus
from tests.support.walks import launch_of, words_of
from tests.support.world import TOOL, Browser, World

COUNTS = "Your LMS counts attempts."
USED_UP = "You've used all attempts your LMS allows."


async def arrives(campus: Campus, activity: str = "practice", **said: object) -> Browser:
    return await campus.arrives("ada", activity, custom={"activity": activity, **said})


def read(browser: Browser) -> str:
    return words_of(browser.text).replace("&#39;", "'")


@pytest.fixture
async def campus(world: World) -> Campus:
    """An LMS that says of its dates what a test wants."""
    await world.adds_case(51.0)
    return await open_campus(world)


async def test_a_learner_sees_when_the_work_is_due_and_that_it_is_late(
    world: World, campus: Campus
) -> None:
    due = world.clock() + timedelta(hours=5)
    ada = await arrives(campus, due_at=due.isoformat())
    exact = f'<time datetime="{due:%Y-%m-%dT%H:%M:%SZ}" data-told="moment">'
    assert f"Due {exact}" in ada.text  # the browser tells it by its own clock
    assert "Late:" not in ada.text
    world.clock.passes(hours=6)
    await ada.opens(f"{TOOL}{launch_of(ada)}/")
    assert f"Late: it was due {exact}" in ada.text
    assert "Start" in ada.text, "late work is taken"


async def test_staff_are_told_no_date_of_their_own(world: World, campus: Campus) -> None:
    due = world.clock() + timedelta(hours=5)
    said = {"activity": "practice", "due_at": due.isoformat(), "attempts_allowed": "1"}
    tess = await campus.arrives("tess", custom=said, roles=[INSTRUCTOR])
    assert "Due <time" not in tess.text


@pytest.mark.parametrize(
    "odd",
    [
        "$ResourceLink.submission.endDateTime",
        "",
        "soon",
        "2026-12-01",
        "2026-12-01T23:59:00",  # in nobody's zone
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-13-40T99:99:99Z",
        "2" * 5000,
        "<script>alert(1)</script>",
        None,
        True,
        20261201,
        1e308,
        ["2026-12-01T00:00:00Z"],
        {"at": "2026-12-01T00:00:00Z"},
    ],
)
async def test_a_date_that_makes_no_sense_is_no_date(
    world: World, campus: Campus, odd: object
) -> None:
    ada = await arrives(campus, due_at=odd, attempts_allowed=odd, attempts_used=odd)
    assert ada.page is not None
    assert ada.page.status_code == 200
    assert "due <time" not in ada.text.lower()
    assert "script>alert" not in ada.text
    [launch] = await world.stored(Launch)
    assert launch.due_at is None


async def test_whoever_has_used_all_attempts_is_told_before_they_begin(campus: Campus) -> None:
    ada = await arrives(campus, attempts_allowed="2", attempts_used="2")
    assert USED_UP in read(ada)


async def test_where_each_clip_sends_a_score_the_count_is_told(campus: Campus) -> None:
    ada = await arrives(campus, "own_clip", attempts_allowed=3, attempts_used=None)
    assert f"{COUNTS} When you came in, you had used 0 of 3" in read(ada)
    cases = await arrives(campus, "practice", attempts_allowed=3, attempts_used=1)
    assert COUNTS not in read(cases), "all cases are one score"


@pytest.mark.parametrize("most", ["-1", "0", "$Canvas.assignment.allowedAttempts", "many"])
async def test_an_lms_that_caps_nothing_is_not_quoted(campus: Campus, most: str) -> None:
    ada = await arrives(campus, "own_clip", attempts_allowed=most, attempts_used="7")
    assert COUNTS not in read(ada)
    assert USED_UP not in read(ada)
