import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx2
import pytest

from lti.errors import PassbackRefused, PlatformUnreachable, ScoreOutdated, TokenRefused
from lti.grades import GradesClient, Result, Score, encode_score
from lti.keys import ToolKey
from lti.tokens import TokenClient
from tests.unit.lti.lms import Clock, Lms

KEY = ToolKey.generate()
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM = "https://lms.test/3/lineitems/2/lineitem?type_id=1"
SCORE = Score(
    user_id="8",
    score_given=8.5,
    score_maximum=10,
    comment="You said 55 %, the reference is 51 %.",
    timestamp=datetime(2026, 11, 23, 8, 0, 0, 123456, UTC),
)


class Gradebook(Lms):
    """A platform with a gradebook, whose answers to the next calls can be laid out beforehand."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[httpx2.Response] = []
        self.given = 0
        self.script["/token"] = self._gives_token
        for path in ("/lineitem", "/lineitem/scores", "/lineitem/results"):
            self.script["/3/lineitems/2" + path] = self._answers_next
        self.script["/3/lineitems"] = self._answers_next

    def _gives_token(self, _: httpx2.Request) -> httpx2.Response:
        self.given += 1
        return httpx2.Response(
            200, json={"access_token": f"token-{self.given}", "expires_in": 3600}
        )

    def _answers_next(self, _: httpx2.Request) -> httpx2.Response:
        return self.answers.pop(0) if self.answers else httpx2.Response(200)

    def calls(self) -> list[httpx2.Request]:
        return [request for request in self.asked if request.url.path != "/token"]


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


@pytest.fixture
def send(book: Gradebook, grades: GradesClient) -> Callable[..., Any]:
    async def send(
        score: Score = SCORE,
        *,
        lineitem: str = LINE_ITEM,
        family: str | None = None,
        first: bool = False,
    ) -> None:
        body = encode_score(score, platform_family=family, new=first, first=first)
        await grades.post_score(book.registration, lineitem, body)

    return send


def answer(status: int, content: bytes = b"", **headers: str) -> httpx2.Response:
    return httpx2.Response(status, content=content, headers=headers)


async def test_a_score_goes_to_its_line_item_before_the_query(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    await send()
    call = book.calls()[0]
    assert call.method == "POST"
    assert str(call.url) == "https://lms.test/3/lineitems/2/lineitem/scores?type_id=1"
    assert call.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert call.headers["Authorization"] == "Bearer token-1"


async def test_a_score_says_all_that_keeps_a_grade_from_being_erased(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    await send()
    assert json.loads(book.calls()[0].content) == {
        "userId": "8",
        "scoreGiven": 8.5,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-11-23T08:00:00.123456Z",
        "comment": "You said 55 %, the reference is 51 %.",
    }


async def test_a_score_carries_when_the_work_was_done(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    started = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    await send(replace(SCORE, started_at=started, submitted_at=started + timedelta(minutes=5)))
    assert json.loads(book.calls()[0].content)["submission"] == {
        "startedAt": "2026-11-23T07:30:00.000000Z",
        "submittedAt": "2026-11-23T07:35:00.000000Z",
    }


async def test_a_zero_is_a_score(book: Gradebook, send: Callable[..., Any]) -> None:
    await send(replace(SCORE, score_given=0))
    assert json.loads(book.calls()[0].content)["scoreGiven"] == 0


async def test_canvas_alone_hears_what_canvas_alone_knows(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    score = replace(SCORE, review_url="https://tool.test/review")
    await send(score, family="canvas", first=True)
    await send(score, family="moodle", first=True)
    canvas, moodle = (json.loads(call.content) for call in book.calls())
    assert canvas["https://canvas.instructure.com/lti/submission"]["new_submission"] is True
    assert not any("canvas" in name for name in moodle)


@pytest.mark.parametrize(
    "line_item",
    ["https://lms.test/3/lineitems/2/lineitem", "https://lms.test/3/lineitems/2/lineitem/"],
)
async def test_a_line_item_without_query_works_too(
    book: Gradebook, send: Callable[..., Any], line_item: str
) -> None:
    await send(lineitem=line_item)
    assert str(book.calls()[0].url) == "https://lms.test/3/lineitems/2/lineitem/scores"


@pytest.mark.parametrize(
    "changes",
    [
        {"score_given": float("nan")},
        {"score_given": float("inf")},
        {"score_maximum": float("nan")},
        {"score_given": -1},
        {"score_maximum": 0},
        {"timestamp": SCORE.timestamp.replace(tzinfo=None)},
        {"submitted_at": SCORE.timestamp.replace(tzinfo=None)},
    ],
)
def test_a_score_that_would_erase_or_block_a_grade_cannot_be_made(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="score"):
        replace(SCORE, **changes)


async def test_one_token_serves_many_scores(book: Gradebook, send: Callable[..., Any]) -> None:
    for _ in range(3):
        await send()
    assert book.given == 1


async def test_a_token_that_is_not_accepted_is_replaced_once(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    book.answers = [answer(401), answer(200)]
    await send()
    used = [call.headers["Authorization"] for call in book.calls()]
    assert used == ["Bearer token-1", "Bearer token-2"]


async def test_a_platform_that_accepts_no_token_of_its_own_has_to_be_looked_at(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    book.answers = [answer(401), answer(401), answer(200)]
    with pytest.raises(TokenRefused):
        await send()
    assert len(book.calls()) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        answer(429),
        answer(403, **{"X-Rate-Limit-Remaining": "0.0"}),
        answer(408),
        answer(500, b"[]"),
        answer(502),
        answer(503),
        answer(302, Location="https://evil.test/"),
        answer(200, b"x" * 2_000_000),
    ],
)
async def test_a_platform_in_trouble_is_tried_again_later(
    book: Gradebook, send: Callable[..., Any], trouble: httpx2.Response
) -> None:
    book.answers = [trouble]
    with pytest.raises(PlatformUnreachable):
        await send()
    assert {request.url.host for request in book.asked} == {"lms.test"}


async def test_a_platform_that_is_away_is_tried_again_later(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    book.script["/3/lineitems/2/lineitem/scores"] = away
    with pytest.raises(PlatformUnreachable):
        await send()


@pytest.mark.parametrize("status", [400, 403, 404, 405, 412, 422])
async def test_a_platform_that_says_no_is_not_asked_again(
    book: Gradebook, send: Callable[..., Any], status: int
) -> None:
    book.answers = [answer(status, b'{"errors": "userId 8 Stu Dent"}')]
    with pytest.raises(PassbackRefused) as refusal:
        await send()
    assert refusal.value.status == status
    assert not isinstance(refusal.value, ScoreOutdated)
    assert "Stu" not in refusal.value.message


@pytest.mark.parametrize(
    "late",
    [
        answer(409, b"[]"),
        answer(400, b"Provided timestamp of x before last updated timestamp of y"),
    ],
)
async def test_a_score_older_than_the_gradebooks_is_outdated(
    book: Gradebook, send: Callable[..., Any], late: httpx2.Response
) -> None:
    book.answers = [late]
    with pytest.raises(ScoreOutdated):
        await send()


@pytest.mark.parametrize(
    "line_item",
    [
        "http://lms.test/lineitem",
        "http://localhost:5432/lineitem",
        "http://127.0.0.1/lineitem",
        "https://user@lms.test/lineitem",
        "file:///etc/passwd",
        "https://[",
        "//lms.test/lineitem",
        "",
    ],
)
async def test_a_token_never_goes_to_an_address_without_https(
    book: Gradebook, send: Callable[..., Any], line_item: str
) -> None:
    with pytest.raises(PassbackRefused):
        await send(lineitem=line_item)
    assert book.asked == []


async def test_a_platform_on_this_machine_may_do_without_https(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    book.registration = replace(book.registration, auth_token_url="http://localhost:8001/token")
    await send(lineitem="http://localhost:8001/3/lineitems/2/lineitem")
    assert len(book.calls()) == 1


async def test_a_learners_result_is_read_from_the_gradebook(
    book: Gradebook, grades: GradesClient
) -> None:
    held = {"id": "x", "userId": "8", "resultScore": 7, "resultMaximum": 10, "comment": "good"}
    book.answers = [answer(200, json.dumps([{"userId": "9", "resultScore": 1}, held]).encode())]
    assert await grades.result(book.registration, LINE_ITEM, "8") == Result(7, 10, "good")
    call = book.calls()[0]
    assert str(call.url) == ("https://lms.test/3/lineitems/2/lineitem/results?type_id=1&user_id=8")
    assert call.headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"


async def test_a_user_id_stays_inside_its_parameter(book: Gradebook, grades: GradesClient) -> None:
    book.answers = [answer(200, b"[]")]
    await grades.result(book.registration, LINE_ITEM, "8&limit=1#")
    assert book.calls()[0].url.params["user_id"] == "8&limit=1#"


async def test_a_learner_without_result_has_none(book: Gradebook, grades: GradesClient) -> None:
    book.answers = [answer(200, b"[]")]
    assert await grades.result(book.registration, LINE_ITEM, "8") is None


@pytest.mark.parametrize("held", [{"userId": "8"}, {"userId": "8", "resultScore": None}])
async def test_a_result_without_a_number_may_be_a_zero_or_none(
    book: Gradebook, grades: GradesClient, held: dict[str, Any]
) -> None:
    book.answers = [answer(200, json.dumps([held]).encode())]
    assert await grades.result(book.registration, LINE_ITEM, "8") == Result(None, None, None)


async def test_a_line_item_says_its_name_and_its_maximum(
    book: Gradebook, grades: GradesClient
) -> None:
    book.answers = [answer(200, b'{"id": "x", "label": "Echo 1", "scoreMaximum": 21.5}')]
    column = await grades.line_item(book.registration, LINE_ITEM)
    assert (column.label, column.score_maximum) == ("Echo 1", 21.5)
    call = book.calls()[0]
    assert str(call.url) == LINE_ITEM
    assert call.headers["Accept"] == "application/vnd.ims.lis.v2.lineitem+json"


@pytest.mark.parametrize("nonsense", [b"", b"<html>", b"[", b'{"userId": 8}', b'[{"userId": 8}]'])
async def test_an_answer_that_cannot_be_read_is_worth_another_try(
    book: Gradebook, grades: GradesClient, nonsense: bytes
) -> None:
    book.answers = [answer(200, nonsense), answer(200, nonsense)]
    with pytest.raises(PlatformUnreachable):
        await grades.result(book.registration, LINE_ITEM, "8")
    with pytest.raises(PlatformUnreachable):
        await grades.line_item(book.registration, LINE_ITEM)


async def test_each_kind_of_call_asks_for_no_more_than_it_needs(
    book: Gradebook, grades: GradesClient, send: Callable[..., Any]
) -> None:
    book.answers = [answer(200), answer(200, b"[]"), answer(200, b'{"scoreMaximum": 1}')]
    await send()
    await grades.result(book.registration, LINE_ITEM, "8")
    await grades.line_item(book.registration, LINE_ITEM)
    asked = [
        httpx2.QueryParams(request.content.decode())["scope"]
        for request in book.asked
        if request.url.path == "/token"
    ]
    assert asked == [AGS + "score", AGS + "result.readonly", AGS + "lineitem.readonly"]


async def test_a_score_that_says_nothing_new_to_canvas_goes_without_its_comment(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    await send(replace(SCORE, comment=None), family="canvas")
    assert "comment" not in json.loads(book.calls()[0].content)


async def test_a_locked_column_is_named_and_tried_again(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    book.answers = [answer(500, b"[]")]
    with pytest.raises(PlatformUnreachable) as trouble:
        await send()
    assert "locked" in trouble.value.message


async def test_a_person_who_is_no_learner_is_said_to_be_none(
    book: Gradebook, send: Callable[..., Any]
) -> None:
    book.answers = [answer(400, b"[]")]
    with pytest.raises(PassbackRefused) as refusal:
        await send()
    assert "a learner in the course" in refusal.value.message
