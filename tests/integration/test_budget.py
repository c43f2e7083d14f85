"""What the page of an attempt costs before anything is seen of it: bytes, requests, strangers."""

import re

import pytest

from tests.support.walks import a_ready_clip, locks, opens_case
from tests.support.world import TOOL, Browser, World, form_to

MOST_BYTES = 60_000  # over the wire, without the clip: some seconds on a ward's worst network
MOST_REQUESTS = 12
ADDRESS = re.compile(r'(?:src|href)="([^"#]+)"')


async def weigh(browser: Browser) -> dict[str, int]:
    """The page and all that it loads, with what each takes on the wire."""
    page = browser.text
    addresses = set(ADDRESS.findall(re.sub(r"<a .*?>", "", page, flags=re.DOTALL)))
    ours = {one for one in addresses if not one.startswith("/clips/")}
    sizes = {"page": len(page.encode())}
    for address in ours:
        assert address.startswith("/static/"), f"{address} is no file of ours"
        answer = await browser.http.get(f"{TOOL}{address}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"]
        sizes[address] = int(answer.headers["Content-Length"])
    return sizes


async def test_the_first_paint_of_an_attempt_is_small(world: World) -> None:
    await world.adds_case(51.0)
    await world.draws_anchors()
    ada = await world.learner("practice")
    await opens_case(ada)
    sizes = await weigh(ada)
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    assert len(sizes) <= MOST_REQUESTS, sizes
    await locks(ada, "42")
    assert "You said 42 %." in ada.text
    sizes = await weigh(ada)
    assert sum(sizes.values()) <= MOST_BYTES, sizes


@pytest.mark.breadth
async def test_so_is_it_in_the_language_that_takes_most_bytes(world: World) -> None:
    await world.adds_case(51.0)
    await world.draws_anchors()
    ada = await world.learner("practice")
    await ada.sends(form_to(ada.text, "/language"), language="ar")
    await opens_case(ada)
    assert '<html lang="ar" dir="rtl">' in ada.text
    sizes = await weigh(ada)
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    await locks(ada, "42")
    sizes = await weigh(ada)
    assert sum(sizes.values()) <= MOST_BYTES, sizes


async def test_so_is_that_of_a_clip_of_ones_own(world: World) -> None:
    sizes = await weigh(await a_ready_clip(world))
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    assert len(sizes) <= MOST_REQUESTS, sizes


@pytest.mark.parametrize("path", ["/static/base.css", "/static/vendor/htmx.min.js"])
async def test_our_own_files_are_compressed_for_whoever_can_unpack_them(
    world: World, path: str
) -> None:
    http = world.browser().http
    packed = await http.get(f"{TOOL}{path}", headers={"Accept-Encoding": "gzip"})
    plain = await http.get(f"{TOOL}{path}", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content


async def test_pages_are_not_compressed_since_they_hold_secrets(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    answer = await opens_case(ada)
    assert "Content-Encoding" not in answer.headers
