"""Line items and results are read with the right scope and exactly the right media type."""

import pytest

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
