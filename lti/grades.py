"""Assignment and Grade Services: send a score, read what the gradebook holds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx2
import msgspec

from lti.errors import PassbackRefused, PlatformUnreachable, ScoreOutdated, TokenRefused
from lti.outbound import Answer, Call, fetch, is_plain, is_safe
from lti.platforms import is_outdated, is_throttled, score_extras
from lti.registration import Registration
from lti.tokens import TokenClient

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCORE_SCOPE = _AGS + "score"
RESULT_SCOPE = _AGS + "result.readonly"
LINE_ITEM_SCOPE = _AGS + "lineitem.readonly"

# Matched to the letter by some platforms: no list, no other type, and never application/json.
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"

PATIENCE_SECONDS = 10.0
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a learner reached. Platforms take it only if it is later than the one they hold.

    score_maximum:    the line item's own, since one platform rounds before it scales.
    comment:          goes with every score; one that lacks it erases the earlier comment.
    grading_progress: anything but FullyGraded erases the grade, so there is nothing else to say.
    """

    user_id: str
    score_given: float
    score_maximum: float
    comment: str
    timestamp: datetime
    started_at: datetime | None = None
    submitted_at: datetime | None = None
    review_url: str | None = None
    activity_progress: Literal["InProgress", "Submitted", "Completed"] = "Completed"
    grading_progress: Literal["FullyGraded"] = "FullyGraded"

    def __post_init__(self) -> None:
        # JSON has no NaN: it would go as null, which erases the grade.
        if not (math.isfinite(self.score_given) and math.isfinite(self.score_maximum)):
            raise ValueError("a score is a finite number")
        if self.score_given < 0 or self.score_maximum <= 0:
            raise ValueError("a score is at least 0, of a maximum above 0")
        moments = (self.timestamp, self.started_at, self.submitted_at)
        if any(moment and moment.tzinfo is None for moment in moments):
            raise ValueError("a score's times have a time zone")


@dataclass(frozen=True, slots=True)
class Result:
    """What the gradebook holds for a learner; score None may be a zero, or no number at all."""

    score: float | None
    maximum: float | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class LineItem:
    """A column of the gradebook."""

    label: str
    score_maximum: float


class GradesClient:
    """The gradebooks of all platforms, each reached with a token of its own."""

    def __init__(self, http: httpx2.AsyncClient, tokens: TokenClient) -> None:
        self._http = http
        self._tokens = tokens

    async def post_score(
        self,
        registration: Registration,
        lineitem: str,
        score: Score,
        *,
        platform_family: str | None,
        first: bool,
    ) -> None:
        """Send one score; `first` only if nothing was ever sent for this learner and line item."""
        extras = score_extras(platform_family, first=first, review_url=score.review_url)
        body = msgspec.json.encode(_score_body(score) | extras)
        url = _below(lineitem, "scores")

        def call(token: str) -> Call:
            return _call("POST", url, token, {"Content-Type": SCORE_TYPE}, body)

        await self._send(registration, SCORE_SCOPE, url, call)

    async def result(
        self, registration: Registration, lineitem: str, user_id: str
    ) -> Result | None:
        """What the gradebook holds for this learner, a teacher's own grade included."""
        url = _below(lineitem, "results", user_id=user_id)
        answer = await self._get(registration, RESULT_SCOPE, url, RESULTS_TYPE)
        found = (held for held in _decode(answer, list[_Result]) if held.user_id == user_id)
        held = next(found, None)
        return held and Result(held.score, held.maximum, held.comment)

    async def line_item(self, registration: Registration, lineitem: str) -> LineItem:
        """The gradebook column itself: its maximum is what scores should be out of."""
        answer = await self._get(registration, LINE_ITEM_SCOPE, lineitem, LINE_ITEM_TYPE)
        column = _decode(answer, _LineItem)
        return LineItem(column.label, column.maximum)

    async def _get(self, registration: Registration, scope: str, url: str, accept: str) -> Answer:
        def call(token: str) -> Call:
            return _call("GET", url, token, {"Accept": accept})

        return await self._send(registration, scope, url, call)

    async def _send(
        self, registration: Registration, scope: str, url: str, call: Callable[[str], Call]
    ) -> Answer:
        if not _may_carry_a_token(url, registration):
            raise PassbackRefused("The gradebook's address is not https.", status=0)
        for _ in range(2):
            token = await self._tokens.token(registration, [scope])
            answer = await fetch(self._http, call(token))
            if answer.status != 401:
                return _accepted(answer)
            # Ended early, or withdrawn: a new one may do, but only once.
            self._tokens.forget(token)
        raise TokenRefused("The learning platform does not accept its own access token.")


