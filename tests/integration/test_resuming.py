"""An upload in pieces: what a broken connection has brought is kept, and gone on from."""

import httpx2

from tests.support.walks import RAW, granted, says_done
from tests.support.world import Browser, World, local_clips

HALF = len(RAW) // 2


async def piece(
    browser: Browser, url: str, first: int, content: bytes, total: int = len(RAW)
) -> httpx2.Response:
    """Send the bytes from `first` on."""
    place = {"Content-Range": f"bytes {first}-{first + len(content) - 1}/{total}"}
    return await browser.http.put(url, content=content, headers=place)


async def how_far(browser: Browser, url: str) -> int:
    """Ask how many bytes are there."""
    asked = await browser.http.put(url, headers={"Content-Range": f"bytes */{len(RAW)}"})
    assert asked.status_code in {202, 204}
    return int(asked.headers["Upload-Offset"])


async def test_an_upload_goes_on_where_it_broke(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    assert (await piece(ada, url, 0, RAW[:HALF])).status_code == 202
    assert await how_far(ada, url) == HALF
    assert (await piece(ada, url, HALF, RAW[HALF:])).status_code == 204
    assert await how_far(ada, url) == len(RAW)
    await says_done(ada)
    await world.works()
    assert world.preparer.told == [None]


async def test_nothing_has_come_before_the_first_piece(world: World) -> None:
    ada = await world.learner("own-clip")
    assert await how_far(ada, (await granted(ada))["url"]) == 0


async def test_a_connection_that_breaks_in_a_piece_loses_nothing_that_came(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    await piece(ada, url, 0, RAW[:10])  # says less than a whole piece, as a cut one does
    assert await how_far(ada, url) == 10


async def test_a_piece_in_the_wrong_place_is_refused_and_changes_nothing(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    await piece(ada, url, 0, RAW[:HALF])
    assert (await piece(ada, url, HALF + 1, b"x")).status_code == 409
    assert (await piece(ada, url, 0, RAW[:HALF])).status_code == 409
    assert await how_far(ada, url) == HALF


async def test_no_byte_more_than_announced_is_taken(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    assert (await piece(ada, url, 0, RAW + b"x")).status_code == 413
    assert (await piece(ada, url, 0, RAW, total=10**9)).status_code == 416


async def test_what_has_arrived_whole_is_not_written_again(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    await piece(ada, url, 0, RAW)
    assert (await piece(ada, url, 0, RAW)).status_code == 409


async def test_an_upload_that_nobody_ends_is_swept_away(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    await piece(ada, url, 0, RAW[:HALF])
    clips = local_clips(world)
    assert [path for path in clips.folder.rglob("*") if path.is_file()]
    await clips.sweep(older_than=-1)
    assert not [path for path in clips.folder.rglob("*") if path.is_file()]
