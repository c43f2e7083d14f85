"""Submission review from the LMS's gradebook: staff see what a learner has settled, nobody else."""

import re
from typing import Any

import httpx2
import pytest

from service.models import Attempt
from tests.support.campus import INSTRUCTOR, LEARNER, MENTOR, TEST_USER, Campus, open_campus
from tests.support.gradebooks import ENDPOINT, Gradebook
from tests.support.hostile_lms import politely_refused
from tests.support.walks import launch_of, locks, opens_case, reloads, uploads
from tests.support.world import TOOL, Browser, World

REVIEW = "LtiSubmissionReviewRequest"
LINK = {"resource_link": {"id": "practice", "title": "practice"}}
CANVAS = {"product_family_code": "canvas"}
SUBMISSION = "https://canvas.instructure.com/lti/submission"


@pytest.fixture
async def campus(world: World) -> Campus:
    """A course in which Ada has settled one case and begun another; Bea has begun one."""
    campus = await open_campus(world)
    await world.adds_case(51.0)
    await world.adds_case(33.3, 2)
    ada = await campus.arrives("ada")
    await opens_case(ada)
    await locks(ada, "42")
    await opens_case(ada, 2)
    await opens_case(await campus.arrives("bea"), 2)
    return campus


async def reviews(
    campus: Campus, sub: str, of: str | None, roles: list[str]
) -> tuple[Browser, httpx2.Response]:
    """Somebody opens somebody's work from the gradebook."""
    browser = campus.world.browser()
    said: dict[str, Any] = {
        "sub": sub,
        "name": f"Learner {sub}",
        "roles": roles,
        "message_type": REVIEW,
        **LINK,
    }
    said |= {"for_user": {"user_id": of}} if of else {}
    return browser, await campus.launches(browser, **said)


async def test_a_teacher_sees_what_the_learner_has_settled_and_no_more(campus: Campus) -> None:
    browser, page = await reviews(campus, "tess", "ada", [INSTRUCTOR])
    assert page.status_code == 200
    assert "Learner ada" in page.text
    assert "42 %" in page.text
    assert "51 %" in page.text
    assert "−9.0 points" in page.text
    assert "You read" not in page.text, "that is said to the learner"
    assert "33.3" not in page.text, "the case that Ada has only begun"
    assert (await browser.opens(str(page.url))).status_code == 200, "a reload is harmless"
    _, other = await reviews(campus, "tess", "bea", [INSTRUCTOR])
    assert "Learner bea" in other.text
    assert "has settled nothing" in other.text
    assert "33.3" not in other.text


async def test_a_learners_work_is_not_called_a_preview(campus: Campus) -> None:
    _, page = await reviews(campus, "tess", "ada", [INSTRUCTOR])
    assert "real work" in page.text
    assert "previewing" not in page.text


async def test_a_demo_models_number_on_a_real_heart_is_no_reference_to_a_teacher(
    world: World,
) -> None:
    ada = await world.learner("own-clip")
    await uploads(ada)
    await world.works()
    await reloads(ada)
    await locks(ada, "42", attest="true")
    [attempt] = await world.stored(Attempt)
    tess = await world.learner("own-clip", "teacher-1")
    await tess.opens(f"{TOOL}{launch_of(tess)}/learners/{attempt.learner_id}")
    row = re.findall(r"<td[^>]*>(.*?)</td>", tess.text)
    assert row[:4] == ["42 %", "–", "51 %", "<bdi>–</bdi>"]


async def test_a_review_that_names_nobody_is_refused(campus: Campus) -> None:
    """Moodle sends one when its address is typed without a user."""
    for role in (INSTRUCTOR, LEARNER):
        politely_refused((await reviews(campus, "ada", None, [role]))[1])


@pytest.mark.parametrize("of", ["bea", "nobody"])
async def test_a_learner_who_forges_a_review_sees_only_their_own(campus: Campus, of: str) -> None:
    browser, page = await reviews(campus, "ada", of, [LEARNER])
    assert page.status_code == 200
    assert "Learner bea" not in page.text
    assert "Learner ada" in page.text
    assert "/learners/" not in str(page.url)
    teachers = str((await reviews(campus, "tess", "bea", [INSTRUCTOR]))[1].url)
    path = teachers.partition("/learners/")[2]
    answer = await browser.http.get(f"{TOOL}{launch_of(browser)}/learners/{path}")
    assert answer.status_code == 404
    assert "Learner bea" not in answer.text


@pytest.mark.parametrize("roles", [[MENTOR], [], [LEARNER, TEST_USER], [LEARNER, INSTRUCTOR]])
async def test_who_is_not_staff_alone_reviews_nobody(campus: Campus, roles: list[str]) -> None:
    _, page = await reviews(campus, "sly", "ada", roles)
    assert page.status_code == 200
    assert "42 %" not in page.text
    assert "Learner ada" not in page.text


async def test_a_review_of_somebody_unknown_shows_the_class(campus: Campus) -> None:
    _, page = await reviews(campus, "tess", "never-came", [INSTRUCTOR])
    assert page.status_code == 200
    assert "Try it as a learner" in page.text


