"""What a link opens: what was picked for it, what it was copied from, or the default. A custom
parameter can be edited by a teacher, so it decides no right; and attempts never move."""

from typing import Any

import pytest
from sqlalchemy import update

from service.models import Activity, Attempt, DefaultActivity
from service.registering import set_default
from tests.support.campus import CAMPUS, COURSE, INSTRUCTOR, Campus, open_campus
from tests.support.walks import csrf_of, launch_of, locks
from tests.support.world import TOOL, Browser, World, form_to

NEXT_YEAR = {"id": "9", "title": "Echo 101, next year", "type": ["CourseSection"]}


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform, and a library of four cases."""
    for position, lvef in enumerate((30.0, 45.0, 60.0, 70.0), start=1):
        await world.adds_case(lvef, position)
    return await open_campus(world)


async def picked(campus: Campus, **typed: str) -> str:
    """An activity that a teacher has picked in the course; its id, as the LMS keeps it."""
    teacher = await campus.picks()
    fields = form_to(teacher.text, "/pick/add").fields
    setup = {"title": "Week 3", "points": "100", "kind": "practice", "cases": "2"}
    setup |= {"grade_by": "linear", "full_within": "5", "none_beyond": "20", **typed}
    url = f"{TOOL}{launch_of(teacher)}/pick/add"
    await teacher.http.post(url, data={**fields, **setup})
    rows = await campus.world.stored(Activity)
    [made] = [row for row in rows if row.settings_version and row.resource_link_id is None]
    return str(made.id)


async def opens(campus: Campus, named: str = "", link: str = "11", **claims: Any) -> Browser:
    """A learner opens a link that carries this id."""
    browser = campus.world.browser()
    said: dict[str, Any] = {
        "context": COURSE,
        "custom": {"eyeball_activity": named},
        "resource_link": {"id": link, "title": "A link"},
        **claims,
    }
    await campus.launches(browser, **said)
    return browser


async def behind(world: World, link: str) -> Activity:
    """The activity behind a link."""
    rows = await world.stored(Activity)
    return next(row for row in rows if row.resource_link_id == link)


async def default_is(world: World, default: DefaultActivity) -> None:
    """What the operator sets by `eyeball registrations set-default`."""
    assert await set_default(world.worker.database, CAMPUS, "tool-1", default) == "Campus"


async def test_a_copied_course_finds_its_settings_and_nobodys_attempts(
    world: World, campus: Campus
) -> None:
    named = await picked(campus, grade_by="blend", points="40")
    ada = await opens(campus, named)
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    await locks(ada, "42")
    again = await opens(campus, named, link="77", context=NEXT_YEAR)
    assert "0 of 2 cases done" in again.text
    original, copy = await behind(world, "11"), await behind(world, "77")
    assert copy.id != original.id
    assert (copy.rule, copy.points, copy.case_ids) == ("blend 5/20", 40.0, original.case_ids)
    assert (copy.copied_from_id, copy.context_id) == (original.id, "9")
    assert [one.activity_id for one in await world.stored(Attempt)] == [original.id]
    teacher = await opens(campus, named, link="77", context=NEXT_YEAR, roles=[INSTRUCTOR])
    assert "These settings were copied" in teacher.text


async def test_a_copy_keeps_later_changes_of_the_original_and_has_its_own_afterwards(
    world: World, campus: Campus
) -> None:
    named = await picked(campus)
    teacher = await opens(campus, named, roles=[INSTRUCTOR])
    await saves(teacher, points="30")
    await opens(campus, named, link="77", context=NEXT_YEAR)
    assert (await behind(world, "77")).points == 30.0
    await saves(teacher, points="60")
    await opens(campus, named, link="77", context=NEXT_YEAR)
    assert (await behind(world, "77")).points == 30.0


async def saves(teacher: Browser, **typed: str) -> None:
    """Change the settings from the teacher's launch."""
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/settings")
    fields = form_to(teacher.text, "/settings/save").fields
    setup = {"title": "Week 3", "points": "100", "kind": "practice", "cases": "2"}
    setup |= {"grade_by": "linear", "full_within": "5", "none_beyond": "20", **typed}
    url = f"{TOOL}{launch_of(teacher)}/settings/save"
    teacher.page = await teacher.http.post(url, data={**fields, **setup}, follow_redirects=True)


