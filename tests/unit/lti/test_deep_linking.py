from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.claims import DeepLinkingSettings
from lti.deep_linking import DeepLinkingAnswer, DeepLinkingRequest, Item, respond
from lti.errors import DeepLinkingRefused
from lti.keys import ToolKey
from lti.line_items import LineItemWish
from tests.unit.lti.lms import LTI, NOW, Lms

KEY = ToolKey.generate()
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS = DeepLinkingSettings(
    return_url="https://lms.test/back?course=3",
    accept_types=("link", "ltiResourceLink"),
    accept_targets=("iframe",),
    accept_multiple=False,
    accept_lineitem=None,
    data=None,
    title=None,
    text=None,
)
REQUEST = DeepLinkingRequest(
    registration=Lms().registration,
    deployment_id="1",
    platform_family="moodle",
    settings=SETTINGS,
)
COLUMN = LineItemWish(label="Echo 1", score_maximum=100, resource_id="a/1", tag="eyeball")
ITEM = Item(
    title="Practice: 10 cases",
    url="https://tool.test/launch?item=1",
    text="Judge the LVEF.\nThen see.",
    custom={"activity": "practice", "form_id": "7F3A"},
    line_item=COLUMN,
)


def answers(*items: Item, request: DeepLinkingRequest = REQUEST, **said: str) -> DeepLinkingAnswer:
    return respond(request, KEY, items, now=NOW, **said)


def claims(answer: DeepLinkingAnswer) -> dict[str, Any]:
    """What the platform reads, after it checked our signature."""
    return jwt.decode(
        answer.jwt,
        jwt.PyJWK(KEY.public_jwk()),
        algorithms=["RS256"],
        audience="https://lms.test",
        issuer="tool-1",
        options={"verify_exp": False, "verify_iat": False},
    )


def asks(**changes: Any) -> DeepLinkingRequest:
    return replace(REQUEST, settings=replace(SETTINGS, **changes))


def column(**changes: Any) -> Item:
    return replace(ITEM, line_item=replace(COLUMN, **changes))


def test_d01_the_choice_goes_back_signed() -> None:
    answer = answers(ITEM)
    assert answer.url == "https://lms.test/back?course=3"
    assert not answer.without_line_items
    assert jwt.get_unverified_header(answer.jwt) == {"alg": "RS256", "typ": "JWT", "kid": KEY.kid}
    said = claims(answer)
    assert said[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert (said[LTI + "version"], said[LTI + "deployment_id"]) == ("1.3.0", "1")
    assert len(said["nonce"]) >= 16
    # One platform refuses what was made a second in its future.
    assert said["iat"] == NOW.timestamp() - 10
    assert said["exp"] == NOW.timestamp() + 300
    assert said[DL + "content_items"] == [
        {
            "type": "ltiResourceLink",
            "title": "Practice: 10 cases",
            "url": "https://tool.test/launch?item=1",
            "text": "Judge the LVEF.\nThen see.",
            "custom": {"activity": "practice", "form_id": "7F3A"},
            "lineItem": {
                "label": "Echo 1",
                "scoreMaximum": 100,
                "resourceId": "a/1",
                "tag": "eyeball",
                # Without it Moodle's gradebook leads nobody to the work behind a grade.
                "submissionReview": {"reviewableStatus": ["Completed"]},
            },
        }
    ]


def test_what_is_not_there_is_not_said() -> None:
    said = claims(answers(Item(title="Practice")))
    assert said[DL + "content_items"] == [{"type": "ltiResourceLink", "title": "Practice"}]
    assert not {DL + "data", DL + "msg", DL + "errormsg"} & said.keys()


def test_the_platforms_data_goes_back_as_it_came() -> None:
    assert claims(answers(ITEM, request=asks(data="")))[DL + "data"] == ""
    assert claims(answers(ITEM, request=asks(data="csrf:é")))[DL + "data"] == "csrf:é"


def test_the_teacher_may_hear_something() -> None:
    said = claims(answers(ITEM, message="Added.", error="One was left out."))
    assert (said[DL + "msg"], said[DL + "errormsg"]) == ("Added.", "One was left out.")


def test_no_two_answers_are_the_same() -> None:
    assert claims(answers(ITEM))["nonce"] != claims(answers(ITEM))["nonce"]


def test_a_teacher_may_choose_nothing() -> None:
    assert claims(answers())[DL + "content_items"] == []
    assert claims(answers(request=asks(accept_types=("link",))))[DL + "content_items"] == []


def test_several_activities_go_where_several_are_taken() -> None:
    said = claims(answers(ITEM, ITEM, request=asks(accept_multiple=True)))
    assert len(said[DL + "content_items"]) == 2
    with pytest.raises(DeepLinkingRefused, match="one activity"):
        answers(ITEM, ITEM)


def test_an_activity_goes_only_where_activities_are_taken() -> None:
    with pytest.raises(DeepLinkingRefused, match="no activities"):
        answers(ITEM, request=asks(accept_types=("link", "file")))


def test_a_column_is_left_out_where_none_is_taken_and_it_shows() -> None:
    answer = answers(ITEM, request=asks(accept_lineitem=False))
    assert answer.without_line_items
    assert "lineItem" not in claims(answer)[DL + "content_items"][0]
    ungraded = answers(replace(ITEM, line_item=None), request=asks(accept_lineitem=False))
    assert not ungraded.without_line_items
    assert not answers(ITEM, request=asks(accept_lineitem=True)).without_line_items


@pytest.mark.parametrize("points", [1, 21, 100, 100.0])
def test_moodle_takes_whole_points_up_to_a_hundred(points: float) -> None:
    (item,) = claims(answers(column(score_maximum=points)))[DL + "content_items"]
    assert item["lineItem"]["scoreMaximum"] == points
    assert isinstance(item["lineItem"]["scoreMaximum"], int)


@pytest.mark.parametrize("points", [0, -1, 0.5, 99.5, 101, float("nan"), float("inf")])
def test_moodle_takes_no_other_points(points: float) -> None:
    with pytest.raises(DeepLinkingRefused, match="points"):
        answers(column(score_maximum=points))


@pytest.mark.parametrize("points", [0.5, 250.5, 1000])
def test_other_platforms_take_any_points(points: float) -> None:
    request = replace(REQUEST, platform_family="canvas")
    (item,) = claims(answers(column(score_maximum=points), request=request))[DL + "content_items"]
    assert item["lineItem"]["scoreMaximum"] == points


@pytest.mark.parametrize("points", [0, -1, float("nan"), float("inf")])
def test_no_platform_takes_no_points(points: float) -> None:
    with pytest.raises(DeepLinkingRefused, match="points"):
        answers(column(score_maximum=points), request=replace(REQUEST, platform_family=None))


BREAKS = ["a\nb", "a\rb", "a\0b", "a\tb", "a\x7fb", "a\x85b", "a\u2028b", "a\ud800b"]


@pytest.mark.parametrize("line", BREAKS)
def test_no_line_break_gets_into_what_one_platform_keeps_in_lines(line: str) -> None:
    for item in (
        replace(ITEM, title=line),
        replace(ITEM, custom={"form": line}),
        column(label=line),
        column(tag=line),
        column(resource_id=line),
    ):
        with pytest.raises(DeepLinkingRefused, match="line breaks"):
            answers(item)


@pytest.mark.parametrize("name", ["", "Form", "a b", "a=b", "a\nb", "é", "1a", "a" * 65, "$x"])
def test_a_parameter_has_a_name_that_comes_back_as_it_went(name: str) -> None:
    with pytest.raises(DeepLinkingRefused, match="name"):
        answers(replace(ITEM, custom={name: "x"}))


def test_a_variable_of_the_platforms_may_be_asked_for() -> None:
    (item,) = claims(answers(replace(ITEM, custom={"due": "$ResourceLink.submission.end"})))[
        DL + "content_items"
    ]
    assert item["custom"] == {"due": "$ResourceLink.submission.end"}


@pytest.mark.parametrize("title", ["", " ", "x" * 256])
def test_a_title_is_there_and_not_too_long(title: str) -> None:
    with pytest.raises(DeepLinkingRefused, match="title"):
        answers(replace(ITEM, title=title))
    assert answers(replace(ITEM, title="x" * 255)).jwt


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "http://tool.test/", "/launch"])
def test_an_activity_leads_to_an_https_page(url: str) -> None:
    with pytest.raises(DeepLinkingRefused, match="https"):
        answers(replace(ITEM, url=url))


