"""Where a check does not settle a clip's view, a person does: learners ask, a teacher decides."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.cloud_settings import Cloud, ViewCheck
from service.models import (
    Ruling,
)
from service.rulings import TEACHER_ANSWERS_WITHIN
from tests.integration.test_activity_settings import is_set
from tests.support.view_checks import (
    ACCEPTED,
    BY_GEMINI,
    DOWN,
    WRONG,
    a_world,
    decides,
    presses,
)
from tests.support.walks import (
    attempt_of,
    later,
    locks,
    reloads,
    sends_a_clip,
)
from tests.support.world import TOOL, World, form_to


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A deployment that asks Gemini."""
    async with a_world(database_url, tmp_path, BY_GEMINI) as found:
        yield found


async def test_a_teacher_who_confirms_has_the_clip_read(world: World) -> None:
    world.reader.sees = WRONG
    ada = await sends_a_clip(world)
    page = await presses(ada, "/ask-teacher")
    assert "Sent: your teacher was asked to look at the view of this clip." in page
    assert "Without an answer within 7 days you get credit for taking part" in page
    assert "Usual reply time" not in page, "the course names none"
    await locks(ada, "42", attest="true")
    page = await reloads(ada)
    assert "the clip is read as soon as the view is confirmed" in page
    assert "Try another" in page
    back = await decides(world, "confirm")
    assert "Clips whose view is not confirmed" not in back
    await world.works()
    assert world.reader.asked == 1
    page = await reloads(ada)
    assert "The software read 51 %" in page
    assert "View confirmed as apical four-chamber by a teacher." in page
    [ruling] = await world.stored(Ruling)
    assert ruling.accepted


async def test_a_teacher_who_says_no_sends_the_learner_to_another_clip(world: World) -> None:
    world.reader.sees = DOWN
    ada = await sends_a_clip(world)
    await presses(ada, "/ask-teacher")
    await decides(world, "reject")
    page = await reloads(ada)
    assert "Your teacher looked at this clip: it isn't an apical four-chamber view." in page
    assert "/ask-teacher" not in page
    world.reader.sees = ACCEPTED
    await later(world)
    assert world.reader.reads == 1, "the teacher's word stands"


async def test_a_question_that_no_teacher_answers_costs_nothing(world: World) -> None:
    world.reader.sees = WRONG
    ada = await sends_a_clip(world)
    await presses(ada, "/ask-teacher")
    await locks(ada, "42", attest="true")
    await later(world, seconds=TEACHER_ANSWERS_WITHIN.total_seconds() + 60)
    await ada.launches("own-clip")
    assert "Nobody has confirmed the view of this clip" in await reloads(ada)
    await world.works()
    assert [grade["score_given"] for grade in (await world.gradebook())["grades"]] == [100.0]


@pytest.mark.breadth
async def test_a_question_whose_time_is_over_promises_nothing_more(world: World) -> None:
    world.reader.sees = WRONG
    ada = await sends_a_clip(world)
    assert "Sent: your teacher was asked" in await presses(ada, "/ask-teacher")
    await later(world, seconds=TEACHER_ANSWERS_WITHIN.total_seconds() + 60)
    await ada.launches("own-clip")
    assert "Watch, then estimate" in (page := await reloads(ada))
    assert "Sent: your teacher was asked" not in page


async def test_a_check_that_is_down_lapses_sooner_than_a_teacher_answers(world: World) -> None:
    world.reader.sees = DOWN
    ada = await sends_a_clip(world)
    await is_set(world, reply_days=2)
    page = await presses(ada, "/ask-teacher")
    assert "Sent: your teacher was asked" in page
    assert "2 days" not in page
    assert "7 days" not in page


@pytest.mark.breadth
async def test_a_course_says_how_soon_its_teachers_answer(world: World) -> None:
    world.reader.sees = WRONG
    ada = await sends_a_clip(world)
    await is_set(world, reply_days=2)
    page = await presses(ada, "/ask-teacher")
    assert "Usual reply time set by your course: 2 days." in page
    await locks(ada, "42", attest="true")
    assert "Usual reply time set by your course: 2 days." in await reloads(ada)


async def test_only_who_teaches_here_decides(world: World) -> None:
    world.reader.sees = WRONG
    ada = await sends_a_clip(world)
    path = attempt_of(ada).replace("/attempts/", "/views/")
    for asked in (path, f"{path}/confirm", f"{path}/reject"):
        form = form_to(ada.text, "/replace").fields
        assert (await ada.http.post(f"{TOOL}{asked}", data=form)).status_code == 404
    assert not await world.stored(Ruling)
    other = await world.learner("practice", "teacher-1")
    elsewhere = other.path.rstrip("/") + "/views/" + path.rsplit("/", 1)[1]
    assert (await other.opens(f"{TOOL}{elsewhere}")).status_code == 404


async def test_where_a_teacher_checks_every_clip_waits_for_one(
    database_url: str, tmp_path: Path
) -> None:
    cloud = Cloud(view_check=ViewCheck.TEACHER)
    async with a_world(database_url, tmp_path, cloud) as world:
        ada = await sends_a_clip(world)
        page = await reloads(ada)
        assert "a teacher confirms the view of each clip before the software reads it" in page
        assert world.reader.reads == 0
        await decides(world, "confirm")
        await world.works()
        await locks(ada, "42", attest="true")
        assert "View confirmed as apical four-chamber by a teacher." in await reloads(ada)
