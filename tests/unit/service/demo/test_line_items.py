"""Line items and results are read with the right scope and exactly the right media type."""

from collections.abc import Callable
from typing import Any

import pytest

from service.demo.platform import LINE_ITEM as LINE_ITEM_SCOPE
from service.demo.platform import LINE_ITEM_READONLY, RESULT_READONLY, SCORE
from tests.unit.service.demo.conftest import Browser

COURSE = "/lti/courses/echo-101/lineitems"
LINE_ITEM = (COURSE + "/1/lineitem?type_id=1", "application/vnd.ims.lis.v2.lineitem+json")
LINE_ITEMS = (COURSE + "?type_id=1", "application/vnd.ims.lis.v2.lineitemcontainer+json")
RESULTS = (
    COURSE + "/1/lineitem/results?type_id=1",
    "application/vnd.ims.lis.v2.resultcontainer+json",
)


async def headers(lms: Browser, accept: str, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {await lms.token(' '.join(scopes))}", "Accept": accept}


async def test_a_line_item_says_its_maximum(lms: Browser) -> None:
    url, accept = LINE_ITEM
    answer = await lms.client.get(url, headers=await headers(lms, accept, LINE_ITEM_READONLY))
    assert answer.headers["content-type"] == accept
    assert answer.json()["id"] == "http://localhost:8000" + url
    assert (answer.json()["label"], answer.json()["scoreMaximum"]) == ("Your own clip", 100)


async def test_the_line_items_can_be_asked_for_by_resource_link(lms: Browser) -> None:
    url, accept = LINE_ITEMS
    allowed = await headers(lms, accept, LINE_ITEM_READONLY)
    assert len((await lms.client.get(url, headers=allowed)).json()) == 2
    [found] = (await lms.client.get(url + "&resource_link_id=practice", headers=allowed)).json()
    assert found["resourceLinkId"] == "practice"


async def test_results_show_what_stands(lms: Browser) -> None:
    url, accept = RESULTS
    await lms.scores(scoreGiven=0)
    await lms.scores(userId="learner-2")
    allowed = await headers(lms, accept, RESULT_READONLY)
    assert len((await lms.client.get(url, headers=allowed)).json()) == 2
    answer = await lms.client.get(url + "&user_id=learner-1", headers=allowed)
    assert answer.headers["content-type"] == accept
    assert answer.json() == [
        {
            "id": "http://localhost:8000" + url + "&user_id=learner-1",
            "scoreOf": "http://localhost:8000" + LINE_ITEM[0],
            "userId": "learner-1",
            "resultScore": 0.0,
            "resultMaximum": 100,
            "timestamp": "2026-11-23T08:00:00.500000+00:00",
            "comment": "Within 5 points.",
        }
    ]


async def test_an_erased_grade_is_no_result(lms: Browser) -> None:
    url, accept = RESULTS
    await lms.scores()
    await lms.scores(timestamp="2026-11-23T08:00:01Z", gradingProgress="NotReady")
    allowed = await headers(lms, accept, RESULT_READONLY)
    assert (await lms.client.get(url, headers=allowed)).json() == []


@pytest.mark.parametrize(("url", "accept"), [LINE_ITEM, LINE_ITEMS, RESULTS])
async def test_without_the_scope_or_the_media_type_nothing_is_read(
    lms: Browser, url: str, accept: str
) -> None:
    other = await headers(lms, accept, SCORE)
    assert (await lms.client.get(url, headers=other)).status_code == 403
    assert (await lms.client.get(url, headers={"Accept": accept})).status_code == 401
    for wrong in ("application/json", "*/*", f"{accept}, application/json"):
        allowed = await headers(lms, wrong, RESULT_READONLY, LINE_ITEM_READONLY)
        assert (await lms.client.get(url, headers=allowed)).status_code == 406


@pytest.mark.parametrize(("url", "accept"), [LINE_ITEM, LINE_ITEMS, RESULTS])
async def test_the_query_has_to_come_back_as_it_was(lms: Browser, url: str, accept: str) -> None:
    allowed = await headers(lms, accept, RESULT_READONLY, LINE_ITEM_READONLY)
    answer = await lms.client.get(url.partition("?")[0], headers=allowed)
    assert answer.status_code == 400
    answer = await lms.client.get(url.replace("=1", "=1/results"), headers=allowed)
    assert answer.status_code == 400


CANVAS_ITEM = "/api/lti/courses/echo-101/line_items/1"
CANVAS_ITEMS = "/api/lti/courses/echo-101/line_items"
MADE = "https://canvas.instructure.com/lti/submission_type"
WANTED = {"label": "Echo 1", "scoreMaximum": 50, "resourceLinkId": "own-clip", "tag": "ours"}


async def to_change(lms: Browser, **more: str) -> dict[str, str]:
    accept = LINE_ITEM[1]
    return {**await headers(lms, accept, LINE_ITEM_SCOPE), "Content-Type": accept, **more}


async def test_moodle_replaces_a_column_and_rescales_its_grades(
    open_lms: Callable[..., Browser],
) -> None:
    lms, (url, _) = open_lms(flavour="moodle"), LINE_ITEM
    await lms.scores()
    answer = await lms.client.put(url, json=WANTED, headers=await to_change(lms))
    assert answer.status_code == 200
    assert answer.json() == {**WANTED, "id": f"http://localhost:8000{url}", "resourceId": ""}
    [grade] = (await lms.gradebook())["grades"]
    assert grade["result_score"] == 40.0
    less = {"label": "Echo 1", "scoreMaximum": 50}
    answer = await lms.client.put(url, json=less, headers=await to_change(lms))
    assert answer.json()["tag"] == ""
    assert "resourceLinkId" not in answer.json(), "what is left out is gone"


async def test_canvas_updates_a_column_and_rescales_nothing(
    open_lms: Callable[..., Browser],
) -> None:
    lms = open_lms(flavour="canvas")
    body = {"userId": "learner-1", "timestamp": "2026-11-23T08:00:00Z", "scoreGiven": 80}
    body |= {"activityProgress": "Completed", "gradingProgress": "FullyGraded"}
    sent = await to_change(lms, Authorization=f"Bearer {await lms.token(SCORE)}")
    sent["Content-Type"] = "application/vnd.ims.lis.v1.score+json"
    await lms.client.post(f"{CANVAS_ITEM}/scores", json=body | {"scoreMaximum": 100}, headers=sent)
    allowed = await to_change(lms)
    await lms.client.put(CANVAS_ITEM, json=WANTED, headers=allowed)
    dates = {"label": "Echo 2", "scoreMaximum": 50, "endDateTime": "2026-12-01T08:00:00Z"}
    answer = await lms.client.put(CANVAS_ITEM, json=dates, headers=allowed)
    assert (answer.json()["tag"], answer.json()["label"]) == ("ours", "Echo 2")
    assert answer.json()["endDateTime"] == "2026-12-01T08:00:00Z"
    [grade] = (await lms.gradebook())["grades"]
    assert grade["result_score"] == 80.0, "80 of 100 is 80 of 50 now"
    broken = WANTED | {MADE: {"type": "external_tool"}}
    assert (await lms.client.put(CANVAS_ITEM, json=broken, headers=allowed)).status_code == 500


async def test_canvas_ties_no_column_to_a_link_without_one(
    open_lms: Callable[..., Browser],
) -> None:
    lms = open_lms(flavour="canvas")
    allowed = await to_change(lms)
    assert (await lms.client.delete(CANVAS_ITEM, headers=allowed)).status_code == 401
    made = await lms.client.post(
        CANVAS_ITEMS,
        json={"label": "Echo", "scoreMaximum": 7, MADE: {"external_tool_url": "https://tool.test"}},
        headers=allowed,
    )
    assert made.status_code == 201
    assert made.json()[MADE]
    assert (await lms.client.delete(made.json()["id"], headers=allowed)).status_code == 204
    wanted = WANTED | {"resourceLinkId": made.json()["resourceLinkId"]}
    refused = await lms.client.post(CANVAS_ITEMS, json=wanted, headers=allowed)
    assert refused.status_code == 412


async def test_moodle_takes_any_column_away(open_lms: Callable[..., Browser]) -> None:
    lms, (url, _) = open_lms(flavour="moodle"), LINE_ITEM
    await lms.scores()
    assert (await lms.client.delete(url, headers=await to_change(lms))).status_code == 204
    assert (await lms.gradebook())["grades"] == []
    assert (await lms.client.delete(url, headers=await to_change(lms))).status_code == 404


async def test_without_the_whole_scope_no_column_is_changed(lms: Browser) -> None:
    url, accept = LINE_ITEM
    read_only = {**await headers(lms, accept, LINE_ITEM_READONLY), "Content-Type": accept}
    for method in ("PUT", "DELETE"):
        answer = await lms.client.request(method, url, json=WANTED, headers=read_only)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": ""},
        {"label": None},
        {"label": "x" * 256},
        {"scoreMaximum": 0},
        {"scoreMaximum": "50"},
        {"scoreMaximum": True},
        {"tag": 7},
        {"resourceId": ["a"]},
    ],
)
async def test_what_is_no_column_is_refused(
    open_lms: Callable[..., Browser], wrong: dict[str, Any]
) -> None:
    lms, (url, _) = open_lms(flavour="moodle"), LINE_ITEM
    allowed = await to_change(lms)
    answer = await lms.client.put(url, json=WANTED | wrong, headers=allowed)
    assert answer.status_code == 400
    plain = {**allowed, "Content-Type": "application/json"}
    assert (await lms.client.put(url, json=WANTED, headers=plain)).status_code == 400
