"""The grade services: line items, scores in, results out."""

from asyncio import to_thread
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from service.demo import scores
from service.demo.errors import ServiceRefused
from service.demo.lms import Asked, Lms
from service.demo.platform import (
    COURSE_ID,
    DEPLOYMENT_ID,
    LINE_ITEM_READONLY,
    RESULT_READONLY,
    SCORE,
    Activity,
    line_item_url,
)
from service.demo.store import Post

LINE_ITEMS = f"/lti/courses/{COURSE_ID}/lineitems"
LINE_ITEM = LINE_ITEMS + "/{number:int}/lineitem"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
LOGGED = {
    "activityProgress": "activity_progress",
    "gradingProgress": "grading_progress",
    "scoreGiven": "score_given",
    "scoreMaximum": "score_maximum",
    "comment": "comment",
    "timestamp": "timestamp",
    "userId": "user_id",
}


@post(LINE_ITEM + "/scores", status_code=200)
async def receive_score(
    request: Asked, number: FromPath[int], lms: NamedDependency[Lms]
) -> Response[None]:
    """A score for one learner; whatever becomes of it is logged."""
    activity = await to_thread(lms.activity_of_line_item, number)
    received = Post(lms.now(), activity.id if activity else None, dict.fromkeys(LOGGED.values()))
    try:
        body = await _read(request)
        received.fields.update(_loggable(body))
        await to_thread(_grade, lms, request, activity, body, received)
    except ServiceRefused as refusal:
        await to_thread(lms.store.log, received, refusal.status, refusal.reason)
        raise
    if lms.outage.scores == "slow":
        await lms.outage.hold()
    return Response(None, media_type="text/plain")


async def _read(request: Asked) -> bytes:
    try:
        return await request.body()
    except HTTPException as error:
        raise ServiceRefused(error.status_code, "the body is larger than 1 MB") from error


def _loggable(body: bytes) -> dict[str, Any]:
    """The score's own fields, cut short, as far as the body can be read."""
    try:
        fields = scores.parse(body)
    except ServiceRefused:
        return {}
    return {ours: _short(fields.get(theirs)) for theirs, ours in LOGGED.items()}


def _short(value: Any) -> str | float | None:
    if value is None or (isinstance(value, int | float) and abs(value) < scores.HIGHEST_NUMBER):
        return value
    return str(value)[:2000]


def _grade(
    lms: Lms, request: Asked, activity: Activity | None, body: bytes, received: Post
) -> None:
    if lms.outage.scores == "down":
        raise ServiceRefused(503, "The score service is down, as a test asked")
    found = _allowed(lms, request, SCORE, activity)
    media_type = request.headers.get("content-type", "").split(";")[0].strip()
    if media_type != SCORE_TYPE:
        raise ServiceRefused(415, f"Content-Type has to be {SCORE_TYPE}")
    lms.store.grade(found, scores.check(scores.parse(body)), received)


@post(LINE_ITEM, status_code=200)
async def refuse_post_to_line_item(number: FromPath[int]) -> None:
    """Where a score ends up whose tool put /scores behind the query."""
    raise ServiceRefused(400, "No handler found: /scores belongs before the query")


@get(LINE_ITEM)
async def show_line_item(
    request: Asked, number: FromPath[int], lms: NamedDependency[Lms]
) -> Response[bytes]:
    """One column of the gradebook."""
    activity = await to_thread(lms.activity_of_line_item, number)
    found = await to_thread(_allowed, lms, request, LINE_ITEM_READONLY, activity)
    _check_accept(request, LINE_ITEM_TYPE)
    return _json(_line_item(lms, found), LINE_ITEM_TYPE)


@get(LINE_ITEMS)
async def list_line_items(request: Asked, lms: NamedDependency[Lms]) -> Response[bytes]:
    """Every column, or those of one resource link."""
    await to_thread(_check_token, lms, request, LINE_ITEM_READONLY)
    _check_deployment(request)
    _check_accept(request, LINE_ITEMS_TYPE)
    asked = {
        "id": request.query_params.get("resource_link_id"),
        "resource_id": request.query_params.get("resource_id"),
        "tag": request.query_params.get("tag"),
    }
    found = [
        _line_item(lms, one)
        for one in await to_thread(lms.activities)
        if one.line_item is not None
        and all(wanted in (None, getattr(one, name)) for name, wanted in asked.items())
    ]
    return _json(found, LINE_ITEMS_TYPE)


def _line_item(lms: Lms, activity: Activity) -> dict[str, Any]:
    return {
        "id": line_item_url(lms.settings.lms_url, activity.line_item or 0),
        "label": activity.title,
        "scoreMaximum": activity.points,
        "resourceId": activity.resource_id,
        "tag": activity.tag,
        "resourceLinkId": activity.id,
    }


@get(LINE_ITEM + "/results")
async def list_results(
    request: Asked, number: FromPath[int], lms: NamedDependency[Lms]
) -> Response[bytes]:
    """The grades that stand in one column."""
    activity = await to_thread(lms.activity_of_line_item, number)
    found = await to_thread(_allowed, lms, request, RESULT_READONLY, activity)
    _check_accept(request, RESULTS_TYPE)
    user_id = request.query_params.get("user_id")
    grades = await to_thread(lms.store.grades, found.id)
    url = line_item_url(lms.settings.lms_url, number)
    wanted = [one for one in grades if user_id in (None, one["user_id"])]
    return _json([_result(url, found.points, one) for one in wanted], RESULTS_TYPE)


def _result(line_item: str, points: float, grade: dict[str, Any]) -> dict[str, Any]:
    results = line_item.replace("/lineitem?", "/lineitem/results?")
    result = {
        "id": f"{results}&user_id={quote(grade['user_id'])}",
        "scoreOf": line_item,
        "userId": grade["user_id"],
        "resultScore": grade["result_score"],
        "resultMaximum": points,
        "timestamp": grade["timestamp"],
    }
    return result if grade["comment"] is None else {**result, "comment": grade["comment"]}


def _allowed(lms: Lms, request: Asked, scope: str, activity: Activity | None) -> Activity:
    _check_token(lms, request, scope)
    if activity is None:
        raise ServiceRefused(404, "There is no such line item")
    _check_deployment(request)
    return activity


def _check_token(lms: Lms, request: Asked, scope: str) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    granted = lms.store.scopes_of(token, lms.now()) if scheme == "Bearer" else None
    if granted is None:
        raise ServiceRefused(401, "The access token is missing, unknown or expired")
    if scope not in granted:
        raise ServiceRefused(403, f"The access token lacks {scope}")


def _check_deployment(request: Asked) -> None:
    """The query of a line item's URL is part of its name: it has to come back as it was."""
    if request.query_params.getall("type_id", []) != [DEPLOYMENT_ID]:
        raise ServiceRefused(400, f"type_id has to be {DEPLOYMENT_ID}")


def _check_accept(request: Asked, media_type: str) -> None:
    if request.headers.get("accept") != media_type:
        raise ServiceRefused(406, f"Accept has to be {media_type}")


def _json(content: Any, media_type: str) -> Response[bytes]:
    return Response(msgspec.json.encode(content), media_type=media_type)
