"""Link headers (RFC 8288): where the next page of a list is.

One platform's bookmarks tell capitals from small letters; another writes its addresses as HTML,
`&amp;`, and its quotation marks curly. Both are read.
"""

import re
from collections.abc import Mapping
from urllib.parse import urljoin

MOST_CHARACTERS = 16_384

_LINK = re.compile(
    r"""<([^<>]*)>  # the address
        ((?:\s*;\s*[\w!#$%&'*+.^`|~-]+(?:\s*=\s*(?:"[^"]*"|[“”][^“”]*[“”]|[^\s;,"“”]*))?)*)""",
    re.VERBOSE,
)
_PARAMETER = re.compile(
    r"""([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*("[^"]*"|[“”][^“”]*[“”]|[^\s;,"“”]*))?"""
)


def next_page(headers: Mapping[str, str], url: str) -> str | None:
    """The whole address of the page after this one, as its platform gives it; None at the end."""
    for address, parameters in _LINK.findall(headers.get("Link", "")[:MOST_CHARACTERS]):
        if _leads_on(parameters):
            return _absolute(url, address.replace("&amp;", "&").strip())
    return None


def _leads_on(parameters: str) -> bool:
    said: dict[str, str] = {}
    for name, value in _PARAMETER.findall(parameters):
        said.setdefault(name.lower(), value.strip('"“”'))
    return "next" in said.get("rel", "").lower().split() and "anchor" not in said


def _absolute(url: str, address: str) -> str | None:
    try:
        return urljoin(url, address)
    except ValueError:
        return None