def _may_carry_a_token(url: str, registration: Registration) -> bool:
    """Plain http only for a platform that itself runs on this machine: the demo, the tests."""
    if not is_safe(url):
        return False
    return not is_plain(url) or is_plain(registration.auth_token_url)


def _below(line_item: str, step: str, **query: str) -> str:
    """An address below a line item; line items may carry a query, which stays at the end."""
    parts = urlsplit(line_item)
    queries = "&".join(text for text in (parts.query, urlencode(query)) if text)
    path = f"{parts.path.rstrip('/')}/{step}"
    return urlunsplit((parts.scheme, parts.netloc, path, queries, ""))


def _call(
    method: Literal["GET", "POST"], url: str, token: str, headers: dict[str, str], body: bytes = b""
) -> Call:
    return Call(
        method=method,
        url=url,
        # "bearer" in lower case is refused by one platform.
        headers={"Authorization": f"Bearer {token}", **headers},
        body=body,
        seconds=PATIENCE_SECONDS,
        most_bytes=MOST_BYTES,
    )


def _score_body(score: Score) -> dict[str, object]:
    times = {"startedAt": score.started_at, "submittedAt": score.submitted_at}
    submission = {name: _iso(moment) for name, moment in times.items() if moment}
    body: dict[str, object] = {
        "userId": score.user_id,
        "scoreGiven": score.score_given,
        "scoreMaximum": score.score_maximum,
        "activityProgress": score.activity_progress,
        "gradingProgress": score.grading_progress,
        "timestamp": _iso(score.timestamp),
        "comment": score.comment,
    }
    return body | {"submission": submission} if submission else body


def _iso(moment: datetime) -> str:
    """With a fraction, which orders scores within a second, and with Z: no zone means theirs."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_WHY = {
    403: "The learning platform does not allow this tool to use this gradebook column.",
    404: "The gradebook column no longer exists.",
    422: "The learning platform takes no score for this person: not a learner in the course.",
}


def _accepted(answer: Answer) -> Answer:
    """The answer, if it says yes. What the platform wrote stays out: it repeats what we sent."""
    status = answer.status
    if 200 <= status < 300:
        return answer
    if is_throttled(status, answer.headers):
        raise PlatformUnreachable("The learning platform asks us to slow down.")
    if is_outdated(status, answer.body):
        raise ScoreOutdated("The gradebook holds a newer score.", status=status)
    if not 400 <= status < 500 or status == 408:
        raise PlatformUnreachable(f"The gradebook does not answer properly (status {status}).")
    why = _WHY.get(status, f"The learning platform refused the score (status {status}).")
    raise PassbackRefused(why, status=status)


class _Result(msgspec.Struct):
    user_id: str = msgspec.field(name="userId")
    score: float | None = msgspec.field(default=None, name="resultScore")
    maximum: float | None = msgspec.field(default=None, name="resultMaximum")
    comment: str | None = None


class _LineItem(msgspec.Struct):
    maximum: float = msgspec.field(name="scoreMaximum")
    label: str = ""


def _decode[Shape](answer: Answer, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (ValueError, RecursionError) as error:
        raise PlatformUnreachable("The gradebook's answer cannot be read.") from error
