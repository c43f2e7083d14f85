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
from service.demo.flavours.canvas import ROOT
from service.demo.flavours.paging import page_of
from service.demo.lms import Asked, Lms
from service.demo.platform import (
    COURSE_ID,
    COURSE_TITLE,
    LINE_ITEM_READONLY,
    RESULT_READONLY,
    ROSTER,
    SCORE,
    USERS,
    Activity,
    User,
)
from service.demo.store import Post, held_of

# One address as this LMS and Moodle have it, one as Canvas does.
LINE_ITEMS = [f"/lti/courses/{COURSE_ID}/lineitems", f"{ROOT}{COURSE_ID}/line_items"]
LINE_ITEM = [
    f"/lti/courses/{COURSE_ID}/lineitems/{{number:int}}/lineitem",
    f"{ROOT}{COURSE_ID}/line_items/{{number:int}}",
]
SCORES = [f"{path}/scores" for path in LINE_ITEM]
RESULTS = [f"{path}/results" for path in LINE_ITEM]
MEMBERS = [f"/lti/courses/{COURSE_ID}/members", f"{ROOT}{COURSE_ID}/names_and_roles"]
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
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


@post(SCORES, status_code=200)
async def receive_score(
    request: Asked, number: FromPath[int], lms: NamedDependency[Lms]
) -> Response[None]:
    """A score for one learner; whatever becomes of it is logged."""
    activity = await to_thread(lms.activity_of_line_item, number)
    received = Post(lms.now(), activity.id if activity else None, dict.fromkeys(LOGGED.values()))
    try:
        body = await read_body(request)
        received.fields.update(_loggable(body))
        await to_thread(_grade, lms, request, activity, body, received)
    except ServiceRefused as refusal:
        await to_thread(lms.store.log, received, refusal.status, refusal.reason)
        raise
    if lms.outage.scores == "slow":
        await lms.outage.hold()
    return Response(None, media_type="text/plain")


async def read_body(request: Asked) -> bytes:
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
    if lms.outage.scores == "busy":
        raise lms.flavour.throttled()
    if lms.outage.scores == "stranger":
        raise ServiceRefused(*lms.flavour.stranger)
    found = allowed(lms, request, SCORE, activity)
    check_sent(lms, request, scores.SCORE_TYPE)
    score = scores.check(scores.parse(body), lms.flavour.stranger)
    lms.store.grade(found, score, received, lms.flavour)


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
    found = await to_thread(allowed, lms, request, LINE_ITEM_READONLY, activity)
    check_accept(lms, request, LINE_ITEM_TYPE)
    return as_json(written(lms, found), LINE_ITEM_TYPE)


@get(LINE_ITEMS)
async def list_line_items(request: Asked, lms: NamedDependency[Lms]) -> Response[bytes]:
    """Every column, or those of one resource link."""
    await to_thread(check_token, lms, request, LINE_ITEM_READONLY)
    check_address(lms, request)
    check_accept(lms, request, LINE_ITEMS_TYPE)
    asked = {
        "id": request.query_params.get("resource_link_id"),
        "resource_id": request.query_params.get("resource_id"),
        "tag": request.query_params.get("tag"),
    }
    found = [
        written(lms, one)
        for one in await to_thread(lms.activities)
        if one.line_item is not None
        and all(wanted in (None, getattr(one, name)) for name, wanted in asked.items())
    ]
    return _listed(lms, request, found, LINE_ITEMS_TYPE)


def written(lms: Lms, activity: Activity) -> dict[str, Any]:
    """A column as it is told."""
    column = activity.column
    told: dict[str, Any] = {
        "id": lms.line_item_url(activity.line_item or 0),
        "label": column.label if column else activity.title,
        "scoreMaximum": activity.points,
        "resourceId": activity.resource_id,
        "tag": activity.tag,
    }
    if column is None or column.bound:
        told["resourceLinkId"] = activity.id
    return told | (lms.flavour.told_beyond(column) if column else {})


