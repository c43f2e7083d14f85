"""The class page: everybody in the course, how their grades stand, and what staff do about them."""

import csv
import io
import re

import httpx2
import pytest

from service.models import Learner, Override, Passback, Roster
from tests.integration.test_deliveries import Course
from tests.support.campus import CAMPUS, INSTRUCTOR, LEARNER, TEST_USER, open_campus
from tests.support.fakes import NOON
from tests.support.gradebooks import ENDPOINT, Gradebook, says
from tests.support.walks import csrf_of, launch_of, words_of
from tests.support.world import TOOL, Browser, World, form_to

DESIGNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#ContentDeveloper"
MEMBERS = [
    {"user_id": "ada", "name": "Ada Okafor", "roles": ["Learner"]},
    {"user_id": "zoe", "name": "Zoë =cmd", "roles": ["Learner"]},
    {"user_id": "gone", "name": "Gone Girl", "roles": ["Learner"], "status": "Inactive"},
    {"user_id": "tess", "name": "Tess Teacher", "roles": ["Instructor"]},
    {"user_id": "made-up", "name": "Test Student", "roles": [LEARNER, TEST_USER]},
]


class ClassOf(Course):
    """A course whose platform also says who is in it."""

    async def teacher(self, role: str = INSTRUCTOR, sub: str = "tess") -> Browser:
        """A member of staff who has opened the activity."""
        roster = {"context_memberships_url": f"{CAMPUS}/members", "service_versions": ["2.0"]}
        context = {"id": "echo-101", "title": "Echo 101"}
        return await self.campus.arrives(
            sub, roles=[role], endpoint=ENDPOINT, members=roster, context=context
        )

    async def practices(self, sub: str, lvef: str = "42", **claims: object) -> Browser:
        """A learner of the same course."""
        context = {"id": "echo-101", "title": "Echo 101"}
        return await super().practices(sub, lvef, context=context, **claims)

    async def works(self, browser: Browser) -> str:
        """Let the worker work; the class page after that, as people read it."""
        await self.world.works()
        await browser.opens(f"{TOOL}{launch_of(browser)}/")
        return browser.text.replace("&#39;", "'")


@pytest.fixture
async def course(world: World) -> ClassOf:
    """A course with one practice case, 51 %, and a roster in two pages."""
    await world.adds_case(51.0)
    campus = await open_campus(world)

    def members(request: httpx2.Request) -> httpx2.Response:
        if "page" in request.url.params:
            return httpx2.Response(200, json={"members": MEMBERS[1:]})
        link = {"Link": f'<{CAMPUS}/members?page=bookmark:WyJB>; rel="next"'}
        return httpx2.Response(200, json={"members": MEMBERS[:1]}, headers=link)

    campus.script["/members"] = members
    return ClassOf(world, campus, Gradebook(campus))


async def acts(browser: Browser, ending: str, **typed: str) -> str:
    """Send a form of the class page; the page that follows."""
    await browser.sends(form_to(browser.text, ending), **typed)
    return browser.text.replace("&#39;", "'")


async def test_everybody_on_the_course_list_is_in_the_class_whether_begun_or_not(
    course: ClassOf,
) -> None:
    await course.practices("ada", name="Ada Okafor")
    tess = await course.teacher()
    assert "being fetched" in tess.text
    page = await course.works(tess)
    assert "1 of 2 started, 1 finished." in page
    assert "Course list of 23 Nov, 12:00 UTC" in words_of(page)
    assert "Zoë =cmd" in page
    assert not [name for name in ("Gone", "Test Student") if name in page]
    assert page.index("Ada Okafor") < page.index("Zoë")
    asked = [call.url for call in course.campus.asked if call.url.path == "/members"]
    assert [url.params.get("page") for url in asked] == [None, "bookmark:WyJB"]


async def test_the_course_list_is_kept_for_a_while_and_asked_for_again_on_demand(
    course: ClassOf,
) -> None:
    tess = await course.teacher()
    for _ in range(3):
        await course.works(tess)
    calls = [call for call in course.campus.asked if call.url.path == "/members"]
    assert len(calls) == 2, "its two pages, once"
    course.world.clock.passes(minutes=2)
    await acts(tess, "/class/roster")
    await course.works(tess)
    calls = [call for call in course.campus.asked if call.url.path == "/members"]
    assert len(calls) == 4


async def test_a_course_list_that_cannot_be_had_costs_nothing(course: ClassOf) -> None:
    course.campus.script["/members"] = lambda _: httpx2.Response(403)
    await course.practices("ada")
    page = await course.works(await course.teacher())
    assert "only who has begun is here" in page
    assert "does not let this tool see who is in the course" in page
    assert "Learner ada" in page


