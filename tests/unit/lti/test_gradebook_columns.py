"""What a gradebook lists, page by page, and the columns that we ask it for."""

import json
from typing import Any

import httpx2
import pytest

from lti.errors import PassbackRefused, PlatformUnreachable
from lti.grades import GradesClient, Result, encode_score
from lti.keys import ToolKey
from lti.line_items import LineItem, LineItemWish
from lti.tokens import TokenClient
from tests.unit.lti.lms import Clock
from tests.unit.lti.test_grades import AGS, KEY, LINE_ITEM, SCORE, Gradebook, answer

LINE_ITEMS = "https://lms.test/3/lineitems?type_id=1"
BODY = encode_score(SCORE, platform_family=None, new=True, first=True)
WISH = LineItemWish(label="Echo 1", score_maximum=100, tag="eyeball", resource_link_id="7")
COLUMN = {
    "id": LINE_ITEM,
    "label": "Echo 1",
    "scoreMaximum": 100,
    "resourceId": "",
    "tag": "eyeball",
    "resourceLinkId": "7",
    "ltiLinkId": "7",
}


@pytest.fixture
async def book():
    book = Gradebook()
    async with book.http:
        yield book


@pytest.fixture
def grades(book: Gradebook, clock: Clock) -> GradesClient:
    async def key() -> ToolKey:
        return KEY

    return GradesClient(book.http, TokenClient(book.http, key, clock=clock))


def lists(*entries: Any, link: str = "", status: int = 200) -> httpx2.Response:
    headers = {"Link": link} if link else {}
    return answer(status, json.dumps(list(entries)).encode(), **headers)


async def test_all_results_are_read_page_by_page(book: Gradebook, grades: GradesClient) -> None:
    book.answers = [
        lists(
            {"userId": "8", "resultScore": 7, "resultMaximum": 10, "comment": "good"},
            link=f'<{LINE_ITEM.replace("lineitem?", "lineitem/results?page=2&")}>; rel="next"',
        ),
        lists({"userId": "9"}),
    ]
    results = await grades.results(book.registration, LINE_ITEM)
    assert results.is_complete
    assert results.by_user == {"8": Result(7, 10, "good"), "9": Result(None, None, None)}
    first, second = book.calls()
    assert str(first.url) == "https://lms.test/3/lineitems/2/lineitem/results?type_id=1"
    assert second.url.params["page"] == "2"
    assert second.headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"


async def test_results_that_are_not_shown_are_not_none(
    book: Gradebook, grades: GradesClient
) -> None:
    book.answers = [lists(status=403)]
    with pytest.raises(PassbackRefused) as refusal:
        await grades.results(book.registration, LINE_ITEM)
    assert refusal.value.status == 403


