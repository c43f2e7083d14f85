"""What a learner does with a clip of their own before the lock, and its deletion afterwards."""

import re
from typing import Any
from uuid import UUID

from litestar import Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response
from litestar_htmx import HTMXRequest

from service import own_clips, replacing
from service.pages.answering import answer_attempt
from service.pages.guard import form_of
from service.pages.site import GET_OR_POST, Here, Site

LARGEST_FORM = 16_000
PLACE = re.compile("place-([0-9]{1,3})")


@post("/replace", status_code=200)
async def replace_clip(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Drop the clip and choose another one; costs nothing."""
    async with site.database.begin() as work:
        attempt = await replacing.replace_clip(work, attempt_id, by=here.launch, now=site.clock())
    return await answer_attempt(request, site, here, attempt.id)


@post("/frame-rate", status_code=200)
async def frame_rate(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The learner says how many frames a second the scanner recorded; the clip is tried again."""
    typed = (await form_of(request)).get("frames_per_second", "")
    async with site.database.begin() as work:
        await own_clips.tell_frame_rate(work, attempt_id, by=here.launch, typed=typed)
    return await answer_attempt(request, site, here, attempt_id)


@post("/trim", status_code=200)
async def trim(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The learner picks the part of a long clip; it is tried again."""
    form = await form_of(request)
    async with site.database.begin() as work:
        await own_clips.trim(
            work, attempt_id, by=here.launch, first=form.get("from", ""), last=form.get("to", "")
        )
    return await answer_attempt(request, site, here, attempt_id)


@route("/cover", http_method=GET_OR_POST, status_code=200)
async def cover_page(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The clip with a rectangle to draw over whatever should not be seen."""
    return await answer_attempt(request, site, here, attempt_id, covering=True)


@post("/covered", status_code=200)
async def covered(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Black out the rectangle that was drawn or typed."""
    form = await form_of(request)
    async with site.database.begin() as work:
        attempt, clip = await own_clips.clip_of_draft(work, attempt_id, here.launch)
        drawn = own_clips.box_of_percents(clip, form)
        boxes = [] if drawn is None else [drawn]
        await own_clips.cover(work, attempt.id, by=here.launch, boxes=boxes)
    return await answer_attempt(request, site, here, attempt_id)


@post("/resolved", status_code=200)
async def resolved(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Black out what was found, less what the learner has looked at and says is no writing."""
    form = await form_of(request)
    no_writing = {
        int(place[1]) for name in form if form[name] == "none" and (place := PLACE.fullmatch(name))
    }
    async with site.database.begin() as work:
        await own_clips.resolve(
            work,
            attempt_id,
            by=here.launch,
            picture=form.get("picture", ""),
            no_writing=no_writing,
            now=site.clock(),
        )
    return await answer_attempt(request, site, here, attempt_id)


@post("/delete-clip", status_code=200)
async def delete_clip(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Delete the clip at once; the numbers stay."""
    async with site.database.begin() as work:
        await own_clips.delete(
            work, attempt_id, by=here.launch, now=site.clock(), remove=site.clips.delete
        )
    return await answer_attempt(request, site, here, attempt_id)


routes = Router(
    "/attempts/{attempt_id:uuid}",
    route_handlers=[replace_clip, frame_rate, trim, cover_page, covered, resolved, delete_clip],
    request_max_body_size=LARGEST_FORM,
)
