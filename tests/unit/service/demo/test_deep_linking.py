"""A teacher adds activities through the tool; its answer is taken only if all of it is right."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest

from tests.unit.service.demo.conftest import KEYS, Browser, Clock, Form

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
LMS = "http://localhost:8000"
TOOL = "http://127.0.0.1:8001"
ITEM: dict[str, Any] = {
    "type": "ltiResourceLink",
    "title": "Week 3",
    "url": f"{TOOL}/lti/launch",
    "custom": {"eyeball_activity": "a-1"},
    "lineItem": {"scoreMaximum": 20, "label": "Week 3", "resourceId": "a1", "tag": "ef"},
}


@pytest.fixture
async def tess(lms: Browser) -> Browser:
    """A browser in which Tess, a teacher, is signed in."""
    await lms.signs_in("teacher-1")
    return lms


async def asks(browser: Browser) -> dict[str, Any]:
    """The claims with which the LMS sends a teacher to the tool."""
    started = Form((await browser.client.get("/activities/add/launch")).text)
    question = await browser.question()
    question |= {name: started.fields[name] for name in ("login_hint", "lti_message_hint")}
    form = Form((await browser.client.get("/lti/auth", params=question)).text)
    assert form.action == f"{TOOL}/lti/launch"
    return jwt.decode(form.fields["id_token"], options={"verify_signature": False})


def answer(browser: Browser, asked: dict[str, Any], **changed: Any) -> str:
    """The tool's answer as it should be, but for what is changed; None leaves a claim out."""
    now = int(time.time()) - 5
    claims = {
        "iss": "eyeball-demo",
        "aud": LMS,
        "iat": now,
        "exp": now + 60,
        "nonce": "n",
        LTI + "deployment_id": "1",
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        DL + "data": asked[DL + "deep_linking_settings"]["data"],
        DL + "content_items": [ITEM],
    } | {names(name): value for name, value in changed.items()}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, browser.tool.key, "RS256", {"kid": browser.tool.key_id})


def names(short: str) -> str:
    """A claim's whole name."""
    return {"data": DL, "content_items": DL}.get(
        short, LTI if short in {"deployment_id", "message_type", "version"} else ""
    ) + short


async def sends(browser: Browser, token: str) -> tuple[int, str]:
    """What the LMS says to an answer that a frame of another site brings."""
    browser.client.cookies.clear()
    said = await browser.client.post("/lti/deep-linking", data={"JWT": token})
    await browser.signs_in("teacher-1")
    return said.status_code, said.text


async def test_a_teacher_is_sent_to_the_tool_to_choose(tess: Browser) -> None:
    assert "Add activity" in (await tess.client.get("/")).text
    page = await tess.client.get("/activities/add")
    assert 'src="/activities/add/launch?client=eyeball-demo"' in page.text
    asked = await asks(tess)
    assert asked[LTI + "message_type"] == "LtiDeepLinkingRequest"
    assert LTI + "resource_link" not in asked
    assert "lineitem" not in asked[AGS]
    settings = asked[DL + "deep_linking_settings"]
    assert settings["deep_link_return_url"] == f"{LMS}/lti/deep-linking"
    assert settings["accept_types"] == ["ltiResourceLink"]


async def test_a_learner_can_add_nothing(ada: Browser) -> None:
    assert "Add activity" not in (await ada.client.get("/")).text
    assert (await ada.client.get("/activities/add")).status_code == 403
    assert (await ada.client.get("/activities/add/launch")).status_code == 403


async def test_dates_with_a_zone_are_taken(tess: Browser) -> None:
    dated = {**ITEM, "submission": {"endDateTime": "2026-12-01T08:00:00Z"}}
    status, page = await sends(tess, answer(tess, await asks(tess), content_items=[dated]))
    assert (status, "Added to the course" in page) == (200, True)


async def test_what_was_picked_is_in_the_course_with_its_column(tess: Browser) -> None:
    status, page = await sends(tess, answer(tess, await asks(tess)))
    assert (status, "Added to the course" in page, "Week 3" in page) == (200, True, True)
    assert '<a href="/activities/link-1">Week 3</a>' in (await tess.client.get("/")).text
    started = await tess.starts("link-1")
    assert started.fields["target_link_uri"] == ITEM["url"]
    form = Form((await tess.client.get("/lti/auth", params=await tess.question("link-1"))).text)
    said = jwt.decode(form.fields["id_token"], options={"verify_signature": False})
    assert said[LTI + "custom"] == ITEM["custom"]
    assert said[LTI + "resource_link"] == {"id": "link-1", "title": "Week 3", "description": ""}
    assert "/lineitems/3/lineitem" in said[AGS]["lineitem"]
    assert (await tess.scores(line_item=3, scoreGiven=1, scoreMaximum=2)).status_code == 200
    assert "<strong>10</strong> / 20" in (await tess.client.get("/gradebook")).text