async def test_who_left_the_course_stays_with_what_was_done(course: ClassOf) -> None:
    await course.practices("bea")
    page = await course.works(await course.teacher())
    assert "no longer in the course" in page


async def test_a_refused_grade_is_explained_and_can_be_sent_again(course: ClassOf) -> None:
    course.book.answers = [says(403)]
    await course.practices("ada")
    tess = await course.teacher()
    page = await course.works(tess)
    assert "1 grade not delivered." in page
    assert "does not allow this tool to use this gradebook column" in page
    course.world.clock.passes(seconds=2)
    await acts(tess, "/send")
    page = await course.works(tess)
    assert "not delivered" not in page
    assert course.book.share("ada") == pytest.approx(0.7333)


async def polls(browser: Browser) -> str:
    """Do as the class page does while a grade is on its way."""
    asked = re.search(r'hx-get="([^"]+/class/deliveries)" hx-trigger="every (\d+)s"', browser.text)
    assert asked, "nothing is on its way"
    answer = await browser.http.get(f"{TOOL}{asked[1]}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.text.replace("&#39;", "'")


async def test_the_class_page_says_by_itself_what_came_of_a_grade(course: ClassOf) -> None:
    course.book.answers = [says(403)]
    await course.practices("ada")
    tess = await course.teacher()
    await course.works(tess)
    assert "/class/deliveries" not in tess.text, "all is settled"
    course.world.clock.passes(seconds=2)
    await acts(tess, "/send")
    assert "sending" in await polls(tess)
    course.book.teacher_sets("ada", 12.0)
    await course.world.works()
    said = await polls(tess)
    assert "held: your decision" in said
    assert "1 grade not delivered." in said
    assert "/send-anyway" in said, "and what can be done about it"
    assert "hx-get" not in said, "nobody asks any more"


async def test_a_grade_that_the_gradebook_has_already_is_not_called_sent(course: ClassOf) -> None:
    await course.practices("ada")
    await course.world.works()
    tess = await course.teacher()
    assert "in the gradebook already" not in await course.works(tess)
    course.world.clock.passes(hours=2)
    await acts(tess, "/send")
    page = await course.works(tess)
    assert len(course.book.posts) == 1, "nothing was sent again"
    assert re.search(r"in the gradebook already <span[^>]+>seen <time[^>]+>23 Nov, 14:00", page)
    [row] = await course.world.stored(Passback)
    assert row.sent_at == NOON
    learners = await course.campus.arrives("ada", endpoint=ENDPOINT)
    assert "It is in the gradebook already." in learners.text
    assert "Sent to the gradebook." not in learners.text


async def test_only_staff_hear_how_a_class_stands(course: ClassOf) -> None:
    ada = await course.practices("ada")
    answer = await ada.http.get(f"{TOOL}{launch_of(ada)}/class/deliveries")
    assert answer.status_code == 404


async def test_all_that_is_missing_is_sent_by_one_button(course: ClassOf) -> None:
    course.book.answers = [says(403), says(503)]
    for sub in ("ada", "bea"):
        await course.practices(sub)
    tess = await course.teacher()
    assert "2 grades not delivered." in await course.works(tess)
    course.world.clock.passes(seconds=2)
    await acts(tess, "/class/send")
    await course.works(tess)
    assert {course.book.share(sub) is None for sub in ("ada", "bea")} == {False}


async def test_what_a_teacher_changed_in_the_gradebook_goes_only_by_a_persons_word(
    course: ClassOf,
) -> None:
    await course.practices("ada")
    await course.world.works()
    course.book.teacher_sets("ada", 12.0)
    await course.regrades(80.0)
    tess = await course.teacher()
    await course.later(seconds=2)
    page = await course.works(tess)
    assert "held: your decision" in page
    assert "The gradebook holds 12 of 100" in page
    course.world.clock.passes(seconds=2)
    await acts(tess, "/send-anyway")
    await course.works(tess)
    assert course.book.share("ada") == pytest.approx(0.8)


async def test_a_teacher_sets_a_score_with_a_reason_and_takes_it_back(course: ClassOf) -> None:
    ada = await course.practices("ada")
    tess = await course.teacher()
    await course.works(tess)
    course.world.clock.passes(seconds=2)
    page = await acts(tess, "/score", points="50,5", reason="Half a clip.")
    assert "Set by a teacher: Half a clip." in page
    await course.works(tess)
    assert course.book.scores[-1]["scoreGiven"] == 50.5
    assert "Half a clip." in course.book.scores[-1]["comment"]
    await ada.opens(f"{TOOL}{launch_of(ada)}/")
    assert "50.5 of 100 points. Set by your teacher: Half a clip." in ada.text
    course.world.clock.passes(seconds=2)
    await acts(tess, "/score", points="", reason="It was whole.")
    await course.works(tess)
    assert course.book.share("ada") == pytest.approx(0.7333)
    assert [row.share for row in await course.world.stored(Override)] == [0.505, None]
    await ada.opens(f"{TOOL}{launch_of(ada)}/")
    assert "73.33 of 100 points" in ada.text
    assert "Set by your teacher" not in ada.text


async def test_a_learner_who_never_began_can_be_given_a_score(course: ClassOf) -> None:
    tess = await course.teacher()
    await course.works(tess)
    zoe = next(form for form in forms_of(tess) if form.endswith("/score"))
    tess.page = await tess.http.post(
        f"{TOOL}{zoe}",
        data={"csrf": csrf_of(tess), "points": "100", "reason": "Did it at the bedside."},
        follow_redirects=True,
    )
    await course.works(tess)
    assert course.book.scores[-1]["userId"] in {"ada", "zoe"}
    assert course.book.scores[-1]["scoreGiven"] == 100


def forms_of(browser: Browser) -> list[str]:
    """Where the forms of a page go."""
    return [part.split('"')[0] for part in browser.text.split('action="')[1:]]


@pytest.mark.parametrize(
    ("points", "reason", "why"),
    [
        ("101", "x", "Type points from 0 to 100."),
        ("-1", "x", "Type points from 0 to 100."),
        ("nan", "x", "Type points from 0 to 100."),
        ("ten", "x", "Type points from 0 to 100."),
        ("50", " ", "Say why"),
        ("50", "x" * 301, "Say why"),
    ],
)
async def test_a_score_that_cannot_be_is_sent_back_with_what_was_typed(
    course: ClassOf, points: str, reason: str, why: str
) -> None:
    await course.practices("ada")
    tess = await course.teacher()
    page = await acts(tess, "/score", points=points, reason=reason)
    assert tess.page is not None
    assert tess.page.status_code == 422
    assert why in page
    assert f'value="{points}"' in page
    assert not await course.world.stored(Override)


async def test_only_staff_act_on_a_class_and_only_teachers_decide(course: ClassOf) -> None:
    ada = await course.practices("ada")
    [row] = await course.world.stored(Passback)
    tails = ["send", f"{row.learner_id}/send", f"{row.learner_id}/send-anyway", "roster"]
    form = {"points": "100", "reason": "me"}
    designer = await course.teacher(DESIGNER, "dee")
    for browser in (ada, designer):
        for tail in [*tails, f"{row.learner_id}/score"]:
            answer = await browser.http.post(
                f"{TOOL}{launch_of(browser)}/class/{tail}",
                data={"csrf": csrf_of(browser), **form},
            )
            assert answer.status_code == 404, tail
        answer = await browser.http.get(f"{TOOL}{launch_of(browser)}/class.csv")
        assert answer.status_code == 404
    assert not await course.world.stored(Override)


async def test_a_teacher_decides_about_nobody_of_another_class(course: ClassOf) -> None:
    await course.practices("ada")
    other = await course.campus.arrives("stranger", "own_clip", endpoint=ENDPOINT)
    [stranger] = [each for each in await course.world.stored(Learner) if each.subject == "stranger"]
    tess = await course.teacher()
    for tail in ("send", "score"):
        answer = await tess.http.post(
            f"{TOOL}{launch_of(tess)}/class/{stranger.id}/{tail}",
            data={"csrf": csrf_of(tess), "points": "1", "reason": "x"},
        )
        assert answer.status_code == 404
    assert other.page is not None


async def test_the_class_goes_into_a_spreadsheet_and_no_name_runs_there(course: ClassOf) -> None:
    await course.practices("ada", name="=HYPERLINK(1)")
    tess = await course.teacher()
    await course.works(tess)
    answer = await tess.http.get(f"{TOOL}{launch_of(tess)}/class.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0][:2] == ["learner", "cases done"]
    assert [line[0][0] for line in lines[1:]] != ["="]
    ada = next(line for line in lines if line[4] == "73.33")
    assert ada[1:4] == ["1", "9.0", "-9.0"]
    assert ada[6] == "sent"


async def test_a_platform_without_rosters_is_no_trouble(course: ClassOf) -> None:
    tess = await course.campus.arrives("tess", roles=[INSTRUCTOR], endpoint=ENDPOINT)
    assert "doesn't tell this tool who is in the course" in tess.text.replace("&#39;", "'")
    assert not await course.world.stored(Roster)
