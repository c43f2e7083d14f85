"""Platforms that answer whatever they like: a value of ours comes of it, or an error of ours."""

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti.errors import LtiError, PassbackRefused
from lti.grades import GradesClient
from lti.keys import ToolKey
from lti.line_items import LineItem, LineItemWish
from lti.outbound import is_safe
from lti.roster import RosterClient
from lti.tokens import TokenClient
from tests.unit.lti.lms import Clock, Lms

KEY = ToolKey.generate()
COLUMNS = "https://lms.test/columns"
COLUMN = f"{COLUMNS}/1"
WISH = LineItemWish(label="Echo 1", score_maximum=100, resource_id="mine")
A_COLUMN = {"id": COLUMN, "label": "Echo 1", "scoreMaximum": 100, "resourceId": "mine", "tag": ""}
A_RESULT = {"userId": "8", "resultScore": 8.5, "resultMaximum": 10, "comment": "fine"}
A_MEMBER = {"user_id": "8", "roles": ["Learner"], "status": "Active", "name": "Stu"}
A_TOKEN = {"access_token": "t", "expires_in": 3600}

odd = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from([1e308, 1e-320, "\0", "\ud800", "nan", "1e999", "a" * 3_000])
    | st.sampled_from([[], {}, [None], {"8": 8}, [[[[]]]]])
    | st.sampled_from(["http://lms.test/1", "https://lms.test/\r\nX: y", "https://[", "data:x"])
)


def near(honest: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What is honest but for one value or some, or lacks them."""
    changes = st.dictionaries(st.sampled_from(sorted(honest)), odd | st.just(...), max_size=3)
    return changes.map(
        lambda changed: {
            name: value for name, value in {**honest, **changed}.items() if value is not ...
        }
    )


said = (
    st.lists(near(A_COLUMN), max_size=3)
    | near(A_COLUMN)
    | st.lists(near(A_RESULT), max_size=3)
    | st.lists(near(A_MEMBER), max_size=3).map(lambda listed: {"members": listed})
    | near(A_TOKEN)
    | odd
)
# No JSON writer writes all that JSON readers meet.
bodies = said.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
statuses = st.just(200) | st.sampled_from([201, 204, 302, 400, 401, 403, 404, 409, 422, 429, 503])
headers = st.dictionaries(
    st.sampled_from(["Link", "Retry-After", "X-Rate-Limit-Remaining"]),
    st.sampled_from(
        [
            f'<{COLUMNS}?p=2>; rel="next"',
            '<https://evil.test/>; rel="next"',
            "<;>,<<>>;rel=next",
            "<https://[>; rel=next",
            "9" * 40,
            "Mon, 99 Foo 2026 25:61:61 GMT",
            "-0.0",
            "",
        ]
    ),
    max_size=2,
)
answers = st.lists(st.tuples(statuses, bodies, headers), max_size=3)


class Moody:
    """A platform of which nobody knows what it will say next; in between it gives tokens."""

    def __init__(self, left: list[tuple[int, bytes, dict[str, str]]]) -> None:
        self.left = left.copy()
        self.hosts: set[str] = set()
        self.http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answers))

    def _answers(self, request: httpx2.Request) -> httpx2.Response:
        self.hosts.add(request.url.host)
        if not self.left:
            return httpx2.Response(200, json=A_TOKEN)
        status, body, more = self.left.pop(0)
        return httpx2.Response(status, content=body, headers=more)


async def current_key() -> ToolKey:
    return KEY


def calls(http: httpx2.AsyncClient) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Everything that this tool asks of a platform that it knows."""
    tokens = TokenClient(http, current_key, clock=Clock())
    grades, roster, ours = (
        GradesClient(http, tokens),
        RosterClient(http, tokens),
        Lms().registration,
    )
    return {
        "result": lambda: grades.result(ours, COLUMN, "8"),
        "results": lambda: grades.results(ours, COLUMN),
        "column": lambda: grades.line_item(ours, COLUMN),
        "columns": lambda: grades.line_items(ours, COLUMNS),
        "a column of ours": lambda: grades.find_or_create_line_item(ours, COLUMNS, WISH),
        "score": lambda: grades.post_score(ours, COLUMN, b"{}"),
        "roster": lambda: roster.members(ours, f"{COLUMN}/memberships"),
        "token": lambda: tokens.token(ours, ["score"]),
    }


ASKED = sorted(calls(httpx2.AsyncClient()))


@settings(max_examples=300, deadline=None)
@given(asked=st.sampled_from(ASKED), left=answers, has_token=st.booleans())
async def test_whatever_a_platform_answers_is_read_or_refused(
    asked: str, left: list[tuple[int, bytes, dict[str, str]]], has_token: bool
) -> None:
    honest = [(200, json.dumps(A_TOKEN).encode(), dict[str, str]())]
    moody = Moody((honest if has_token else []) + left)
    try:
        found = await calls(moody.http)[asked]()
    except LtiError:
        found = None
    assert moody.hosts == {"lms.test"}, "whatever it says, nobody else is called"
    if isinstance(found, LineItem):
        assert math.isfinite(found.score_maximum)
        assert asked == "column" or is_safe(found.url or "")


@pytest.mark.parametrize("address", ["http://lms.test/1", "https://lms.test/\n1", "ftp://x/", "1"])
async def test_a_column_at_no_address_of_ours_is_not_used_and_none_made_beside_it(
    address: str,
) -> None:
    listed = json.dumps([A_COLUMN | {"id": address}]).encode()
    moody = Moody([(200, json.dumps(A_TOKEN).encode(), {}), (200, listed, {})])
    with pytest.raises(PassbackRefused, match="not https"):
        await calls(moody.http)["a column of ours"]()
    assert moody.left == []