async def test_several_are_added_at_once_and_one_may_have_no_column(tess: Browser) -> None:
    plain = {"type": "ltiResourceLink", "title": "No grade"}
    items = [ITEM, plain, {**ITEM, "title": "Another"}]
    assert (await sends(tess, answer(tess, await asks(tess), content_items=items)))[0] == 200
    book = (await tess.client.get("/gradebook")).text
    assert ">Week 3<" in book
    assert ">Another<" in book
    assert "No grade<" not in book
    form = Form((await tess.client.get("/lti/auth", params=await tess.question("link-2"))).text)
    said = jwt.decode(form.fields["id_token"], options={"verify_signature": False})
    assert "lineitem" not in said[AGS]
    assert (await tess.scores(line_item=4)).status_code == 200
    assert (await tess.scores(line_item=5)).status_code == 404


async def test_an_empty_choice_adds_nothing(tess: Browser) -> None:
    status, page = await sends(tess, answer(tess, await asks(tess), content_items=[]))
    assert (status, "Nothing was added" in page) == (200, True)


async def test_what_was_added_outlives_the_lms(
    tess: Browser, open_lms: Callable[..., Browser]
) -> None:
    await sends(tess, answer(tess, await asks(tess)))
    assert "Week 3" in (await open_lms().client.get("/")).text


async def test_an_answer_counts_once(tess: Browser) -> None:
    token = answer(tess, await asks(tess))
    assert (await sends(tess, token))[0] == 200
    status, page = await sends(tess, token)
    assert (status, "it was used, or is too old" in page) == (400, True)
    assert (await tess.client.get("/")).text.count(">Week 3<") == 1


async def test_an_answer_to_a_question_of_long_ago_is_refused(tess: Browser, clock: Clock) -> None:
    asked = await asks(tess)
    clock.ahead = timedelta(hours=2)
    now = int(clock().timestamp())
    assert (await sends(tess, answer(tess, asked, iat=now - 5, exp=now + 60)))[0] == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "http://localhost:8001"},
        {"aud": [LMS]},
        {"aud": None},
        {"exp": 1},
        {"exp": 10**11},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 10**10},
        {"iat": None},
        {"nonce": None},
        {"deployment_id": "2"},
        {"deployment_id": None},
        {"message_type": "LtiDeepLinkingRequest"},
        {"version": "1.1"},
        {"data": "made up"},
        {"data": None},
        {"data": ["x"]},
        {"content_items": None},
        {"content_items": {}},
        {"content_items": [ITEM] * 51},
        {"content_items": [{**ITEM, "type": "link"}]},
        {"content_items": [{**ITEM, "title": ""}]},
        {"content_items": [{**ITEM, "title": "x" * 256}]},
        {"content_items": [{**ITEM, "title": None}]},
        {"content_items": [{**ITEM, "url": "https://evil.test/lti/launch"}]},
        {"content_items": [{**ITEM, "url": f"{TOOL}.evil.test/"}]},
        {"content_items": [{**ITEM, "url": "javascript:alert(1)"}]},
        {"content_items": [{**ITEM, "custom": {"a": 1}}]},
        {"content_items": [{**ITEM, "custom": {"a": {"b": "c"}}}]},
        {"content_items": [{**ITEM, "lineItem": {"label": "no maximum"}}]},
        {"content_items": [{**ITEM, "lineItem": {"scoreMaximum": 0}}]},
        {"content_items": [{**ITEM, "lineItem": {"scoreMaximum": -1}}]},
        {"content_items": [{**ITEM, "lineItem": {"scoreMaximum": "20"}}]},
        {"content_items": [ITEM, {**ITEM, "lineItem": {"scoreMaximum": 1e9}}]},
        {"content_items": [{**ITEM, "submission": {"endDateTime": "2026-12-01T08:00:00"}}]},
        {"content_items": [{**ITEM, "available": {"startDateTime": "tomorrow"}}]},
    ],
)
async def test_a_wrong_answer_adds_nothing(tess: Browser, changed: dict[str, Any]) -> None:
    status, page = await sends(tess, answer(tess, await asks(tess), **changed))
    assert (status, "Nothing was added" in page) == (400, True)
    assert "/activities/link-" not in (await tess.client.get("/")).text


async def test_an_answer_that_the_tool_did_not_sign_adds_nothing(tess: Browser) -> None:
    asked = await asks(tess)
    right = answer(tess, asked)
    forged = jwt.encode(
        jwt.decode(right, options={"verify_signature": False}),
        KEYS[1],
        "RS256",
        {"kid": tess.tool.key_id},
    )
    unsigned = jwt.encode({"iss": "eyeball-demo"}, None, "none")
    without_kid = jwt.encode({"iss": "eyeball-demo"}, KEYS[0], "RS256")
    for token in (forged, unsigned, without_kid, right[:-4], "x", "", "a.b.c", "x" * 300_000):
        assert (await sends(tess, token))[0] == 400
    twice = await tess.client.post("/lti/deep-linking", data={"JWT": [right, right]})
    assert twice.status_code == 400
    assert (await tess.client.post("/lti/deep-linking", data={})).status_code == 400
    assert (await sends(tess, right))[0] == 200, "none of these used up the question"
