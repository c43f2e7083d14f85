"""A launch answers one right question of the registered tool, once."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from service.demo.platform import SCOPES, TERMS
from tests.unit.service.demo.conftest import Browser, Clock, Form

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
LAUNCH = "http://127.0.0.1:8001/lti/launch"


async def claims(browser: Browser, form: Form) -> dict[str, Any]:
    """The claims of a signed answer, checked with the published key."""
    keys = jwt.PyJWKSet.from_dict((await browser.client.get("/lti/jwks")).json())
    token = form.fields["id_token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token, key, algorithms=["RS256"], audience="eyeball-demo", options={"strict_aud": True}
    )


async def test_an_activity_starts_at_the_tools_login(ada: Browser) -> None:
    form = await ada.starts("practice")
    assert form.action == "http://127.0.0.1:8001/lti/login"
    assert form.fields.pop("lti_message_hint")
    assert form.fields == {
        "iss": "http://localhost:8000",
        "target_link_uri": LAUNCH,
        "login_hint": "learner-1",
        "client_id": "eyeball-demo",
        "lti_deployment_id": "1",
        "lti_storage_target": "_parent",
    }


async def test_a_new_window_has_no_platform_storage(ada: Browser) -> None:
    assert "lti_storage_target" not in (await ada.starts(target="window")).fields


async def test_a_right_question_gets_a_signed_answer(ada: Browser) -> None:
    answer = await ada.client.get("/lti/auth", params=await ada.question())
    form = Form(answer.text)
    assert (form.action, form.fields["state"]) == (LAUNCH, "state-1")
    said = await claims(ada, form)
    assert said["exp"] - said["iat"] == 60
    assert (said["nonce"], said["sub"], said["name"]) == ("nonce-1", "learner-1", "Ada Okafor")
    assert (said[LTI + "version"], said[LTI + "deployment_id"]) == ("1.3.0", "1")
    assert said[LTI + "message_type"] == "LtiResourceLinkRequest"
    assert said[LTI + "target_link_uri"] == LAUNCH
    assert said[LTI + "roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]
    assert said[LTI + "context"]["title"] == "Echo 101"
    assert said[LTI + "resource_link"]["id"] == "own-clip"
    assert said[LTI + "custom"] == {"activity": "own_clip", **TERMS, "due_at": None}
    assert said[LTI + "tool_platform"]["product_family_code"] == "eyeball-demo"
    assert said[LTI + "launch_presentation"]["document_target"] == "iframe"
    assert said[AGS] == {
        "scope": list(SCOPES),
        "lineitems": "http://localhost:8000/lti/courses/echo-101/lineitems?type_id=1",
        "lineitem": "http://localhost:8000/lti/courses/echo-101/lineitems/1/lineitem?type_id=1",
    }


async def test_the_question_may_come_as_a_form_and_from_a_teacher(lms: Browser) -> None:
    await lms.signs_in("teacher-1")
    asked = await lms.question("practice", target="window")
    said = await claims(lms, Form((await lms.client.post("/lti/auth", data=asked)).text))
    assert said[LTI + "roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]
    assert said[LTI + "launch_presentation"]["document_target"] == "window"
    assert said[LTI + "custom"]["activity"] == "practice"
    assert said[LTI + "custom"]["due_at"].endswith("T23:59:59Z")
    assert said[LTI + "custom"]["attempts_used"] == TERMS["attempts_used"], "only Canvas knows it"


async def test_the_answer_comes_without_the_cookie_too(ada: Browser) -> None:
    asked = await ada.question()
    ada.client.cookies.clear()  # as in a frame whose navigation another site began
    assert Form((await ada.client.get("/lti/auth", params=asked)).text).fields["id_token"]


async def test_state_and_nonce_come_back_unharmed_and_harmless(ada: Browser) -> None:
    asked = await ada.question() | {"state": '"><script>alert(1)</script>'}
    page = (await ada.client.get("/lti/auth", params=asked)).text
    assert "<script>alert" not in page
    assert Form(page).fields["state"] == asked["state"]


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"client_id": None},
        {"redirect_uri": LAUNCH + "/"},
        {"redirect_uri": LAUNCH + "?next=1"},
        {"redirect_uri": "http://127.0.0.1:8001/LTI/launch"},
        {"redirect_uri": "https://evil.example/lti/launch"},
        {"redirect_uri": None},
        {"redirect_uri": [LAUNCH, LAUNCH]},
        {"lti_message_hint": "made-up"},
        {"lti_message_hint": None},
    ],
    ids=str,
)
async def test_these_stop_at_the_lms(ada: Browser, changed: dict[str, Any]) -> None:
    asked = await ada.question() | changed
    sent = {name: value for name, value in asked.items() if value is not None}
    answer = await ada.client.get("/lti/auth", params=sent)
    assert answer.status_code == 400
    assert "Invalid request" in answer.text
    assert "<form" not in answer.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "code"}, "unsupported_response_type"),
        ({"response_mode": "query"}, "invalid_request"),
        ({"response_mode": None}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"nonce": ""}, "invalid_request"),
        ({"login_hint": None}, "invalid_request"),
        ({"login_hint": "learner-2"}, "access_denied"),
    ],
    ids=str,
)
async def test_these_go_back_to_the_tool_as_errors(
    ada: Browser, changed: dict[str, Any], error: str
) -> None:
    asked = await ada.question() | changed
    sent = {name: value for name, value in asked.items() if value is not None}
    form = Form((await ada.client.get("/lti/auth", params=sent)).text)
    assert (form.action, form.fields["error"]) == (LAUNCH, error)
    assert form.fields.get("state") == sent.get("state")
    assert "id_token" not in form.fields


async def test_a_hint_works_once(ada: Browser) -> None:
    asked = await ada.question()
    assert (await ada.client.get("/lti/auth", params=asked)).status_code == 200
    assert (await ada.client.get("/lti/auth", params=asked)).status_code == 400


async def test_a_hint_grows_old(ada: Browser, clock: Clock) -> None:
    asked = await ada.question()
    clock.ahead = timedelta(minutes=6)
    assert (await ada.client.get("/lti/auth", params=asked)).status_code == 400


async def test_a_launch_ends_when_another_user_signs_in(ada: Browser) -> None:
    asked = await ada.question()
    await ada.signs_in("teacher-1")
    form = Form((await ada.client.get("/lti/auth", params=asked)).text)
    assert form.fields["error"] == "access_denied"
