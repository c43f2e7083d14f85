"""A teacher of the demo LMS adds an activity through the picker; a learner is graded in it."""

import pytest

from tests.support.walks import csrf_of, launch_of, locks
from tests.support.world import LMS, TOOL, Browser, World, form_to

TYPED = {
    "title": "Week 3: EF",
    "points": "20",
    "kind": "practice",
    "cases": "1",
    "grade_by": "linear",
    "full_within": "5",
    "none_beyond": "20",
}


async def picks(world: World) -> Browser:
    """A teacher who has pressed `Add activity`, at the tool's picker."""
    browser = world.browser()
    await browser.signs_in("teacher-1")
    await browser.opens(f"{LMS}/activities/add/launch?target=window")
    await browser.sends(form_to(browser.text, "/lti/login"))
    await browser.sends(form_to(browser.text, "/lti/launch"))
    assert "Add ejection fraction practice" in browser.text
    return browser


async def presses(browser: Browser, *steps: str, **typed: str) -> None:
    """Press the picker's buttons."""
    for step in steps:
        url = f"{TOOL}{launch_of(browser)}/pick/{step}"
        fields = {**TYPED, **typed, "csrf": csrf_of(browser)}
        browser.page = await browser.http.post(url, data=fields, follow_redirects=True)


async def adds(browser: Browser, *steps: str, **typed: str) -> None:
    """The same, and let the browser bring the answer to the LMS."""
    await presses(browser, *steps, **typed)
    await browser.sends(form_to(browser.text, "/lti/deep-linking"))


async def test_teacher_picks_learner_launches_and_the_grade_arrives(world: World) -> None:
    await world.adds_case(51.0)
    tess = await picks(world)
    await adds(tess, "add")
    assert "Added to the course" in tess.text
    assert "Week 3: EF" in (await tess.opens(LMS)).text
    ada = await world.learner("link-1")
    assert "0 of 1 case done" in ada.text
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    await locks(ada, "42")
    await world.works()
    book = await world.gradebook()
    [grade] = book["grades"]
    assert (grade["activity"], grade["result_score"]) == ("link-1", pytest.approx(14.67))
    assert [(post["status"], post["score_maximum"]) for post in book["posts"]] == [(200, 20)]
    assert "<strong>14.67</strong> / 20" in (await ada.opens(f"{LMS}/gradebook")).text


@pytest.mark.breadth
async def test_two_activities_are_added_at_once_and_kept_apart(world: World) -> None:
    await world.adds_case(51.0, 1)
    await world.adds_case(51.0, 2)
    tess = await picks(world)
    await adds(tess, "more", "add", title="One", points="10")
    for activity, lvef in (("link-1", "51"), ("link-2", "42")):
        ada = await world.learner(activity)
        await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
        await locks(ada, lvef)
    await world.works()
    grades = (await world.gradebook())["grades"]
    assert [grade["activity"] for grade in grades] == ["link-1", "link-2"]
    assert [grade["result_score"] for grade in grades] == [10.0, pytest.approx(7.33)]


async def test_a_teacher_who_cancels_adds_nothing(world: World) -> None:
    tess = await picks(world)
    await adds(tess, "cancel")
    assert "Nothing was added" in tess.text
    assert "/activities/link-" not in (await tess.opens(LMS)).text


async def test_an_answer_that_is_sent_twice_adds_once(world: World) -> None:
    await world.adds_case(51.0)
    tess = await picks(world)
    await presses(tess, "add")
    form = form_to(tess.text, "/lti/deep-linking")
    said = [(await tess.http.post(form.action, data=form.fields)).status_code for _ in range(2)]
    assert said == [200, 400]
    assert (await tess.opens(LMS)).text.count("Week 3: EF") == 1
