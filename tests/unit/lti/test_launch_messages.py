"""Messages beside the plain launch: a teacher picks an activity, or reviews a learner's work."""

from itertools import product
from typing import Any

import pytest

from lti.claims import DeepLinkingSettings
from lti.shape import MessageType
from tests.unit.lti.lms import MEMBERSHIP, Lms, refused

# As Moodle 4.5.6 sends it.
SETTINGS: dict[str, Any] = {
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["frame", "iframe", "window"],
    "accept_copy_advice": False,
    "accept_multiple": True,
    "accept_unsigned": False,
    "auto_create": False,
    "can_confirm": False,
    "deep_link_return_url": "https://lms.test/mod/lti/contentitem_return.php?course=3&id=1",
    "title": "Tool name or form title",
    "text": "",
}
PICK: dict[str, Any] = {
    "message_type": "LtiDeepLinkingRequest",
    "resource_link": ...,
    "roles": [f"{MEMBERSHIP}#Instructor"],
}
REVIEW: dict[str, Any] = {
    "message_type": "LtiSubmissionReviewRequest",
    "roles": [f"{MEMBERSHIP}#Instructor"],
    "for_user": {"user_id": "8"},
    "endpoint": {"scope": [], "lineitem": "https://lms.test/3/lineitems/2/lineitem?type_id=1"},
}


async def picks(lms: Lms, **settings: Any) -> DeepLinkingSettings:
    """What a teacher may pick, with these settings changed; … drops one."""
    changed = {name: value for name, value in (SETTINGS | settings).items() if value is not ...}
    launch = await lms.launches(**PICK, deep_linking=changed)
    assert launch.deep_linking is not None
    return launch.deep_linking


async def test_a_teacher_arrives_to_pick_an_activity(lms: Lms) -> None:
    launch = await lms.launches(**PICK, deep_linking=SETTINGS)
    assert launch.message_type == MessageType.DEEP_LINKING
    assert launch.resource_link_id is None
    assert launch.deep_linking == DeepLinkingSettings(
        return_url="https://lms.test/mod/lti/contentitem_return.php?course=3&id=1",
        accept_types=("ltiResourceLink",),
        accept_targets=("frame", "iframe", "window"),
        accept_multiple=True,
        accept_lineitem=None,
        data=None,
        title="Tool name or form title",
        text="",
    )


async def test_what_the_settings_leave_out_is_taken_for_the_least(lms: Lms) -> None:
    settings = await picks(lms, accept_multiple=..., title=..., text=...)
    assert not settings.accept_multiple
    assert (settings.accept_lineitem, settings.data) == (None, None)
    assert (settings.title, settings.text) == (None, None)


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_platform_may_say_whether_it_takes_a_line_item(lms: Lms, accepts: bool) -> None:
    assert (await picks(lms, accept_lineitem=accepts)).accept_lineitem is accepts


async def test_the_platforms_own_data_is_kept_as_it_came(lms: Lms) -> None:
    assert (await picks(lms, data="csrf:<é>")).data == "csrf:<é>"


@pytest.mark.parametrize(
    "url", ["https://lms.test/back", "https://lms.test:8443/x?y=1#z", "http://localhost:8001/back"]
)
async def test_the_choice_goes_to_a_safe_address(lms: Lms, url: str) -> None:
    assert (await picks(lms, deep_link_return_url=url)).return_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.test/back",
        "http://10.0.0.1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//lms.test/back",
        "https://user@lms.test/back",
        "https://lms.test\\@evil.test/",
        "https://a b/",
        "https://lms.test/\n",
        "https://lms.test:99999/",
        "https:///back",
        "back",
        "",
    ],
)
async def test_d03_a_hostile_return_address_is_refused(lms: Lms, url: str) -> None:
    with refused("unsafe_return_url"):
        await picks(lms, deep_link_return_url=url)


async def test_d05_a_choice_without_settings_is_refused(lms: Lms) -> None:
    for missing in (..., None):
        with refused("invalid_message"):
            await lms.launches(**PICK, deep_linking=missing)