@get(RESULTS)
async def list_results(
    request: Asked, number: FromPath[int], lms: NamedDependency[Lms]
) -> Response[bytes]:
    """The grades that stand in one column."""
    activity = await to_thread(lms.activity_of_line_item, number)
    found = await to_thread(allowed, lms, request, RESULT_READONLY, activity)
    check_accept(lms, request, RESULTS_TYPE)
    lms.flavour.check_results_query(dict(request.query_params))
    user_id = request.query_params.get("user_id")
    grades = await to_thread(lms.store.grades, found.id)
    wanted = [one for one in grades if user_id in (None, one["user_id"])]
    results = [_result(lms, found, one) for one in wanted]
    return _listed(lms, request, results, RESULTS_TYPE)


def _result(lms: Lms, activity: Activity, grade: dict[str, Any]) -> dict[str, Any]:
    line_item = lms.line_item_url(activity.line_item or 0)
    path, _, query = line_item.partition("?")
    query = "&".join(filter(None, (query, f"user_id={quote(grade['user_id'])}")))
    result = {
        "id": f"{path}/results?{query}",
        "scoreOf": line_item,
        "userId": grade["user_id"],
        **lms.flavour.result(held_of(grade)),
        "resultMaximum": activity.points,
        "timestamp": grade["timestamp"],
    }
    return result if grade["comment"] is None else {**result, "comment": grade["comment"]}


@get(MEMBERS)
async def list_members(request: Asked, lms: NamedDependency[Lms]) -> Response[bytes]:
    """Who is in the course."""
    await to_thread(check_token, lms, request, ROSTER)
    check_accept(lms, request, MEMBERS_TYPE)
    members, headers = _page(lms, request, [_member(user) for user in USERS.values()])
    content = {"id": str(request.url), "context": {"id": COURSE_ID, "title": COURSE_TITLE}}
    return as_json({**content, "members": members}, MEMBERS_TYPE, headers)


def _member(user: User) -> dict[str, Any]:
    return {
        "status": "Active",
        "user_id": user.id,
        "roles": [user.role],
        "name": user.name,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "email": user.email,
    }


def check_sent(lms: Lms, request: Asked, media_type: str) -> None:
    """What comes is called what it is."""
    sent = request.headers.get("content-type", "").split(";")[0].strip()
    lms.flavour.check_sent(sent, media_type)


def allowed(lms: Lms, request: Asked, scope: str, activity: Activity | None) -> Activity:
    check_token(lms, request, scope)
    if activity is None:
        raise ServiceRefused(404, "There is no such line item")
    check_address(lms, request)
    return activity


def check_token(lms: Lms, request: Asked, scope: str) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    granted = lms.store.scopes_of(token, lms.now()) if scheme == "Bearer" else None
    if granted is None:
        raise ServiceRefused(401, "The access token is missing, unknown or expired")
    if scope not in granted:
        raise ServiceRefused(403, f"The access token lacks {scope}")


def check_address(lms: Lms, request: Asked) -> None:
    lms.flavour.check_address(request.url.path, request.query_params.getall("type_id", []))


def check_accept(lms: Lms, request: Asked, media_type: str) -> None:
    lms.flavour.check_accept(request.headers.get("accept"), media_type)


def _listed(
    lms: Lms, request: Asked, entries: list[dict[str, Any]], media_type: str
) -> Response[bytes]:
    shown, headers = _page(lms, request, entries)
    return as_json(shown, media_type, headers)


def _page(lms: Lms, request: Asked, entries: list[dict[str, Any]]) -> tuple[Any, dict[str, str]]:
    url = lms.settings.lms_url + request.url.path
    return page_of(entries, lms.flavour.page_size, dict(request.query_params), url)


def as_json(
    content: Any, media_type: str, headers: dict[str, str] | None = None, *, status: int = 200
) -> Response[bytes]:
    """An answer of this type."""
    encoded = msgspec.json.encode(content)
    return Response(encoded, status_code=status, media_type=media_type, headers=headers or {})
