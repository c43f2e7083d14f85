"""A clip of the learner's own: the grant to send it, and its arrival."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from litestar_htmx import HTMXRequest

from inference.reading import MAX_UPLOAD_BYTES, MAX_UPLOAD_MEGABYTES, megabytes
from service import attempts, own_clips
from service.clips import ClipStore
from service.i18n import _
from service.models import Clip, ClipState
from service.pages.answering import answer_attempt
from service.pages.site import Here, Site
from service.store import clips as clip_rows
from service.words import TOO_LARGE

LARGEST_ASK = 16_000


@dataclass(frozen=True, slots=True)
class UploadWish:
    """How many bytes the browser wants to send; `again` where it goes on with what has begun."""

    bytes: int
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Where to send them, and whom to tell."""

    url: str
    method: str
    headers: dict[str, str]
    resumable: bool
    done_url: str


@post("/clip/grant", status_code=200)
async def grant(
    data: JSONBody[UploadWish],
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Grant:
    """Let this browser send one file; the file's name is neither asked for nor kept."""
    if data.bytes <= 0:
        raise attempts.AttemptRefused(_("This file is empty. Choose the clip itself."))
    if data.bytes > MAX_UPLOAD_BYTES:
        raise attempts.AttemptRefused(
            _(TOO_LARGE, megabytes=megabytes(data.bytes), limit=MAX_UPLOAD_MEGABYTES)
        )
    now = site.clock()
    async with site.database.begin() as work:
        clip = await own_clips.begin_upload(
            work, attempt_id, by=here.launch, size=data.bytes, again=data.again, now=now
        )
    allowed = await site.clips.grant_upload(
        str(clip.raw_key), max_bytes=data.bytes, now=now.timestamp()
    )
    path = f"{here.path}/attempts/{attempt_id}/clip/done"
    return Grant(
        url=allowed.url,
        method=allowed.method,
        headers=allowed.headers,
        resumable=allowed.resumable,
        done_url=path,
    )


@post("/clip/done", status_code=200)
async def done(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The browser says that it is all there: look, and have it masked."""
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        if attempt.clip_id is None:
            raise attempts.AttemptRefused(_("Choose a clip first."))
        clip = await clip_rows.by_id(work.session, attempt.clip_id)
    if clip.state is ClipState.AWAITED:
        await check_arrival(site.clips, clip)
        async with site.database.begin() as work:
            clip = await clip_rows.by_id(work.session, clip.id, lock=True)
            if clip.state is ClipState.AWAITED:
                clip.state = ClipState.UPLOADED
                work.nudge("prepare", clip.id)
    return await answer_attempt(request, site, here, attempt_id)


async def check_arrival(clips: ClipStore, clip: Clip) -> None:
    """Whether the bytes are there, and no more than were announced: not every store sees to it."""
    key = str(clip.raw_key)
    size = await clips.size(key)
    if not size:
        raise attempts.AttemptRefused(_("The clip didn't arrive. Please send it again."))
    if clip.raw_bytes is not None and size > clip.raw_bytes:
        await clips.delete(key)
        raise attempts.AttemptRefused(
            _("More has arrived than was announced. Please choose the clip again.")
        )


routes = Router(
    "/attempts/{attempt_id:uuid}",
    route_handlers=[grant, done],
    request_max_body_size=LARGEST_ASK,
)