async def test_an_id_opened_first_in_another_course_takes_nothing_from_the_first(
    world: World, campus: Campus
) -> None:
    named = await picked(campus)
    await opens(campus, named, link="77", context=NEXT_YEAR)
    await opens(campus, named)
    assert str((await behind(world, "11")).id) == named
    assert (await behind(world, "77")).copied_from_id == (await behind(world, "11")).id


async def test_an_item_that_is_duplicated_within_the_course_is_an_activity_of_its_own(
    world: World, campus: Campus
) -> None:
    named = await picked(campus)
    await opens(campus, named)
    await opens(campus, named, link="12")
    assert (await behind(world, "12")).id != (await behind(world, "11")).id


async def test_an_id_of_another_registration_means_nothing(world: World, campus: Campus) -> None:
    named = await picked(campus, points="13")
    demo = await world.learner("practice")
    [demos] = [one for one in await world.stored(Activity) if one.resource_link_id == "practice"]
    await opens(campus, str(demos.id), link="78")
    assert (await behind(world, "78")).copied_from_id is None
    async with world.worker.database.begin() as work:
        other = (await behind(world, "practice")).registration_id
        await work.session.execute(
            update(Activity).where(Activity.title == "Week 3").values(registration_id=other)
        )
    await opens(campus, named)
    assert (await behind(world, "11")).points == 100.0
    assert demo.page is not None


STRANGE_ID = "6f1c7a52-93a4-4f0e-8d7b-2f0f4a1c9e55"  # fixed: every process names the same tests


async def test_an_address_takes_no_activity_that_waits_for_its_link(
    world: World, campus: Campus
) -> None:
    """Whoever is in a course can make some platforms open any address of a tool."""
    named = await picked(campus)
    await opens(campus, link="forged", target_link_uri=f"{TOOL}/lti/launch?activity={named}")
    assert str((await behind(world, "forged")).id) != named
    await opens(campus, named)
    assert str((await behind(world, "11")).id) == named, "it still waited for its own"


@pytest.mark.parametrize("named", ["x", "", "1' OR 1=1", STRANGE_ID, "0" * 32, "{}", "9" * 999])
async def test_an_id_that_names_nothing_opens_the_default(
    world: World, campus: Campus, named: str
) -> None:
    learner = await opens(campus, named)
    assert "0 of 4 cases done" in learner.text
    assert (await behind(world, "11")).copied_from_id is None


async def test_a_link_that_was_copied_is_known_by_its_history(world: World, campus: Campus) -> None:
    named = await picked(campus, points="40")
    await opens(campus, named)
    history = {"resource_link_id_history": "76,11", "context_id_history": "8,3"}
    await opens(campus, link="77", context=NEXT_YEAR, custom=history)
    copy = await behind(world, "77")
    assert (copy.points, str(copy.copied_from_id)) == (40.0, named)
    guessed = {"resource_link_id_history": "11"}
    await opens(campus, link="79", context={"id": "4", "title": "Another course"}, custom=guessed)
    assert (await behind(world, "79")).copied_from_id is None, "of a course that it did not copy"


async def test_the_default_is_a_balanced_set_own_clips_or_nothing(
    world: World, campus: Campus
) -> None:
    await default_is(world, DefaultActivity.OWN_CLIP)
    own = await opens(campus, link="1")
    assert "Choose a clip" in own.text
    await default_is(world, DefaultActivity.NONE)
    learner = await opens(campus, link="2")
    assert "isn't set up yet" in learner.text.replace("&#39;", "'")
    assert "Your teacher has to choose first" in learner.text
    for path in ("/cases/1", "/another"):
        assert (await learner.http.get(f"{TOOL}{launch_of(learner)}{path}")).status_code == 404
    assert not await world.stored(Attempt) or all(
        one.case_id is None for one in await world.stored(Attempt)
    )