def test_a_text_has_no_control_characters_but_line_breaks() -> None:
    with pytest.raises(DeepLinkingRefused):
        answers(replace(ITEM, text="a\0b"))


def test_the_token_stays_out_of_logs() -> None:
    answer = answers(ITEM)
    assert answer.jwt not in repr(answer)


def test_settings_can_be_kept_between_two_requests() -> None:
    kept = msgspec.json.encode(SETTINGS)
    assert msgspec.json.decode(kept, type=DeepLinkingSettings) == SETTINGS


items = st.builds(
    Item,
    title=st.text(max_size=300),
    url=st.none() | st.text(max_size=30),
    text=st.none() | st.text(),
    custom=st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3),
    line_item=st.none()
    | st.builds(LineItemWish, label=st.text(), score_maximum=st.floats(), tag=st.text()),
)


@given(st.lists(items, max_size=2), st.booleans(), st.none() | st.booleans())
def test_any_choice_is_answered_or_refused_in_words(
    chosen: list[Item], several: bool, columns: bool | None
) -> None:
    request = asks(accept_multiple=several, accept_lineitem=columns)
    with suppress(DeepLinkingRefused):
        written = claims(answers(*chosen, request=request))[DL + "content_items"]
        assert len(written) == len(chosen)
        assert not any(value is None for item in written for value in item.values())


def test_dates_say_when_work_is_handed_in_and_never_hide_the_answers() -> None:
    opens, closes = NOW, NOW + timedelta(days=7)
    dated = replace(ITEM, opens=opens, closes=closes)
    [item] = claims(answers(dated))[DL + "content_items"]
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (opens, closes))
    assert item["available"] == {"startDateTime": start}
    assert item["submission"] == {"startDateTime": start, "endDateTime": end}
    [item] = claims(answers(replace(ITEM, closes=closes)))[DL + "content_items"]
    assert item["submission"] == {"endDateTime": end}
    assert "available" not in item
    [item] = claims(answers(ITEM))[DL + "content_items"]
    assert not {"available", "submission", "window", "iframe"} & item.keys()


@pytest.mark.parametrize(
    ("targets", "told"),
    [(("window",), {"targetName": "_blank"}), (("iframe", "window"), None), ((), None)],
)
def test_a_window_of_its_own_is_asked_for_where_there_is_no_frame(
    targets: tuple[str, ...], told: object
) -> None:
    [item] = claims(answers(ITEM, request=asks(accept_targets=targets)))[DL + "content_items"]
    assert item.get("window") == told