WRONG: list[tuple[str, object]] = [
    *product(["deep_link_return_url"], [..., None, 7, [], "https://lms.test/" + "x" * 5000]),
    *product(["accept_types", "accept_presentation_document_targets"], [..., None, "x", [7], {}]),
    *product(["accept_multiple", "accept_lineitem"], ["true", 1, [], {}]),
    *product(["accept_multiple"], [None]),
    *product(["data", "title", "text"], [7, [], {}, True]),
]


@pytest.mark.parametrize(("name", "wrong"), WRONG)
async def test_settings_of_another_type_are_refused(lms: Lms, name: str, wrong: object) -> None:
    with refused("malformed_token"):
        await picks(lms, **{name: wrong})


@pytest.mark.parametrize(
    "settings", [{"accept_types": ["link"]}, {"accept_presentation_document_targets": []}]
)
async def test_a_place_that_takes_no_activity_is_refused(
    lms: Lms, settings: dict[str, object]
) -> None:
    with refused("invalid_message"):
        await picks(lms, **settings)


async def test_a_teacher_reviews_a_learners_work(lms: Lms) -> None:
    launch = await lms.launches(**REVIEW)
    assert launch.message_type == MessageType.SUBMISSION_REVIEW
    assert launch.for_user == "8"
    assert launch.grades is not None
    assert launch.grades.lineitem == "https://lms.test/3/lineitems/2/lineitem?type_id=1"


@pytest.mark.parametrize(
    "changes", [{"for_user": ...}, {"for_user": None}, {"endpoint": ...}, {"endpoint": {}}]
)
async def test_a_review_without_learner_or_line_item_is_refused(
    lms: Lms, changes: dict[str, object]
) -> None:
    with refused("invalid_message"):
        await lms.launches(**(REVIEW | changes))


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        *product(["for_user"], [{}, {"user_id": 8}, {"user_id": ""}, "8", [], True]),
        *product(["members"], [[], "x", {"context_memberships_url": 7}]),
        *product(["deep_linking"], [[], "x", True, {}]),
    ],
)
async def test_a_claim_of_another_type_is_refused(lms: Lms, claim: str, wrong: object) -> None:
    with refused("malformed_token"):
        await lms.launches(**{claim: wrong})


async def test_a_privacy_launch_is_refused_however_complete(lms: Lms) -> None:
    with refused("invalid_message"):
        await lms.launches(
            message_type="DataPrivacyLaunchRequest", resource_link=..., for_user={"user_id": "8"}
        )


async def test_claims_of_other_messages_mean_nothing_in_a_plain_launch(lms: Lms) -> None:
    launch = await lms.launches(deep_linking=SETTINGS, for_user={"user_id": "9"})
    assert launch.message_type == MessageType.RESOURCE_LINK
    assert (launch.deep_linking, launch.for_user) == (None, None)


async def test_the_roster_is_found_where_the_platform_says(lms: Lms) -> None:
    url = "https://lms.test/3/memberships"
    launch = await lms.launches(
        members={"context_memberships_url": url, "service_versions": ["2.0"]}
    )
    assert launch.roster_url == url
    for nothing in ({}, {"context_memberships_url": ""}, None, ...):
        assert (await lms.launches(members=nothing)).roster_url is None


async def test_a_copied_course_says_what_it_was_copied_from(lms: Lms) -> None:
    launch = await lms.launches(
        custom={"context_id_history": "c3, c2,c1,,c2", "resource_link_id_history": "r1"}
    )
    assert launch.context_history == ("c3", "c2", "c1")
    assert launch.resource_link_history == ("r1",)


@pytest.mark.parametrize(
    "history", ["$Context.id.history", "", " , ", None, [], "x" * 256, "$a,$b"]
)
async def test_a_history_that_the_platform_does_not_know_is_empty(
    lms: Lms, history: object
) -> None:
    assert (await lms.launches(custom={"context_id_history": history})).context_history == ()


async def test_a_history_has_an_end(lms: Lms) -> None:
    launch = await lms.launches(custom={"context_id_history": ",".join(map(str, range(1000)))})
    assert launch.context_history == tuple(map(str, range(50)))
