"""What a person sees in the demo LMS."""

import pytest

from tests.unit.service.demo.conftest import Browser


async def test_the_course_offers_one_learner_one_teacher_and_two_activities(lms: Browser) -> None:
    page = (await lms.client.get("/")).text
    assert "it stands in for Canvas or Moodle" in page
    assert "Ada Okafor" in page
    assert "Tess Teacher" in page
    assert "Bea Lind" not in page
    assert "Your own clip" in page
    assert "Practice cases" in page
    assert "Nobody is signed in" in page


async def test_who_is_signed_in_is_shown(ada: Browser) -> None:
    page = (await ada.client.get("/")).text
    assert "Signed in as <strong>Ada Okafor</strong>" in page
    assert '<a href="/activities/practice">' in page


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(lms: Browser) -> None:
    answer = await lms.client.post("/session", data={"user": "learner-1"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "learner-1" not in cookie


async def test_a_made_up_session_is_nobody(lms: Browser) -> None:
    lms.client.cookies.set("demo_lms_session", "learner-1")
    assert "Nobody is signed in" in (await lms.client.get("/")).text


async def test_a_stranger_cannot_sign_in(lms: Browser) -> None:
    assert (await lms.client.post("/session", data={"user": "mallory"})).status_code == 400
    assert (await lms.client.post("/session", data={})).status_code == 400


async def test_another_site_cannot_choose_the_user(lms: Browser) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = await lms.client.post("/session", data={"user": "learner-1"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_an_activity_holds_the_tool_in_a_frame(ada: Browser) -> None:
    answer = await ada.client.get("/activities/own-clip")
    assert 'src="/activities/own-clip/launch"' in answer.text
    assert "Open in a new window" in answer.text
    assert "frame-src 'self' http://127.0.0.1:8001;" in answer.headers["content-security-policy"]


async def test_an_activity_needs_a_user(lms: Browser) -> None:
    answer = await lms.client.get("/activities/own-clip")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await lms.client.get("/activities/own-clip/launch")).status_code == 403


@pytest.mark.parametrize("path", ["/activities/none", "/activities/none/launch", "/nowhere"])
async def test_what_is_not_there_is_said_in_words(ada: Browser, path: str) -> None:
    answer = await ada.client.get(path)
    assert answer.status_code == 404
    assert "Back to the course" in answer.text


async def test_the_gradebook_shows_grade_comment_and_log(lms: Browser) -> None:
    await lms.scores(scoreGiven=87.5, comment="<b>Close</b>\nWell seen.")
    await lms.scores(scoreGiven=1)
    page = (await lms.client.get("/gradebook")).text
    assert "<strong>87.5</strong> / 100" in page
    assert "&lt;b&gt;Close&lt;/b&gt;" in page
    assert "23 Nov 2026, 08:00:00 UTC" in page
    assert "Refusing score with an earlier timestamp" in page
    assert "Bea Lind" not in page


async def test_the_gradebook_shows_a_learner_who_is_not_offered_once_graded(lms: Browser) -> None:
    await lms.scores(userId="learner-2")
    assert "Bea Lind" in (await lms.client.get("/gradebook")).text


async def test_an_empty_gradebook_says_so(lms: Browser) -> None:
    page = (await lms.client.get("/gradebook")).text
    assert "No grade yet" in page
    assert "None so far." in page


async def test_a_message_from_the_tool_is_shown_as_text(lms: Browser) -> None:
    answer = await lms.client.get("/lti/return", params={"lti_errormsg": "<i>Stopped</i>"})
    assert "&lt;i&gt;Stopped&lt;/i&gt;" in answer.text


@pytest.mark.parametrize(
    ("path", "ancestors"),
    [
        ("/", "'none'"),
        ("/gradebook", "'none'"),
        ("/nowhere", "'none'"),
        ("/static/frame.js", "'none'"),
        ("/activities/own-clip", "'none'"),
        ("/activities/own-clip/launch", "'self'"),
        ("/lti/auth", "'self'"),
    ],
)
async def test_every_answer_has_a_strict_policy(ada: Browser, path: str, ancestors: str) -> None:
    headers = (await ada.client.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert f"frame-ancestors {ancestors};" in policy
    assert "form-action 'self' http://127.0.0.1:8001;" in policy
    assert headers["x-content-type-options"] == "nosniff"


async def test_the_lms_answers_at_its_own_address_only(lms: Browser) -> None:
    elsewhere = {"Host": "127.0.0.1:8000"}
    answer = await lms.client.get("/gradebook?x=1", headers=elsewhere)
    assert answer.headers["location"] == "http://localhost:8000/gradebook?x=1"
    answer = await lms.client.post("/session", data={"user": "learner-1"}, headers=elsewhere)
    assert answer.status_code == 421
