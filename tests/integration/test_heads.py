"""HEAD: link checkers and an LMS's proxies ask for it, and get what GET would say of itself."""

import pytest

from tests.support.every_route import MODEL, OPEN_TO_ALL
from tests.support.walks import clip_url_of, launch_of, opens_case
from tests.support.world import TOOL, World


@pytest.mark.parametrize("path", [*OPEN_TO_ALL, MODEL])
async def test_the_head_of_an_open_page_is_that_of_the_page_without_a_body(
    world: World, path: str
) -> None:
    http = world.browser().http
    whole, head = await http.get(f"{TOOL}{path}"), await http.head(f"{TOOL}{path}")
    assert head.status_code == whole.status_code == 200
    assert {**head.headers} == {**whole.headers}
    assert whole.content
    assert not head.content


async def test_the_head_of_a_clip_says_how_long_it_is(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    url = clip_url_of(ada).partition("#")[0]
    whole = await ada.http.get(url)
    for headers in ({}, {"Range": "bytes=0-3"}, {"Range": "bytes=999999999-"}):
        head = await ada.http.head(url, headers=headers)
        assert head.status_code == 200, "a HEAD has no ranges"
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]
        assert "Content-Range" not in head.headers
        assert not head.content
    assert (await ada.http.head(f"{url}0")).status_code == 403, "a changed address"


async def test_pages_of_a_launch_and_the_doors_have_no_head(world: World) -> None:
    """Opening one may begin something, and a proxy that looks ahead is to begin nothing."""
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    for path in (f"{launch_of(ada)}/cases/1", "/lti/login", "/lti/launch"):
        answer = await ada.http.head(f"{TOOL}{path}")
        assert answer.status_code == 405, path