async def test_staff_of_another_activity_or_tenant_see_nothing(
    world: World, campus: Campus
) -> None:
    _, page = await reviews(campus, "tess", "ada", [INSTRUCTOR])
    ada = str(page.url).partition("/learners/")[2]
    elsewhere = await campus.arrives("tess", "own_clip", roles=[INSTRUCTOR])
    answer = await elsewhere.opens(f"{TOOL}{launch_of(elsewhere)}/learners/{ada}")
    assert "42 %" not in answer.text
    other = Campus(world, "other.test", client_id="tool-9", key="other")
    await other.registers()
    stranger = await other.arrives("tess", roles=[INSTRUCTOR])
    answer = await stranger.opens(f"{TOOL}{launch_of(stranger)}/learners/{ada}")
    assert answer.status_code == 404
    _, review = await reviews(other, "tess", "ada", [INSTRUCTOR])
    assert "42 %" not in review.text


async def test_without_cookies_a_teacher_sees_it_in_the_page_itself(
    world: World, campus: Campus
) -> None:
    browser = world.browser(keeps_our_cookies=False)
    asked = await campus.begins(browser, lti_storage_target="_parent")
    proof = browser.text.partition('data-value="')[2].partition('"')[0]
    of_ada = {"message_type": REVIEW, "for_user": {"user_id": "ada"}}
    form = campus.signs(asked, sub="tess", roles=[INSTRUCTOR], **of_ada, **LINK)
    page = await campus.posts(browser, form)
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    shown = await browser.http.post(f"{TOOL}/lti/verify", data={"ticket": ticket, "proof": proof})
    assert "Learner ada" in shown.text
    assert "51 %" in shown.text


async def sent_to_canvas(world: World) -> tuple[Campus, str]:
    """Ada has done the one case in Canvas; the address that went along with her score."""
    campus = await open_campus(world)
    book = Gradebook(campus)
    await world.adds_case(51.0)
    ada = await campus.arrives("ada", endpoint=ENDPOINT, tool_platform=CANVAS)
    await opens_case(ada)
    await locks(ada, "42")
    await world.works()
    [score] = book.scores
    said = score[SUBMISSION]
    assert said["submission_type"] == "basic_lti_launch"
    return campus, said["submission_data"]


async def speed_grades(
    campus: Campus, url: str, sub: str = "tess", role: str = INSTRUCTOR, link: str = "practice"
) -> tuple[Browser, httpx2.Response]:
    """Somebody opens the address of a score, by a launch like any other."""
    browser = campus.world.browser()
    asked = await campus.begins(browser, target_link_uri=url)
    said = {"sub": sub, "roles": [role], "target_link_uri": url, "name": f"Learner {sub}"}
    form = campus.signs(asked, **said, resource_link={"id": link, "title": link})
    answer = await campus.posts(browser, form)
    assert answer.status_code == 303, answer.text
    return browser, await browser.opens(f"{TOOL}{answer.headers['Location']}")


async def test_speed_grader_opens_the_work_behind_a_score(world: World) -> None:
    campus, url = await sent_to_canvas(world)
    assert url.startswith(f"{TOOL}/lti/launch?review=")
    _, page = await speed_grades(campus, url)
    assert "Learner ada" in page.text
    assert "42 %" in page.text
    assert "51 %" in page.text


async def test_the_address_of_a_score_opens_nothing_for_a_learner_or_elsewhere(
    world: World,
) -> None:
    campus, url = await sent_to_canvas(world)
    for who in ({"sub": "bea", "role": LEARNER}, {"sub": "mona", "role": MENTOR}):
        _, page = await speed_grades(campus, url, **who)
        assert "42 %" not in page.text
        assert "Learner ada" not in page.text
    _, page = await speed_grades(campus, url, link="own_clip")
    assert "42 %" not in page.text, "the class of another activity"
    other = Campus(world, "other.test", client_id="tool-9", key="other")
    await other.registers()
    _, page = await speed_grades(other, url)
    assert "42 %" not in page.text
    answer = await world.browser().http.get(url)
    assert answer.status_code == 405, "an address alone opens nothing"


@pytest.mark.parametrize("odd", ["", "x", "%00", "1" * 400, "&review=y"])
async def test_an_odd_address_shows_the_class(world: World, campus: Campus, odd: str) -> None:
    _, page = await speed_grades(campus, f"{TOOL}/lti/launch?review={odd}")
    assert page.status_code == 200
    assert "Try it as a learner" in page.text


async def test_other_platforms_are_told_of_no_address(world: World) -> None:
    campus = await open_campus(world)
    book = Gradebook(campus)
    await world.adds_case(51.0)
    ada = await campus.arrives("ada", endpoint=ENDPOINT)
    await opens_case(ada)
    await locks(ada, "42")
    await world.works()
    [score] = book.scores
    assert SUBMISSION not in score
    assert "review" not in str(score)
