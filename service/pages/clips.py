"""The signed addresses of LocalClips: a browser puts a raw clip, or watches a masked one."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from litestar import put, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Response, Stream
from litestar_htmx import HTMXRequest

from inference.reading import MAX_UPLOAD_BYTES
from service.clips import ClipStoreRefused, LocalClips, NoSuchRange
from service.i18n import _
from service.pages.site import GET_OR_HEAD, Site

CHUNK = 64 * 1024
VIDEO = "video/mp4"
A_POSITION = re.compile("[0-9]{1,18}")
A_PIECE = re.compile(r"bytes (?:\*|(?P<first>[0-9]{1,18})-[0-9]{1,18})/(?P<total>[0-9]{1,18})")
UPLOAD_OFFSET = "Upload-Offset"


@put("/clips/{key:path}", status_code=204, request_max_body_size=MAX_UPLOAD_BYTES + CHUNK)
async def send_clip(
    request: HTMXRequest,
    key: FromPath[Path],
    expires: FromQuery[int],
    most: Annotated[int, QueryParameter(name="max")],
    sig: FromQuery[str],
    site: NamedDependency[Site],
) -> Response[None]:
    """Take an upload as it arrives: it is never whole in memory. In one go, or in pieces that say
    where they belong; `bytes */TOTAL` asks how much is here, after a connection broke."""
    name = str(key).lstrip("/")
    now = site.clock().timestamp()
    clips = local(site)
    clips.check_upload(name, expires=expires, max_bytes=most, sig=sig, now=now)
    asked = request.headers.get("Content-Range")
    if asked is None:
        await clips.receive(name, request.stream(), max_bytes=most)
        return Response(None, status_code=204)
    offset = parse_content_range(asked, most)
    if offset is None:
        here = await clips.received(name)
    else:
        here = await clips.append(name, request.stream(), offset=offset, total=most)
    return Response(
        None, status_code=204 if here == most else 202, headers={UPLOAD_OFFSET: str(here)}
    )


def parse_content_range(text: str, total: int) -> int | None:
    """Where a piece begins, or None where the sender asks how far it has come (RFC 9110, 14.4)."""
    found = A_PIECE.fullmatch(text.strip())
    if found is None or int(found["total"]) != total:
        raise ClipStoreRefused(_("This range cannot be stored."), status=416)
    return None if found["first"] is None else int(found["first"])


def local(site: Site) -> LocalClips:
    """The folder of clips; a store with addresses of its own has none of these pages."""
    if not isinstance(site.clips, LocalClips):
        raise ClipStoreRefused(_("This address is not one of ours."), status=404)
    return site.clips


@route("/clips/{key:path}", http_method=GET_OR_HEAD, status_code=200)
async def watch_clip(
    request: HTMXRequest,
    key: FromPath[Path],
    expires: FromQuery[int],
    launch: FromQuery[str],
    sig: FromQuery[str],
    site: NamedDependency[Site],
) -> Response[Any]:
    """A masked clip, whole or the range that a player asks for."""
    name = str(key).lstrip("/")
    now = site.clock().timestamp()
    clips = local(site)
    clips.check_download(name, expires=expires, launch=launch, sig=sig, now=now)
    size = await clips.size(name)
    if size is None:
        raise ClipStoreRefused(_("This clip has been deleted."), status=404)
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=900"}
    asked = request.headers.get("Range") if request.method == "GET" else None  # RFC 9110, 14.2
    span = parse_range(asked, size) if asked else None
    if span is None:
        body = chunks(clips.path(name), 0, size - 1)
        return Stream(body, media_type=VIDEO, headers={**headers, "Content-Length": str(size)})
    start, end = span
    return Stream(
        chunks(clips.path(name), start, end),
        media_type=VIDEO,
        status_code=206,
        headers={
            **headers,
            "Content-Range": f"bytes {start}-{end}/{size}",
            "Content-Length": str(end - start + 1),
        },
    )


def parse_range(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of one range; None, for all of the clip, where several are asked for or
    they are counted in something else: RFC 9110 lets a server ignore the ones, and tells it to
    ignore the others.
    """
    unit, equals, asked = text.partition("=")
    if unit.strip().lower() != "bytes" or "," in asked:
        return None
    first, dash, last = asked.strip().partition("-")
    if not equals or not dash or not (first or last):
        raise NoSuchRange(size)
    if not all(part == "" or A_POSITION.fullmatch(part) for part in (first, last)):
        raise NoSuchRange(size)
    if first == "":
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    if start > end:
        raise NoSuchRange(size)
    return start, end


async def chunks(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from start to end, both included."""
    with path.open("rb") as file:
        file.seek(start)
        left = end - start + 1
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
