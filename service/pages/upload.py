"""A clip of the learner's own: the grant to send it, its arrival, its replacement."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from litestar_htmx import HTMXRequest

from inference.reading import HIGHEST_FRAME_RATE, LOWEST_FRAME_RATE, MAX_UPLOAD_BYTES
from service import attempts
from service.clips import new_raw_key
from service.i18n import _
from service.models import Clip, ClipState
from service.pages.answering import answer_attempt
from service.pages.guard import form_of
from service.pages.site import Here, Site
from service.store import clips as clip_rows

LARGEST_ASK = 16_000


@dataclass(frozen=True, slots=True)
class UploadWish:
    """How many bytes the browser wants to send."""

    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Where to send them, and whom to tell."""

    url: str
    method: str
    headers: dict[str, str]
    done_url: str


@post("/clip/grant", status_code=200)
async def grant(
    data: JSONBody[UploadWish],
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Grant:
    """Let this browser send one file; the file's name is neither asked for nor kept."""
    if not 0 < data.bytes <= MAX_UPLOAD_BYTES:
        raise attempts.AttemptRefused(
            _(
                "This file is %(size)s MB; the limit is %(limit)s MB. "
                "Shorten it or export at lower quality.",
                size=f"{data.bytes / 1024**2:.0f}",
                limit=MAX_UPLOAD_BYTES // 1024**2,
            )
        )
    now = site.clock()
    clip = Clip(
        state=ClipState.AWAITED,
        learner_id=here.launch.learner_id,
        phantom=False,
        raw_key=new_raw_key(),
        created_at=now,
    )
    async with site.database.begin() as work:
        await attempts.attach_clip(work, attempt_id, by=here.launch, clip=clip)
    allowed = await site.clips.grant_upload(
        str(clip.raw_key), max_bytes=data.bytes, now=now.timestamp()
    )
    path = f"{here.path}/attempts/{attempt_id}/clip/done"
    return Grant(url=allowed.url, method=allowed.method, headers=allowed.headers, done_url=path)


@post("/clip/done", status_code=200)
async def done(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The browser says that it is all there: look, and have it masked."""
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch, lock=True)
        clip_id = attempt.clip_id
        if clip_id is None:
            raise attempts.AttemptRefused(_("Choose a clip first."))
        clip = await clip_rows.by_id(work.session, clip_id, lock=True)
        if clip.state is ClipState.AWAITED:
            if not await site.clips.size(str(clip.raw_key)):
                raise attempts.AttemptRefused(_("The clip didn't arrive. Please send it again."))
            clip.state = ClipState.UPLOADED
            work.nudge("prepare", clip.id)
    return await answer_attempt(request, site, here, attempt_id)


@post("/replace", status_code=200)
async def replace_clip(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """Drop the clip and choose another one; costs nothing."""
    async with site.database.begin() as work:
        await attempts.replace_clip(work, attempt_id, by=here.launch)
    return await answer_attempt(request, site, here, attempt_id)


@post("/frame-rate", status_code=200)
async def frame_rate(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The learner says how many frames a second the scanner recorded; the clip is tried again."""
    told = parse_frame_rate((await form_of(request)).get("frames_per_second", ""))
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch, lock=True)
        if attempt.clip_id is None:
            raise attempts.AttemptRefused(_("Choose a clip first."))
        clip = await clip_rows.by_id(work.session, attempt.clip_id, lock=True)
        if clip.state is ClipState.REFUSED and clip.raw_deleted_at is None:
            clip.told_frame_rate = told
            clip.state = ClipState.UPLOADED
            clip.refusal = None
            work.nudge("prepare", clip.id)
    return await answer_attempt(request, site, here, attempt_id)


def parse_frame_rate(text: str) -> float:
    """Frames per second as people type them."""
    digits = text.strip().replace(",", ".")
    if digits.replace(".", "", 1).isdecimal() and digits.isascii():
        told = float(digits)
        if LOWEST_FRAME_RATE <= told <= HIGHEST_FRAME_RATE:
            return told
    raise attempts.AttemptRefused(
        _(
            "Type the frames per second, from %(lowest)s to %(highest)s.",
            lowest=f"{LOWEST_FRAME_RATE:g}",
            highest=f"{HIGHEST_FRAME_RATE:g}",
        )
    )


routes = Router(
    "/attempts/{attempt_id:uuid}",
    route_handlers=[grant, done, replace_clip, frame_rate],
    request_max_body_size=LARGEST_ASK,
)
