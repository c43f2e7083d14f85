import pytest

from lti.platforms import (
    CANVAS_SUBMISSION,
    comment_for,
    is_outdated,
    is_throttled,
    may_give_a_token_later,
    score_extras,
)


@pytest.mark.parametrize("family", [None, "", "moodle", "Canvas", "sakai"])
@pytest.mark.parametrize("first", [True, False])
def test_only_canvas_gets_the_canvas_extension(family: str | None, *, first: bool) -> None:
    extras = score_extras(family, new=True, first=first, review_url="https://tool.test/review")
    assert extras == {}


def test_the_first_score_is_a_submission_and_spares_a_teachers_grade() -> None:
    extras = score_extras("canvas", new=True, first=True, review_url="https://tool.test/review")
    assert extras == {
        CANVAS_SUBMISSION: {
            "new_submission": True,
            "prioritize_non_tool_grade": True,
            "submission_type": "basic_lti_launch",
            "submission_data": "https://tool.test/review",
        }
    }
    without_page = score_extras("canvas", new=True, first=True)
    assert "submission_type" not in str(without_page)


def test_a_later_score_is_no_new_submission_and_no_grade_goes_before_it() -> None:
    extras = score_extras("canvas", new=False, first=False, review_url="https://tool.test/review")
    assert extras == {CANVAS_SUBMISSION: {"new_submission": False}}


def test_a_further_attempt_is_a_submission_that_no_longer_yields_to_what_stands() -> None:
    extras = score_extras("canvas", new=True, first=False)
    assert extras == {CANVAS_SUBMISSION: {"new_submission": True}}


@pytest.mark.parametrize("family", [None, "moodle", "sakai"])
def test_a_comment_goes_with_every_score_since_one_without_may_erase_it(family: str | None) -> None:
    assert comment_for(family, "10/10 cases.", last="10/10 cases.") == "10/10 cases."


def test_canvas_hears_a_comment_only_once_since_it_adds_them_up() -> None:
    assert comment_for("canvas", "10/10 cases.", last=None) == "10/10 cases."
    assert comment_for("canvas", "10/10 cases.", last="10/10 cases.") is None
    assert comment_for("canvas", "20/20 cases.", last="10/10 cases.") == "20/20 cases."


@pytest.mark.parametrize(
    ("status", "remaining", "throttled"),
    [
        (429, None, True),
        (403, "0", True),
        (403, "0.0", True),
        (403, "-3.5", True),
        (403, "0.7", False),
        (403, "699.1", False),
        (403, "nonsense", False),
        (403, None, False),
        (200, "0", False),
    ],
)
def test_a_throttled_answer_is_told_from_a_forbidden_one(
    status: int, remaining: str | None, *, throttled: bool
) -> None:
    headers = {"X-Rate-Limit-Remaining": remaining} if remaining else {}
    assert is_throttled(status, headers) is throttled


@pytest.mark.parametrize(
    ("status", "body", "outdated"),
    [
        (409, b"[]", True),
        (400, b'{"errors": "Provided timestamp of a before last updated timestamp of b"}', True),
        (400, b"Provided timestamp of a not a valid timestamp", False),
        (422, b"before last updated timestamp", False),
    ],
)
def test_a_score_that_came_too_late_is_told_from_a_wrong_one(
    status: int, body: bytes, *, outdated: bool
) -> None:
    assert is_outdated(status, body) is outdated


@pytest.mark.parametrize("status", [302, 404, 408, 429, 500, 502, 503])
def test_a_token_may_come_later(status: int) -> None:
    assert may_give_a_token_later(status)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_token_that_is_refused_stays_refused(status: int) -> None:
    assert not may_give_a_token_later(status)
