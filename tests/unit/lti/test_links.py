"""Link headers (RFC 8288), as platforms really write them."""

from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.links import next_page

URL = "https://lms.test/3/members?role=x"


def after(link: str) -> str | None:
    return next_page({"Link": link}, URL)


@pytest.mark.parametrize(
    "link",
    [
        '<https://lms.test/p2>; rel="next"',
        "<https://lms.test/p2>; rel=next",
        '<https://lms.test/p2>;rel="next"',
        '<https://lms.test/p2> ; REL = "Next"',
        '<https://lms.test/p2>; title="a, b; <c>"; rel="next"',
        '<https://lms.test/p2>; rel="last next"',
        '<https://lms.test/p1>; rel="first", <https://lms.test/p2>; rel="next"',
        '<https://lms.test/p1>; rel="current",<https://lms.test/p2>; rel="next",<x>; rel="last"',
        "<https://lms.test/p2>; rel=“next”",  # Moodle 4.5.6
        "</p2>; rel=next",
        "<//lms.test/p2>; rel=next",
        "< https://lms.test/p2 >; rel=next",
        "<https://lms.test/p2>; flag; rel=next",
        "nonsense, <https://lms.test/p2>; rel=next",
    ],
)
def test_the_next_page_is_found(link: str) -> None:
    assert after(link) == "https://lms.test/p2"


@pytest.mark.parametrize(
    "link",
    [
        "",
        '<https://lms.test/p1>; rel="first"',
        '<https://lms.test/p1>; rel="prev"; title="next"',
        "<https://lms.test/p1>",
        "https://lms.test/p2; rel=next",
        "<https://lms.test/p2; rel=next",
        '<https://lms.test/p1>; rel="prev"; rel="next"',  # only the first rel counts
        '<https://lms.test/p1>; rel=next; anchor="/elsewhere"',
        '<https://lms.test/p1>; rel="nextish"',
        "<https://[>; rel=next",
    ],
)
def test_where_nothing_follows_the_list_ends(link: str) -> None:
    assert after(link) is None


def test_a_bookmark_keeps_its_capitals() -> None:
    assert after("<https://lms.test/p?page=bookmark:WyJB>; rel=next") == (
        "https://lms.test/p?page=bookmark:WyJB"
    )


def test_an_address_written_as_html_is_read() -> None:
    assert after("<https://lms.test/p?from=1&amp;limit=2>; rel=“next”") == (
        "https://lms.test/p?from=1&limit=2"
    )


def test_links_may_come_in_several_headers() -> None:
    headers = httpx2.Headers([("Link", "<x>; rel=first"), ("link", "</p2>; rel=next")])
    assert next_page(headers, URL) == "https://lms.test/p2"


def test_a_link_may_come_in_utf8() -> None:
    headers = httpx2.Headers([(b"Link", "<https://lms.test/p2>; rel=“next”".encode())])
    assert next_page(headers, URL) == "https://lms.test/p2"


def test_an_answer_without_links_is_the_last() -> None:
    assert next_page({}, URL) is None


@given(st.text(max_size=300) | st.text(alphabet='<>;,="“” \t\\relnxt', max_size=300))
def test_any_header_leads_to_a_whole_address_or_nowhere(link: str) -> None:
    address = after(link)
    assert address is None or isinstance(urlsplit(address).scheme, str)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["<", "<>;", "<x>; a", '<x>;a="', "<x>;  ", "<x>; a=b; ", "“"])
def test_a_long_header_takes_no_time(piece: str) -> None:
    after(piece * 100_000)
