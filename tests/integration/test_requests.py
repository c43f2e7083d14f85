"""What a teacher answers to a learner who says that an answer looks wrong."""

import re

import httpx2
import pytest

from service.models import Override, RegradeRequest
from tests.integration.test_reasons import answers, asks
from tests.support.walks import attempt_of, csrf_of, launch_of, reloads
from tests.support.world import TOOL, Browser, World


async def asked(world: World) -> tuple[Browser, Browser, str]:
    """A learner who has asked, their teacher, and the address of what was asked."""
    await world.adds_case(51.0)
    ada = await answers(world)
    await asks(ada, "The outline is off.")
    tess = await world.learner("practice", "teacher-1")
    _, _, attempt = attempt_of(ada).partition("/attempts/")
    await tess.opens(f"{TOOL}{launch_of(tess)}/requests/{attempt}")
    return ada, tess, f"{TOOL}{launch_of(tess)}/requests/{attempt}"


async def closes(teacher: Browser, address: str, outcome: str, **more: str) -> httpx2.Response:
    """Press "Done" under what came of it."""
    seen = re.findall(r'name="seen" value="([^"]*)"', teacher.text)
    fields = {"csrf": csrf_of(teacher), "outcome": outcome, "seen": seen[0] if seen else ""}
    return await teacher.http.post(f"{address}/close", data=fields | more, follow_redirects=True)


async def test_a_learner_sees_that_the_teacher_looked_and_what_came_of_it(world: World) -> None:
    ada, tess, address = await asked(world)
    assert "Your grade stays as it is until they decide." in await reloads(ada)
    answer = await closes(tess, address, "kept", note="  It is drawn at the <b>blood</b>.\x00 ")
    assert "Nothing waits for you here." in answer.text
    said = await reloads(ada)
    assert re.search(r"Your teacher looked at this on <time .*?</time>. The answer stays", said)
    assert "It is drawn at the &lt;b&gt;blood&lt;/b&gt;." in said
    assert "until they decide" not in said


async def test_only_what_is_open_is_counted_and_what_was_answered_can_be_found(
    world: World,
) -> None:
    _ada, tess, address = await asked(world)
    home = f"{TOOL}{launch_of(tess)}"
    assert "Asked for another look (1)<" in (await tess.opens(f"{home}/")).text
    await tess.opens(address)
    await closes(tess, address, "seen")
    assert "Asked for another look<" in (await tess.opens(f"{home}/")).text
    found = (await tess.opens(f"{home}/requests")).text
    assert "Answered (1)" in found
    assert "The outline is off." in found.partition("Answered (1)")[2]
    page = await tess.opens(address)
    assert "Answer it again" in page.text
    assert (await closes(tess, address, "kept", note="On second thoughts.")).status_code == 200
    [request] = await world.stored(RegradeRequest)
    assert (request.outcome, request.note) == ("kept", "On second thoughts.")


async def test_a_score_of_the_teachers_own_goes_with_the_answer(world: World) -> None:
    ada, tess, address = await asked(world)
    answer = await closes(tess, address, "scored", points="95", note="The reference was off.")
    assert answer.status_code == 200
    await world.works()
    [override] = await world.stored(Override)
    assert (override.share, override.reason) == (0.95, "The reference was off.")
    said = await reloads(ada)
    assert "and set a score of their own for this activity." in said
    assert "95 of 100 points" in said


@pytest.mark.parametrize(
    ("outcome", "more", "says"),
    [
        ("", {}, "Choose what came of it."),
        ("given up", {}, "Choose what came of it."),
        ("scored", {"points": "", "note": "Why."}, "Type points from 0 to 100."),
        ("scored", {"points": "101", "note": "Why."}, "Type points from 0 to 100."),
        ("scored", {"points": "90"}, "Say why"),
        ("kept", {"note": "x" * 301}, "Say it in at most 300 characters."),
    ],
)
async def test_what_cannot_be_taken_is_said_and_nothing_changes(
    world: World, outcome: str, more: dict[str, str], says: str
) -> None:
    _ada, tess, address = await asked(world)
    answer = await closes(tess, address, outcome, **more)
    assert (answer.status_code, says in answer.text) == (422, True)
    [request] = await world.stored(RegradeRequest)
    assert request.closed_at is None
    assert not await world.stored(Override)


async def test_two_teachers_do_not_answer_over_each_other(world: World) -> None:
    _ada, tess, address = await asked(world)
    await closes(tess, address, "kept", note="It stays.")  # in another tab
    answer = await closes(tess, address, "seen", note="Thank you.")
    assert "Somebody has answered this since you opened the page." in answer.text
    [request] = await world.stored(RegradeRequest)
    assert request.note == "It stays."


async def test_only_staff_of_the_activity_answer_and_only_what_was_asked(world: World) -> None:
    ada, tess, address = await asked(world)
    _, _, attempt = address.partition("/requests/")
    answer = await closes(ada, f"{TOOL}{launch_of(ada)}/requests/{attempt}", "kept")
    assert answer.status_code == 404
    elsewhere = await world.learner("own-clip", "teacher-1")
    answer = await closes(elsewhere, f"{TOOL}{launch_of(elsewhere)}/requests/{attempt}", "kept")
    assert answer.status_code == 404
    bea = attempt_of(await answers(world, user="learner-2")).partition("/attempts/")[2]
    answer = await closes(tess, f"{TOOL}{launch_of(tess)}/requests/{bea}", "kept")
    assert answer.status_code == 404
    [request] = await world.stored(RegradeRequest)
    assert request.closed_at is None