async def test_columns_are_listed_with_what_they_are_known_by(
    book: Gradebook, grades: GradesClient
) -> None:
    book.answers = [lists(COLUMN)]
    listed = await grades.line_items(book.registration, LINE_ITEMS, tag="eyeball", resource_id="")
    assert listed.entries == (LineItem("Echo 1", 100, LINE_ITEM, None, "eyeball", "7"),)
    assert listed.is_complete
    (call,) = book.calls()
    assert str(call.url) == LINE_ITEMS + "&tag=eyeball"
    assert call.headers["Accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"


async def test_a_column_that_is_there_is_found(book: Gradebook, grades: GradesClient) -> None:
    # Some platforms list all columns, whatever they are asked for.
    other = COLUMN | {"id": "https://lms.test/other", "tag": "else"}
    nowhere = {"label": "Echo 1", "scoreMaximum": 1, "tag": "eyeball", "resourceLinkId": "7"}
    book.answers = [lists(other, nowhere, COLUMN)]
    found = await grades.find_or_create_line_item(book.registration, LINE_ITEMS, WISH)
    assert found.url == LINE_ITEM
    (call,) = book.calls()
    assert dict(call.url.params) == {"type_id": "1", "tag": "eyeball", "resource_link_id": "7"}


async def test_a_column_that_is_not_there_is_made(book: Gradebook, grades: GradesClient) -> None:
    book.answers = [lists(), answer(201, json.dumps(COLUMN).encode())]
    made = await grades.find_or_create_line_item(book.registration, LINE_ITEMS, WISH)
    assert made.url == LINE_ITEM
    call = book.calls()[1]
    assert (call.method, str(call.url)) == ("POST", LINE_ITEMS)
    assert call.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert json.loads(call.content) == {
        "label": "Echo 1",
        "scoreMaximum": 100,
        "tag": "eyeball",
        "resourceLinkId": "7",
    }
    scopes = [
        httpx2.QueryParams(request.content.decode())["scope"]
        for request in book.asked
        if request.url.path == "/token"
    ]
    assert scopes == [AGS + "lineitem.readonly", AGS + "lineitem"]


async def test_a_column_may_have_half_points_and_a_name_of_ours(
    book: Gradebook, grades: GradesClient
) -> None:
    wish = LineItemWish(label="Echo 1", score_maximum=2.5, resource_id="a/1", resource_link_id="7")
    book.answers = [lists(), answer(201, json.dumps(COLUMN).encode())]
    await grades.find_or_create_line_item(book.registration, LINE_ITEMS, wish)
    asked, made = book.calls()
    assert dict(asked.url.params) == {"type_id": "1", "resource_id": "a/1"}
    assert json.loads(made.content) == {
        "label": "Echo 1",
        "scoreMaximum": 2.5,
        "resourceId": "a/1",
        "resourceLinkId": "7",
    }


async def test_canvas_ties_no_column_to_a_link_without_one_and_opens_us_from_it(
    book: Gradebook, grades: GradesClient
) -> None:
    opens = "https://tool.test/lti/launch?activity=a"
    wish = LineItemWish(
        label="Echo 1", score_maximum=5, resource_id="a", resource_link_id="7", opens=opens
    )
    for family in ("canvas", "moodle", None):
        book.answers = [lists(), answer(201, json.dumps(COLUMN).encode())]
        await grades.find_or_create_line_item(book.registration, LINE_ITEMS, wish, family=family)
    canvas, *others = (json.loads(call.content) for call in book.calls() if call.method == "POST")
    named = {"label": "Echo 1", "scoreMaximum": 5, "resourceId": "a"}
    assert canvas == named | {
        "https://canvas.instructure.com/lti/submission_type": {
            "type": "external_tool",
            "external_tool_url": opens,
        }
    }
    assert others == [named | {"resourceLinkId": "7"}] * 2


MADE = "https://canvas.instructure.com/lti/submission_type"


async def test_a_column_is_changed_and_all_else_in_it_stays(
    book: Gradebook, grades: GradesClient
) -> None:
    strange = COLUMN | {"https://lms.test/colour": {"as": ["it", None]}, "submissionReview": {}}
    book.answers = [answer(200, json.dumps(strange).encode()), answer(200)]
    changes = {"label": "Echo 2", "endDateTime": "2026-12-01T08:00:00Z", "startDateTime": None}
    changed = await grades.change_line_item(book.registration, LINE_ITEM, changes)
    assert (changed.label, changed.score_maximum) == ("Echo 2", 100)
    read, written = book.calls()
    assert (read.method, written.method, str(written.url)) == ("GET", "PUT", LINE_ITEM)
    assert written.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
    kept = {name: value for name, value in changes.items() if value}
    assert json.loads(written.content) == strange | kept


async def test_a_column_that_is_so_already_is_not_written(
    book: Gradebook, grades: GradesClient
) -> None:
    book.answers = [answer(200, json.dumps(COLUMN).encode())]
    changes = {"label": "Echo 1", "scoreMaximum": 100, "endDateTime": None}
    await grades.change_line_item(book.registration, LINE_ITEM, changes)
    assert [call.method for call in book.calls()] == ["GET"]


async def test_canvas_does_not_get_back_what_it_breaks_on(
    book: Gradebook, grades: GradesClient
) -> None:
    held = COLUMN | {MADE: {"type": "external_tool"}, "endDateTime": "2026-12-01T08:00:00Z"}
    for family in ("canvas", "moodle"):
        book.answers = [answer(200, json.dumps(held).encode()), answer(200)]
        await grades.change_line_item(
            book.registration, LINE_ITEM, {"endDateTime": None}, family=family
        )
    canvas, moodle = (json.loads(call.content) for call in book.calls() if call.method == "PUT")
    assert canvas == COLUMN | {"endDateTime": None}, "null takes it away, leaving it out does not"
    assert moodle == COLUMN | {MADE: held[MADE]}


@pytest.mark.parametrize("seen", [[], [COLUMN]])
async def test_who_may_not_change_a_column_hears_so(
    book: Gradebook, grades: GradesClient, seen: list[dict[str, str]]
) -> None:
    book.answers = [*(answer(200, json.dumps(each).encode()) for each in seen), answer(403)]
    with pytest.raises(PassbackRefused) as refusal:
        await grades.change_line_item(book.registration, LINE_ITEM, {"label": "Echo 2"})
    assert "did not change its gradebook column (status 403)" in refusal.value.message


async def test_a_column_is_taken_away_once(book: Gradebook, grades: GradesClient) -> None:
    for status in (204, 404):
        book.answers = [answer(status)]
        await grades.delete_line_item(book.registration, LINE_ITEM)
    book.answers = [answer(403)]
    with pytest.raises(PassbackRefused):
        await grades.delete_line_item(book.registration, LINE_ITEM)
    assert {call.method for call in book.calls()} == {"DELETE"}


async def test_a_column_made_at_an_unknown_place_is_found_later(
    book: Gradebook, grades: GradesClient
) -> None:
    book.answers = [lists(), answer(201, b'{"scoreMaximum": 100}'), lists(COLUMN)]
    with pytest.raises(PlatformUnreachable):
        await grades.find_or_create_line_item(book.registration, LINE_ITEMS, WISH)
    found = await grades.find_or_create_line_item(book.registration, LINE_ITEMS, WISH)
    assert found.url == LINE_ITEM


async def test_no_column_is_made_where_the_list_was_not_read_to_its_end(
    book: Gradebook, grades: GradesClient
) -> None:
    wish = LineItemWish(label="x", score_maximum=1, tag="eyeball")
    book.answers = [lists(link=f"<{LINE_ITEMS}&tag=eyeball>; rel=next")]
    with pytest.raises(PassbackRefused):
        await grades.find_or_create_line_item(book.registration, LINE_ITEMS, wish)
    assert len(book.calls()) == 1


async def test_a_column_is_never_found_by_its_label_alone(
    book: Gradebook, grades: GradesClient
) -> None:
    with pytest.raises(ValueError, match="label"):
        await grades.find_or_create_line_item(
            book.registration, LINE_ITEMS, LineItemWish(label="Echo 1", score_maximum=1)
        )
    assert book.asked == []


async def test_who_may_not_make_a_column_hears_so(book: Gradebook, grades: GradesClient) -> None:
    book.answers = [lists(), answer(403)]
    with pytest.raises(PassbackRefused):
        await grades.find_or_create_line_item(book.registration, LINE_ITEMS, WISH)


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_platform_may_say_when_to_try_again(
    book: Gradebook, grades: GradesClient, status: int
) -> None:
    asked_to_wait = {"Retry-After": "30", "X-Rate-Limit-Remaining": "0.0"}
    book.answers = [answer(status, **asked_to_wait)]
    with pytest.raises(PlatformUnreachable) as trouble:
        await grades.post_score(book.registration, LINE_ITEM, BODY)
    assert trouble.value.retry_after == 30


async def test_so_may_the_server_that_gives_tokens(book: Gradebook, grades: GradesClient) -> None:
    book.script["/token"] = lambda _: answer(503, **{"Retry-After": "5"})
    with pytest.raises(PlatformUnreachable) as trouble:
        await grades.line_item(book.registration, LINE_ITEM)
    assert trouble.value.retry_after == 5


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"errors": {"message": "User not found in course or is not a student"}}', "learner"),
        (
            b'{"errors": {"message": "The maximum number of allowed attempts has been reached'
            b' for this submission"}}',
            "attempts",
        ),
        (b"anything else", "learner"),
    ],
)
async def test_canvas_says_why_a_score_is_refused_for_good(
    book: Gradebook, grades: GradesClient, body: bytes, word: str
) -> None:
    book.answers = [answer(422, body)]
    with pytest.raises(PassbackRefused) as refusal:
        await grades.post_score(book.registration, LINE_ITEM, BODY)
    assert refusal.value.status == 422
    assert word in refusal.value.message
