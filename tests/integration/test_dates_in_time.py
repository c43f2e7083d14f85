"""A moment that is over is refused where it is newly typed; one that stands may stay."""

from datetime import timedelta

import pytest

from service.models import Activity
from tests.integration.test_activity_settings import is_set
from tests.integration.test_copied_links import saves
from tests.integration.test_exams import an_exam
from tests.support.pickers import campus_with_cases, presses
from tests.support.world import Browser, World

OVER = "That moment is over already: type one that is still to come."
SHORT = "It has to stay open for the exam's 20 minutes at least."
# The world's clock says 2026-11-23, 12:00.
EXAM = {"kind": "exam", "minutes": "20", "cases": "1", "version": "1"}


def answer(browser: Browser) -> tuple[int, str]:
    """How a form was answered, and what it says."""
    assert browser.page is not None
    return browser.page.status_code, browser.text.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"closes": "2026-11-23T11:59"}, OVER),
        ({"closes": "2026-11-23T12:30", "zone": "Europe/Berlin"}, OVER),
        ({**EXAM, "closes": "2026-11-22T12:00"}, OVER),
        ({**EXAM, "closes": "2026-11-23T12:19"}, SHORT),
        ({**EXAM, "opens": "2026-11-24T12:00", "closes": "2026-11-24T12:10"}, SHORT),
        ({"kind": "pre_post", "second_opens": "2026-11-23T11:59"}, OVER),
        ({**EXAM, "closes": "2026-11-23T12:20"}, None),
        ({"kind": "pre_post", "second_opens": "2026-11-23T12:00"}, None),
        ({"opens": "2026-11-20T12:00"}, None),
    ],
)
async def test_the_picker_takes_no_moment_that_is_over(
    world: World, typed: dict[str, str], words: str | None
) -> None:
    campus = await campus_with_cases(world)
    teacher = await campus.picks()
    await presses(teacher, "add", **typed)
    status, said = answer(teacher)
    assert status == (422 if words else 200)
    assert (words or "JWT") in said


async def test_a_stored_moment_may_stay_and_an_exam_can_be_lengthened(world: World) -> None:
    await an_exam(world, 51.0, hours=0.1)
    teacher = await world.learner("practice", "teacher-1")
    for closes, words in (
        ("2026-11-23T12:06", None),  # as it stands
        ("2026-11-23T12:05", SHORT),
        ("2026-11-23T12:10", None),  # a little more time
    ):
        [activity] = await world.stored(Activity)
        version = str(activity.settings_version)
        await saves(teacher, **{**EXAM, "version": version}, closes=closes)
        status, said = answer(teacher)
        assert (status, words is None or words in said) == (422 if words else 200, True)
    world.clock.passes(hours=1)
    await is_set(world, settings_version=1, closes_at=world.clock() - timedelta(minutes=9))
    teacher = await world.learner("practice", "teacher-1")
    await saves(teacher, **EXAM, closes="2026-11-23T12:51", title="Renamed")
    assert answer(teacher)[0] == 200
    await saves(teacher, **{**EXAM, "version": "2"}, closes="2026-11-23T12:52")
    status, said = answer(teacher)
    assert (status, OVER in said) == (422, True)
