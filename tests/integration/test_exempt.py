"""A teacher exempts a learner: nothing is expected, nothing is sent, and nothing is taken away."""

import csv
import io

import pytest

from service.models import Event, Override, Passback
from tests.integration.test_class import ClassOf, acts, forms_of
from tests.integration.test_cookieless import proves, without_cookies
from tests.integration.test_exams import becomes
from tests.support.campus import open_campus
from tests.support.gradebooks import ENDPOINT, Gradebook, says
from tests.support.walks import csrf_of, launch_of, locks, opens_case
from tests.support.world import TOOL, Browser, World

WHY = "She cannot see the clips."
SENTENCE = "Your teacher has exempted you from this activity"


@pytest.fixture
async def course(world: World) -> ClassOf:
    """A course with one practice case, 51 %, and no roster."""
    await world.adds_case(51.0)
    campus = await open_campus(world)
    return ClassOf(world, campus, Gradebook(campus))


async def at_home(browser: Browser) -> str:
    """What the activity's first page says."""
    await browser.opens(f"{TOOL}{launch_of(browser)}/")
    return browser.text.replace("&#39;", "'")


async def test_what_has_not_arrived_is_not_sent_any_more(course: ClassOf) -> None:
    course.book.answers = [says(503)]
    ada = await course.practices("ada")
    tess = await course.teacher()
    assert "1 grade not delivered." in await course.works(tess)
    page = await acts(tess, "/exempt", reason=WHY)
    assert f"Exempt: {WHY}" in page
    assert "not delivered" not in page
    assert not [form for form in forms_of(tess) if form.endswith("/send")]
    sent = len(course.book.scores)
    await course.later(hours=7)
    assert len(course.book.scores) == sent
    assert course.book.share("ada") is None
    page = await at_home(ada)
    assert SENTENCE in page
    assert WHY in page


async def test_a_grade_that_is_there_stays_there(course: ClassOf) -> None:
    await course.practices("ada")
    tess = await course.teacher()
    await course.works(tess)
    await acts(tess, "/exempt", reason=WHY)
    await course.later(hours=7)
    assert course.book.share("ada") == pytest.approx(0.7333)
    assert len(course.book.scores) == 1


async def test_an_exempt_learner_may_work_and_it_counts_once_it_is_taken_back(
    course: ClassOf,
) -> None:
    context = {"id": "echo-101", "title": "Echo 101"}
    ada = await course.campus.arrives("ada", endpoint=ENDPOINT, context=context)
    await opens_case(ada)
    tess = await course.teacher()
    await course.works(tess)
    await acts(tess, "/exempt", reason=WHY)
    await opens_case(ada)
    await locks(ada, "42")
    assert "You read 9 points low" in ada.text
    assert SENTENCE in ada.text
    await course.later(seconds=2)
    assert not await course.world.stored(Passback)
    await course.works(tess)
    page = await acts(tess, "/score", reason="She can, with a larger screen.")
    assert "Exempt" not in page.replace(">Exempt<", "")
    await course.works(tess)
    assert course.book.share("ada") == pytest.approx(0.7333)
    assert SENTENCE not in await at_home(ada)


async def test_when_the_activity_closes_nothing_counts_zero_for_them(course: ClassOf) -> None:
    await course.world.adds_case(60.0, 2)
    await course.practices("ada")  # one of two cases
    tess = await course.teacher()
    await course.works(tess)
    await acts(tess, "/exempt", reason=WHY)
    await becomes(course.world, closes_at=course.world.clock())
    await course.later(hours=1)
    assert not course.book.scores
    assert not await course.world.stored(Passback)


async def test_a_score_of_the_teachers_own_ends_the_exemption(course: ClassOf) -> None:
    await course.practices("ada")
    tess = await course.teacher()
    await course.works(tess)
    await acts(tess, "/exempt", reason=WHY)
    course.world.clock.passes(seconds=2)
    answer = await tess.http.post(
        f"{TOOL}{form(tess, '/score')}",
        data={"csrf": csrf_of(tess), "points": "90", "reason": "An oral examination."},
        follow_redirects=True,
    )
    assert "Set by a teacher: An oral examination." in answer.text
    await course.works(tess)
    assert course.book.share("ada") == pytest.approx(0.9)
    assert [row.exempt for row in await course.world.stored(Override)] == [True, False]


def form(browser: Browser, ending: str) -> str:
    """Where the form with this ending goes."""
    return next(each for each in forms_of(browser) if each.endswith(ending))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301, "a\0b"])
async def test_an_exemption_needs_a_reason(course: ClassOf, reason: str) -> None:
    await course.practices("ada")
    tess = await course.teacher()
    page = await acts(tess, "/exempt", reason=reason)
    assert tess.page is not None
    assert tess.page.status_code == 422
    assert "Say why" in page
    assert not await course.world.stored(Override)


async def test_only_a_teacher_exempts_and_only_of_this_class(course: ClassOf) -> None:
    ada = await course.practices("ada")
    [row] = await course.world.stored(Passback)
    nobody = "00000000-0000-4000-8000-000000000000"
    tess = await course.teacher()
    for browser, learner in ((ada, row.learner_id), (tess, nobody)):
        answer = await browser.http.post(
            f"{TOOL}{launch_of(browser)}/class/{learner}/exempt",
            data={"csrf": csrf_of(browser), "reason": WHY},
        )
        assert answer.status_code == 404
    assert not await course.world.stored(Override)


async def test_every_act_is_an_event_without_the_reason_or_a_name(course: ClassOf) -> None:
    await course.practices("ada")
    tess = await course.teacher()
    await acts(tess, "/exempt", reason=WHY)
    await acts(tess, "/score", reason="Back again.")
    found = [event for event in await course.world.stored(Event) if event.kind == "decision"]
    assert [event.code for event in found] == ["exempted", "work counts"]
    assert all(event.person and event.registration_id for event in found)
    answer = await tess.http.get(f"{TOOL}{launch_of(tess)}/class.csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0][-1] == "exempt because"


async def test_without_cookies_the_first_page_says_it_too(course: ClassOf) -> None:
    await course.practices("ada")
    tess = await course.teacher()
    await acts(tess, "/exempt", reason=WHY)
    link = {"id": "practice", "title": "practice"}
    for sub, told in (("ada", True), ("bea", False)):
        browser, ticket, proof, _page = await without_cookies(
            course.world, course.campus, sub=sub, resource_link=link
        )
        await proves(browser, ticket, proof)
        assert (SENTENCE in browser.text) is told
