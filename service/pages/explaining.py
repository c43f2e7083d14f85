"""What explains an answer: stills of the heart at its largest and smallest, and marking them."""

import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import MediaType, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response
from litestar_htmx import HTMXRequest

from service import attempts, marking
from service.clips import ClipStoreRefused
from service.i18n import _
from service.pages.answering import answer_attempt
from service.pages.drawing import draw
from service.pages.easel import Easel
from service.pages.guard import form_of
from service.pages.site import GET_OR_HEAD, Here, Site, fragment
from service.store import tracings as rows

JPEG = "image/jpeg"


@route("/stills/{clip_id:uuid}/{frame:int}", http_method=GET_OR_HEAD, status_code=200)
async def still(
    clip_id: FromPath[UUID],
    frame: FromPath[int],
    expires: FromQuery[int],
    launch: FromQuery[str],
    sig: FromQuery[str],
    site: NamedDependency[Site],
) -> Response[bytes]:
    """One frame as a picture, for whoever was given its address."""
    check_address(site, sig, (clip_id.hex, frame, expires, launch), expires, site.clock())
    async with site.database.begin() as work:
        jpeg = await rows.still(work.session, clip_id, frame)
    if jpeg is None:
        raise ClipStoreRefused(_("This clip has been deleted."), status=404)
    headers = {"Cache-Control": "private, max-age=900"}
    return Response(jpeg, media_type=JPEG, headers=headers)


def check_address(
    site: Site, sig: str, parts: tuple[object, ...], expires: int, now: datetime
) -> None:
    """Refuse an address that we did not sign, or whose time is over."""
    if not hmac.compare_digest(sig.encode(), site.signer.sign("still", *parts).encode()):
        raise ClipStoreRefused(_("This address is not one of ours."), status=403)
    if now.timestamp() > expires:
        raise ClipStoreRefused(_("This address has expired. Reload the page."), status=403)


@post("/attempts/{attempt_id:uuid}/marks", status_code=200, request_max_body_size=16_000)
async def mark(
    request: HTMXRequest,
    attempt_id: FromPath[UUID],
    site: NamedDependency[Site],
    here: NamedDependency[Here],
) -> Response[Any]:
    """The learner says which frames show the heart at its largest and at its smallest."""
    form = await form_of(request)
    async with site.database.begin() as work:
        await marking.mark(
            work,
            attempt_id,
            by=here.launch,
            end_diastole=form.get("end_diastole", ""),
            end_systole=form.get("end_systole", ""),
            now=site.clock(),
        )
    return await answer_attempt(request, site, here, attempt_id)


@get("/attempts/{attempt_id:uuid}/explained")
async def explained(
    attempt_id: FromPath[UUID], site: NamedDependency[Site], here: NamedDependency[Here]
) -> Response[Any]:
    """The marked frames once there are pictures of them, or 204 while those are on their way;
    nothing where there is no answer any more, or yet."""
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        view = await draw(Easel(site=site, work=work, here=here), attempt)
    if view.reveal is None or view.reveal.explained is None:
        return Response("", media_type=MediaType.HTML)
    if view.reveal.explained.polls:
        return Response(None, status_code=204)
    return fragment("explained", launch=here.view, attempt=view, reveal=view.reveal)
