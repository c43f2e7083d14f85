"""Columns of the gradebook that a tool makes, changes and takes away."""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from service.demo import scores
from service.demo.errors import ServiceRefused
from service.demo.grades import LINE_ITEM as ONE_LINE_ITEM
from service.demo.grades import (
    LINE_ITEM_TYPE,
    LINE_ITEMS,
    allowed,
    as_json,
    check_accept,
    check_address,
    check_sent,
    check_token,
    read_body,
    written,
)
from service.demo.lms import Asked, Lms
from service.demo.platform import CLIENT_ID, LINE_ITEM, Activity, Column

EXTENSION = "https://canvas.instructure.com/lti/submission_type"
LONGEST = 255
TEXTS = ("resourceId", "tag", "resourceLinkId", "startDateTime", "endDateTime")


@post(LINE_ITEMS, status_code=201)
async def make_line_item(request: Asked, lms: NamedDependency[Lms]) -> Response[bytes]:
    """A column that a tool asks for: of a link that has none, or with an activity of its own."""
    await to_thread(check_token, lms, request, LINE_ITEM)
    check_address(lms, request)
    sent = await _sent(lms, request)
    made = await to_thread(_make, lms, sent)
    found = await to_thread(lms.activity_of_line_item, made)
    if found is None:
        raise ServiceRefused(500, "The line item is lost")
    return as_json(written(lms, found), LINE_ITEM_TYPE, status=201)


def _make(lms: Lms, sent: Mapping[str, Any]) -> int:
    column = _column(sent)
    after = max((one.line_item or 0 for one in lms.settings.activities), default=0)
    link = sent.get("resourceLinkId")
    if link is None:
        told = sent.get(EXTENSION)
        url = told.get("external_tool_url") if isinstance(told, dict) else None
        return lms.store.make_page(CLIENT_ID, column, url, after=after)
    activity = lms.activity(link)
    lms.flavour.check_link(activity)
    made = lms.store.make_column(link, column, after=after) if link.startswith("link-") else None
    if made is None:
        raise ServiceRefused(400, "This resource link has its line item")
    return made


def _column(sent: Mapping[str, Any]) -> Column:
    extension = {EXTENSION: sent[EXTENSION]} if EXTENSION in sent else {}
    return Column(
        label=sent["label"],
        points=sent["scoreMaximum"],
        resource_id=sent.get("resourceId") or "",
        tag=sent.get("tag") or "",
        starts=sent.get("startDateTime"),
        ends=sent.get("endDateTime"),
        extensions=extension,
    )


@put(ONE_LINE_ITEM)
async def change_line_item(
    request: Asked, number: FromPath[int], lms: NamedDependency[Lms]
) -> Response[bytes]:
    """A column that a tool wants otherwise."""
    activity = await to_thread(lms.activity_of_line_item, number)
    found = await to_thread(allowed, lms, request, LINE_ITEM, activity)
    sent = await _sent(lms, request)
    column = lms.flavour.changed(_held(found), sent)
    await to_thread(lms.store.change_column, found, column, rescale=lms.flavour.rescales)
    changed = await to_thread(lms.activity_of_line_item, number)
    return as_json(written(lms, changed or found), LINE_ITEM_TYPE)


def _held(activity: Activity) -> Column:
    named = {"resource_id": activity.resource_id, "tag": activity.tag}
    return activity.column or Column(label=activity.title, points=activity.points, **named)


@delete(ONE_LINE_ITEM, status_code=204)
async def delete_line_item(
    request: Asked, number: FromPath[int], lms: NamedDependency[Lms]
) -> None:
    """A column that a tool takes away, with all that is in it."""
    activity = await to_thread(lms.activity_of_line_item, number)
    found = await to_thread(allowed, lms, request, LINE_ITEM, activity)
    lms.flavour.check_deletable(was_made=await to_thread(lms.store.was_made, number))
    gone = replace(_held(found), deleted=True)
    await to_thread(lms.store.change_column, found, gone, rescale=False)


async def _sent(lms: Lms, request: Asked) -> dict[str, Any]:
    """A column as the specification writes it, or why it is none."""
    check_sent(lms, request, LINE_ITEM_TYPE)
    check_accept(lms, request, LINE_ITEM_TYPE)
    sent = scores.parse(await read_body(request))
    label, points = sent.get("label"), sent.get("scoreMaximum")
    if not isinstance(label, str) or not 0 < len(label) <= LONGEST:
        raise ServiceRefused(400, "label is missing or no text")
    if isinstance(points, bool) or not isinstance(points, int | float):
        raise ServiceRefused(400, "scoreMaximum is missing or no number")
    if not 0 < points <= scores.HIGHEST_NUMBER:
        raise ServiceRefused(400, "scoreMaximum is out of range")
    for name in TEXTS:
        if not isinstance(sent.get(name), str | None) or len(sent.get(name) or "") > LONGEST:
            raise ServiceRefused(400, f"{name} is no text")
    return sent
