"""What each platform is asked for, in its own dialect."""

from dataclasses import replace
from typing import Any

from lti.dynamic_registration import registration_request
from lti.notices import NOTICE_SCOPE
from tests.unit.lti.platform import CANVAS_LTI, NAMES, SCORE, TOOL, TOOL_DESCRIPTION, plain


def test_moodle_is_asked_in_its_dialect() -> None:
    request = registration_request(
        plain("moodle", scopes=frozenset({SCORE, NAMES})), tool=TOOL_DESCRIPTION
    )
    assert request == {
        "application_type": "web",
        "grant_types": ["client_credentials", "implicit"],
        "response_types": ["id_token"],
        "client_name": "Eyeball",
        "initiate_login_uri": "https://www.tool.test:8443/lti/login",
        "redirect_uris": ["https://www.tool.test:8443/lti/launch"],
        "jwks_uri": "https://www.tool.test:8443/lti/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": f"{SCORE} {NAMES}",
        TOOL: {
            # Host and port of target_link_uri, without `www.`: Moodle compares them.
            "domain": "tool.test:8443",
            "target_link_uri": "https://www.tool.test:8443/lti/launch",
            "description": "Blinded ejection-fraction practice.",
            "custom_parameters": {
                "context_id_history": "$Context.id.history",
                "resource_link_id_history": "$ResourceLink.id.history",
                "due_at": "$ResourceLink.submission.endDateTime",
                "attempts_allowed": "$Canvas.assignment.allowedAttempts",
                "attempts_used": "$Canvas.assignment.submission.studentAttempts",
            },
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [
                {
                    "type": kind,
                    "target_link_uri": "https://www.tool.test:8443/lti/launch",
                    "label": "Eyeball",
                }
                for kind in ("LtiResourceLinkRequest", "LtiDeepLinkingRequest")
            ],
        },
    }


def test_notices_are_asked_for_where_they_are_offered_and_nowhere_else() -> None:
    for offered in ({SCORE, NOTICE_SCOPE}, {SCORE}, set[str]()):
        request = registration_request(
            plain("canvas", scopes=frozenset(offered)), tool=TOOL_DESCRIPTION
        )
        assert (NOTICE_SCOPE in str(request["scope"]).split()) == (NOTICE_SCOPE in offered)


def asked_of_canvas(**changes: Any) -> dict[str, Any]:
    placements = {
        "LtiResourceLinkRequest": frozenset({"course_navigation"}),
        "LtiDeepLinkingRequest": frozenset({"assignment_selection", "editor_button"}),
    }
    request = registration_request(
        plain("canvas", placements=placements), tool=replace(TOOL_DESCRIPTION, **changes)
    )
    tool: Any = request[TOOL]
    return tool


def test_canvas_is_asked_in_its_dialect() -> None:
    tool = asked_of_canvas(logo_url="https://tool.test/logo.png")
    assert tool[CANVAS_LTI + "privacy_level"] == "name_only"
    link, pick = tool["messages"]
    assert "placements" not in link
    assert pick["placements"] == ["assignment_selection"]
    assert pick["icon_uri"] == "https://tool.test/logo.png"
    assert all(isinstance(value, str) for value in tool["custom_parameters"].values())


def test_no_name_is_asked_for_where_none_is_wanted() -> None:
    tool = asked_of_canvas(with_names=False)
    assert tool[CANVAS_LTI + "privacy_level"] == "anonymous"
    assert tool["claims"] == ["iss", "sub"]
    assert "icon_uri" not in tool["messages"][1]


def test_canvas_without_a_list_of_places_gets_ours() -> None:
    tool: Any = registration_request(plain("canvas"), tool=TOOL_DESCRIPTION)[TOOL]
    assert tool["messages"][1]["placements"] == ["assignment_selection", "link_selection"]


def test_a_teacher_may_pick_on_a_page_of_its_own() -> None:
    tool = asked_of_canvas(deep_linking_url="https://www.tool.test:8443/lti/pick")
    link, pick = tool["messages"]
    assert link["target_link_uri"].endswith("/lti/launch")
    assert pick["target_link_uri"].endswith("/lti/pick")


def test_a_platform_that_reviews_work_is_told_that_we_do() -> None:
    known = dict.fromkeys(
        ["LtiSubmissionReviewRequest", "LtiResourceLinkRequest"], frozenset[str]()
    )
    tool: Any = registration_request(plain("x", placements=known), tool=TOOL_DESCRIPTION)[TOOL]
    assert [message["type"] for message in tool["messages"]] == [
        "LtiResourceLinkRequest",
        "LtiSubmissionReviewRequest",
    ]


def test_what_an_administrator_wants_to_know_is_sent_along() -> None:
    request = registration_request(
        plain("moodle"),
        tool=replace(
            TOOL_DESCRIPTION,
            home_url="https://tool.test/",
            logo_url="https://tool.test/logo.png",
            privacy_url="https://tool.test/privacy",
            terms_url="https://tool.test/terms",
            contacts=("help@tool.test",),
        ),
    )
    assert request["client_uri"] == "https://tool.test/"
    assert request["logo_uri"] == "https://tool.test/logo.png"
    assert request["policy_uri"] == "https://tool.test/privacy"
    assert request["tos_uri"] == "https://tool.test/terms"
    assert request["contacts"] == ["help@tool.test"]