async def test_a_teacher_sets_up_what_nobody_has(world: World, campus: Campus) -> None:
    await default_is(world, DefaultActivity.NONE)
    teacher = await opens(campus, roles=[INSTRUCTOR])
    assert "Choose what learners do, then save." in teacher.text
    await saves(teacher, cases="3")
    assert "Saved." in teacher.text
    learner = await opens(campus)
    assert "0 of 3 cases done" in learner.text


async def test_a_default_that_is_set_later_opens_what_nobody_has_set_up(
    world: World, campus: Campus
) -> None:
    await default_is(world, DefaultActivity.NONE)
    await opens(campus)
    await default_is(world, DefaultActivity.PRACTICE)
    assert "0 of 4 cases done" in (await opens(campus)).text


async def test_settings_say_what_becomes_of_scores_that_are_given(
    world: World, campus: Campus
) -> None:
    named = await picked(campus)
    teacher = await opens(campus, named, roles=[INSTRUCTOR])
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/settings")
    assert "Nobody has been scored yet" in teacher.text
    ada = await opens(campus, named)
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    await locks(ada, "42")
    await teacher.opens(f"{TOOL}{launch_of(teacher)}/settings")
    assert "Estimates scored already: 1 (learners: 1)." in teacher.text
    await saves(teacher, kind="own_clip")
    assert teacher.page is not None
    assert (teacher.page.status_code, "Learners have begun" in teacher.text) == (409, True)
    await saves(teacher, grade_by="category")
    assert (await behind(world, "11")).rule == "category"


async def test_of_two_teachers_who_change_the_same_settings_the_slower_looks_again(
    world: World, campus: Campus
) -> None:
    teacher = await opens(campus, roles=[INSTRUCTOR])
    stale = await opens(campus, roles=[INSTRUCTOR], sub="71")
    await stale.opens(f"{TOOL}{launch_of(stale)}/settings")
    fields = form_to(stale.text, "/settings/save").fields
    await saves(teacher, title="First")
    typed = {"title": "Second", "points": "50", "kind": "practice", "cases": "2"}
    typed |= {"grade_by": "linear", "full_within": "5", "none_beyond": "20"}
    url = f"{TOOL}{launch_of(stale)}/settings/save"
    answer = await stale.http.post(url, data={**fields, **typed})
    assert (answer.status_code, "Somebody has changed" in answer.text) == (409, True)
    assert 'value="Second"' in answer.text
    assert (await behind(world, "11")).title == "First"


@pytest.mark.parametrize(
    "roles",
    [
        ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        ["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"],
    ],
)
async def test_only_teachers_change_settings(
    world: World, campus: Campus, roles: list[str]
) -> None:
    browser = await opens(campus, roles=roles)
    assert "/settings" not in browser.text
    home = f"{TOOL}{launch_of(browser)}"
    csrf = csrf_of(browser)
    for path in ("/settings", "/settings/saved"):
        assert (await browser.http.get(home + path)).status_code == 404
    for path in ("/settings/save", "/settings/preview"):
        assert (await browser.http.post(home + path, data={"csrf": csrf})).status_code == 404


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"{CAMPUS}/course?id=3&a=b", True),
        ("https://elsewhere.test/course", False),
        ("http://campus.test/course", False),
        ("javascript:alert(1)", False),
        (f"{CAMPUS}/{'x' * 3000}", False),
    ],
)
async def test_the_way_back_leads_to_the_lms_and_nowhere_else(
    world: World, campus: Campus, url: str, shown: bool
) -> None:
    learner = await opens(campus, launch_presentation={"return_url": url})
    assert ("Back to the course" in learner.text) == shown
    assert (f'href="{url.replace("&", "&amp;")}"' in learner.text) == shown
