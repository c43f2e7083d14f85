"""Launches that must work: the controls beside which every refusal is measured."""

from datetime import timedelta

import pytest

from lti.claims import GradesEndpoint, Role
from lti.launch import platform_error
from tests.unit.lti.lms import (
    AGS,
    LTI,
    MEMBERSHIP,
    NOW,
    Lms,
    at,
    public_jwk,
    refused,
    rsa_key,
    state,
)


async def test_a_learner_arrives_with_all_that_the_platform_says(lms: Lms) -> None:
    launch = await lms.launches(
        name="Stu Dent",
        given_name="Stu",
        context={"id": "3", "label": "lti-1", "title": "Echo 101", "type": ["CourseSection"]},
        launch_presentation={
            "locale": "de",
            "document_target": "iframe",
            "return_url": "https://lms.test/back?course=3",
        },
        tool_platform={"product_family_code": "moodle", "version": "2024100706"},
        custom={"form": "7", "due": None, "seats": 12, "tags": ["a"]},
        endpoint={
            "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
            "lineitems": "https://lms.test/3/lineitems?type_id=1",
            "lineitem": "https://lms.test/3/lineitems/2/lineitem?type_id=1",
        },
    )
    assert (launch.subject, launch.role, launch.name, launch.given_name) == (
        "8",
        Role.LEARNER,
        "Stu Dent",
        "Stu",
    )
    assert (launch.resource_link_id, launch.resource_link_title) == ("1", "Picked 1")
    assert (launch.context_id, launch.context_title, launch.context_label) == (
        "3",
        "Echo 101",
        "lti-1",
    )
    assert (launch.locale, launch.document_target) == ("de", "iframe")
    assert launch.return_url == "https://lms.test/back?course=3"
    assert launch.platform_family == "moodle"
    assert launch.custom == {"form": "7", "seats": "12"}
    assert launch.grades == GradesEndpoint(
        scopes=frozenset({"https://purl.imsglobal.org/spec/lti-ags/scope/score"}),
        lineitem="https://lms.test/3/lineitems/2/lineitem?type_id=1",
        lineitems="https://lms.test/3/lineitems?type_id=1",
    )
    assert launch.registration_id == "reg-1"
    assert not launch.is_test_student


async def test_a_launch_with_the_bare_minimum_works(lms: Lms) -> None:
    launch = await lms.launches()
    assert launch.name is None
    assert launch.context_id is None
    assert launch.grades is None
    assert launch.custom == {}


@pytest.mark.parametrize("nobody", [..., None, ""])
async def test_an_anonymous_guest_may_look(lms: Lms, nobody: object) -> None:
    assert (await lms.launches(sub=nobody)).subject is None


async def test_somebody_without_a_role_only_looks(lms: Lms) -> None:
    assert (await lms.launches(roles=[])).role is Role.OBSERVER


async def test_names_may_be_in_any_script(lms: Lms) -> None:
    assert (await lms.launches(name="Zoë 王小明 🫀")).name == "Zoë 王小明 🫀"


async def test_a_locale_may_stand_beside_the_presentation(lms: Lms) -> None:
    assert (await lms.launches(locale="fr")).locale == "fr"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["tool-1"]},
        {"aud": ["tool-1"], "azp": "tool-1"},
        {"aud": "tool-1", "azp": "tool-1"},
        {"aud": ["other", "tool-1"], "azp": "tool-1"},
    ],
)
async def test_a_token_may_name_us_in_several_ways(lms: Lms, claims: dict[str, object]) -> None:
    assert (await lms.launches(**claims)).subject == "8"


async def test_a_new_key_works_at_once(lms: Lms) -> None:
    await lms.launches()
    lms.key, lms.kid = rsa_key("rotated"), "kid-2"
    lms.published = [public_jwk(lms.key, lms.kid)]
    assert (await lms.launches()).subject == "8"


async def test_the_deployment_of_the_login_is_the_deployment_of_the_launch(lms: Lms) -> None:
    token = lms.signs(lms.claims())
    assert (await lms.sends(token, state=state(deployment_id="1"))).deployment_id == "1"


async def test_an_empty_line_item_is_none(lms: Lms) -> None:
    launch = await lms.launches(endpoint={"scope": [], "lineitem": "", "lineitems": ""})
    assert launch.grades == GradesEndpoint(frozenset(), None, None)


async def test_a_token_of_twenty_seconds_ahead_or_behind_works(lms: Lms) -> None:
    await lms.launches(iat=at(seconds=20), nbf=at(seconds=20), exp=at(seconds=80))
    await lms.launches(iat=at(seconds=-80), exp=at(seconds=-20))


async def test_a_login_expires_after_its_time(lms: Lms) -> None:
    late = state(expires_at=NOW - timedelta(seconds=1))
    with refused("login_expired"):
        await lms.sends(lms.signs(lms.claims()), state=late)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.test/", "https://a b/", "x", ""]
)
async def test_a_return_address_that_is_no_web_address_is_dropped(lms: Lms, url: str) -> None:
    launch = await lms.launches(launch_presentation={"return_url": url})
    assert launch.return_url is None


async def test_claims_that_nobody_reads_may_be_anything(lms: Lms) -> None:
    claims = lms.claims() | {LTI + "lis": None, "email": 7, "https://evil.test/x": [[{}]]}
    assert (await lms.sends(lms.signs(claims))).subject == "8"


async def test_a_scope_may_be_missing(lms: Lms) -> None:
    launch = await lms.sends(lms.signs(lms.claims() | {AGS: {"lineitems": "https://lms.test/x"}}))
    assert launch.grades == GradesEndpoint(frozenset(), None, "https://lms.test/x")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "access_denied"),
        ("login_required", "login_required"),
        ("<script>alert(1)</script>", "platform_error"),
        ("", "platform_error"),
    ],
)
def test_a_platform_that_refuses_the_login_is_quoted_by_code_only(error: str, code: str) -> None:
    refusal = platform_error({"error": error, "error_description": "call 555-1234 <b>now</b>"})
    assert refusal.code == code
    assert "555" not in refusal.message
    assert "<" not in refusal.message


async def test_a_teacher_is_a_teacher_by_course_role(lms: Lms) -> None:
    launch = await lms.launches(roles=[f"{MEMBERSHIP}#Instructor"])
    assert launch.role is Role.TEACHER
