"""Lists page by page, as Canvas gives them: the way on is in a header, and its case matters."""

import base64
from collections.abc import Sequence
from urllib.parse import urlencode

from service.demo.errors import ServiceRefused

BOOKMARK = "bookmark:"


def page_of[Entry](
    entries: Sequence[Entry], size: int | None, query: dict[str, str], url: str
) -> tuple[Sequence[Entry], dict[str, str]]:
    """A page of a list, and its Link header; the whole list where there are no pages."""
    if size is None:
        return entries, {}
    start = _place_of(query.get("page", ""), len(entries))
    end = start + size
    if end >= len(entries):
        return entries[start:], {}
    following = {**query, "page": BOOKMARK + _encoded(end)}
    links = f'<{url}?{urlencode(query)}>; rel="current",<{url}?{urlencode(following)}>; rel="next"'
    return entries[start:end], {"Link": links}


def _encoded(place: int) -> str:
    """A bookmark in which capitals count."""
    return base64.urlsafe_b64encode(f"ID at {place}".encode()).decode().rstrip("=")


def _place_of(page: str, most: int) -> int:
    if not page:
        return 0
    known = {BOOKMARK + _encoded(place): place for place in range(most)}
    if page not in known:
        raise ServiceRefused(400, "This bookmark is invalid")
    return known[page]
