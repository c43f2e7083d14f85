"""A score is taken by the letter of AGS and in the way of Moodle, or refused with a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from service.demo.platform import LINE_ITEM_READONLY, RESULT_READONLY
from tests.unit.service.demo.conftest import SCORE_TYPE, Browser, Clock

SCORES = "/lti/courses/echo-101/lineitems/1/lineitem/scores"
LATER = "2026-11-23T08:00:01Z"


async def only_grade(lms: Browser) -> dict[str, Any]:
    [grade] = (await lms.gradebook())["grades"]
    return grade


async def newest_post(lms: Browser) -> dict[str, Any]:
    return (await lms.gradebook())["posts"][0]


async def test_a_final_score_is_a_grade(lms: Browser) -> None:
    answer = await lms.scores()
    assert (answer.status_code, answer.content) == (200, b"")
    assert await only_grade(lms) == {
        "user": "learner-1",
        "activity": "own-clip",
        "score_given": 80.0,
        "score_maximum": 100.0,
        "result_score": 80.0,
        "comment": "Within 5 points.",
        "timestamp": "2026-11-23T08:00:00.500000+00:00",
    }


async def test_points_are_rescaled_and_capped(lms: Browser) -> None:
    await lms.scores(scoreGiven=1, scoreMaximum=3)
    assert (await only_grade(lms))["result_score"] == pytest.approx(33.3333, abs=1e-3)
    await lms.scores(scoreGiven=5, scoreMaximum=3, timestamp=LATER)
    assert (await only_grade(lms))["result_score"] == 100


async def test_zero_is_a_grade(lms: Browser) -> None:
    await lms.scores(scoreGiven=0)
    assert (await only_grade(lms))["result_score"] == 0


async def test_a_score_without_a_comment_erases_the_comment(lms: Browser) -> None:
    await lms.scores()
    await lms.scores(comment=None, timestamp=LATER)
    assert (await only_grade(lms))["comment"] is None


@pytest.mark.parametrize(
    "changed",
    [
        {"gradingProgress": "Pending"},
        {"gradingProgress": "NotReady", "scoreGiven": None},
        {"scoreGiven": None},
    ],
    ids=str,
)
async def test_a_score_that_is_not_final_erases_the_grade(
    lms: Browser, changed: dict[str, Any]
) -> None:
    await lms.scores()
    assert (await lms.scores(timestamp=LATER, **changed)).status_code == 200
    assert (await lms.gradebook())["grades"] == []
    assert "erased" in (await newest_post(lms))["reason"]


async def test_after_an_erasing_score_any_time_is_taken_again(lms: Browser) -> None:
    await lms.scores()
    await lms.scores(timestamp=LATER, gradingProgress="Pending")
    assert (await lms.scores()).status_code == 200


@pytest.mark.parametrize(
    "timestamp", ["2026-11-23T07:59:59Z", "2026-11-23T08:00:00.999999+00:00"], ids=str
)
async def test_a_score_of_the_same_second_or_earlier_is_refused(
    lms: Browser, timestamp: str
) -> None:
    await lms.scores()
    answer = await lms.scores(timestamp=timestamp, scoreGiven=10)
    assert answer.status_code == 409
    assert (await only_grade(lms))["score_given"] == 80
    assert (await newest_post(lms))["status"] == 409


async def test_each_learner_and_activity_has_a_clock_of_its_own(lms: Browser) -> None:
    for place in ({}, {"userId": "learner-2"}, {"line_item": 2}):
        assert (await lms.scores(**place)).status_code == 200
    assert len((await lms.gradebook())["grades"]) == 3


@pytest.mark.parametrize(
    "changed",
    [
        *({name: None} for name in ("userId", "timestamp", "activityProgress", "gradingProgress")),
        {"userId": "nobody"},
        {"userId": "teacher-1"},
        {"userId": 7},
        {"activityProgress": "Done"},
        {"gradingProgress": "fullygraded"},
        {"timestamp": "2026-11-23T08:00:00"},
        {"timestamp": "2026-11-23"},
        {"timestamp": "1795421406"},
        {"timestamp": "2026-13-45T08:00:00Z"},
        {"scoreMaximum": None},
        {"scoreMaximum": 0},
        {"scoreMaximum": -1},
        {"scoreGiven": -1},
        {"scoreGiven": "80"},
        {"scoreGiven": True},
        {"scoreGiven": 1e9},
        {"comment": 7},
    ],
    ids=str,
)
async def test_a_wrong_score_is_refused_and_logged(lms: Browser, changed: dict[str, Any]) -> None:
    answer = await lms.scores(**changed)
    assert answer.status_code == 400
    book = await lms.gradebook()
    assert book["grades"] == []
    assert [post["status"] for post in book["posts"]] == [400]


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"\xff", b'{"scoreGiven": NaN}', b'{"comment": "\\ud800"}', b"[" * 100_000],
    ids=lambda content: str(content[:20]),
)
async def test_a_body_that_is_no_json_object_is_refused(lms: Browser, content: bytes) -> None:
    assert (await lms.scores(content=content)).status_code == 400
    assert (await lms.client.get("/gradebook")).status_code == 200


async def test_a_body_over_one_megabyte_is_refused_and_logged(lms: Browser) -> None:
    assert (await lms.scores(comment="x" * 1_000_000)).status_code == 413
    assert (await newest_post(lms))["status"] == 413


@pytest.mark.parametrize("media_type", [None, "application/json", SCORE_TYPE + "x"])
async def test_another_media_type_is_refused(lms: Browser, media_type: str | None) -> None:
    assert (await lms.scores(media_type=media_type)).status_code == 415


async def test_a_charset_beside_the_media_type_is_fine(lms: Browser) -> None:
    assert (await lms.scores(media_type=SCORE_TYPE + "; charset=utf-8")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer made-up"}, {"Authorization": "Bearer"}, {"Authorization": ""}],
    ids=str,
)
async def test_a_score_without_a_token_is_refused_and_logged(
    lms: Browser, headers: dict[str, str]
) -> None:
    answer = await lms.client.post(SCORES + "?type_id=1", headers=headers, content=b"{}")
    assert answer.status_code == 401
    assert (await newest_post(lms))["status"] == 401


async def test_the_scheme_is_spelled_bearer_with_a_capital(lms: Browser) -> None:
    headers = {"Authorization": f"bearer {await lms.token()}"}
    answer = await lms.client.post(SCORES + "?type_id=1", headers=headers, content=b"{}")
    assert answer.status_code == 401


async def test_a_token_expires(lms: Browser, clock: Clock) -> None:
    token = await lms.token()
    clock.ahead = timedelta(minutes=61)
    assert (await lms.scores(token=token)).status_code == 401


async def test_a_token_for_something_else_is_refused(lms: Browser) -> None:
    token = await lms.token(f"{RESULT_READONLY} {LINE_ITEM_READONLY}")
    assert (await lms.scores(token=token)).status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (SCORES, 400),
        (SCORES + "?type_id=2", 400),
        (SCORES.removesuffix("/scores") + "?type_id=1/scores", 400),
        (SCORES.replace("/1/", "/9/") + "?type_id=1", 404),
        (SCORES.replace("echo-101", "echo-102") + "?type_id=1", 404),
    ],
)
async def test_another_address_is_refused(lms: Browser, address: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {await lms.token()}", "Content-Type": SCORE_TYPE}
    answer = await lms.client.post(address, headers=headers, content=b"{}")
    assert answer.status_code == status


async def test_grades_and_log_outlive_the_process(
    lms: Browser, open_lms: Callable[..., Browser]
) -> None:
    await lms.scores()
    again = await open_lms().gradebook()
    assert (len(again["grades"]), len(again["posts"])) == (1, 1)


async def test_the_log_is_newest_first(lms: Browser) -> None:
    await lms.scores()
    await lms.scores()
    assert [post["status"] for post in (await lms.gradebook())["posts"]] == [409, 200]
    assert (await newest_post(lms))["score_given"] == 80
