"""The way back to the LMS: where it leads, what it says there, and whom no policy lets in by it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.campus import CAMPUS, LEARNER, MENTOR, TEST_USER, Campus, open_campus
from tests.support.walks import locks, opens_case
from tests.support.world import Browser, World

BACK = f"{CAMPUS}/course/view?id=3"


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await open_campus(world)


async def comes(campus: Campus, back: str = BACK, **claims: object) -> Browser:
    """Somebody who was told where the way back leads."""
    return await campus.arrives("ada", launch_presentation={"return_url": back}, **claims)


def said(browser: Browser) -> dict[str, list[str]]:
    """What the way back takes to the LMS."""
    link = browser.text.partition(">Back to the course</a>")[0].rpartition('href="')[2]
    url = link.partition('"')[0].replace("&amp;", "&")
    assert url.startswith(BACK), browser.text
    return parse_qs(urlsplit(url).query)


async def test_in_the_midst_of_work_it_says_nothing(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    ada = await comes(campus)
    assert said(ada) == {"id": ["3"]}


async def test_when_all_is_done_it_says_so(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    ada = await comes(campus)
    await opens_case(ada)
    await locks(ada, "42")
    await campus.launches(
        ada,
        sub="ada",
        resource_link={"id": "practice"},
        launch_presentation={"return_url": BACK},
    )
    words = said(ada)
    assert words["lti_msg"] == ["1 of 1 case done. Each case counts at your first look."]
    assert "lti_errormsg" not in words


async def test_who_can_do_nothing_here_takes_the_reason_along(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    mentor = await comes(campus, roles=[MENTOR])
    assert "not take part" in said(mentor)["lti_errormsg"][0]
    unset = await comes(campus, custom={}, resource_link={"id": "unset"})
    words = said(unset).get("lti_errormsg")
    assert words is None or words == ["This activity isn't set up yet"]


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.test/x",
        "https://a.test;sandbox/x",
        "https://*/x",
        "https://u:p@campus.test/x",
        "https://a.test,b.test/x",
        "https://'none'/x",
        "javascript:alert(1)",
    ],
)
async def test_a_return_address_lets_nobody_into_the_policy_but_a_plain_https_origin(
    world: World, campus: Campus, url: str
) -> None:
    ada = await comes(campus, url)
    assert ada.page is not None
    policy = ada.page.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors {CAMPUS}"), policy
    assert "form-action 'self';" in policy


async def test_a_test_student_is_told_what_it_is(world: World, campus: Campus) -> None:
    await world.adds_case(51.0)
    student = await comes(campus, roles=[LEARNER, TEST_USER])
    words = student.text.replace("&#39;", "'")
    assert "You're here as your LMS's test student. Nothing is sent to the gradebook." in words
    assert "as a teacher" not in words
    assert "Case 1" in words
