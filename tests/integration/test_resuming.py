"""An upload in pieces: what a broken connection has brought is kept, and gone on from."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from service.clips import ClipStoreRefused
from tests.support.walks import RAW, attempt_of, carried, granted, says_done
from tests.support.world import TOOL, Browser, World, local_clips

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


async def grants_again(browser: Browser, size: int = len(RAW)) -> str:
    """Ask for a new address of what has begun to come."""
    url = f"{TOOL}{attempt_of(browser)}/clip/grant"
    headers = {**carried(browser.text), "HX-Request": "true"}
    asked = await browser.http.post(url, json={"bytes": size, "again": True}, headers=headers)
    assert asked.status_code == 200, asked.text
    return asked.json()["url"]


async def test_after_the_address_has_expired_the_upload_goes_on_under_a_new_one(
    world: World,
) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    await piece(ada, url, 0, RAW[:HALF])
    world.clock.passes(minutes=16)
    assert (await piece(ada, url, HALF, RAW[HALF:])).status_code == 403
    renewed = await grants_again(ada)
    assert await how_far(ada, renewed) == HALF
    assert (await piece(ada, renewed, HALF, RAW[HALF:])).status_code == 204
    await says_done(ada)
    await world.works()
    assert world.preparer.told == [None]


async def test_another_file_or_one_from_an_hour_ago_is_not_gone_on_with(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    await piece(ada, url, 0, RAW[:HALF])
    longer = await grants_again(ada, len(RAW) + 1)
    assert longer.partition("?")[0] != url.partition("?")[0]
    same = await grants_again(ada, len(RAW) + 1)
    assert same.partition("?")[0] == longer.partition("?")[0]
    world.clock.passes(minutes=61)
    late = await grants_again(ada, len(RAW) + 1)
    assert late.partition("?")[0] != longer.partition("?")[0]


async def test_what_has_been_dropped_or_masked_is_not_written_again(world: World) -> None:
    ada = await world.learner("own-clip")
    url = (await granted(ada))["url"]
    await piece(ada, url, 0, RAW[:HALF])
    other = (await granted(ada))["url"]
    await world.works()
    assert (await piece(ada, url, HALF, RAW[HALF:])).status_code == 410
    assert (await ada.http.put(url, content=RAW)).status_code == 410
    await piece(ada, other, 0, RAW)
    await says_done(ada)
    await world.works()
    assert (await ada.http.put(other, content=RAW)).status_code == 410
    raw = local_clips(world).folder / "raw"
    assert list(raw.iterdir()) == []


async def test_whoever_sends_a_byte_now_and_then_is_cut_off(world: World) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(1000):
            await asyncio.sleep(0.02)
            yield b"x"

    clips = local_clips(world)
    clips.patience = 0.1
    with pytest.raises(ClipStoreRefused) as refused:
        await clips.append("raw/slow", drip(), offset=0, total=5000)
    assert refused.value.status == 408
    assert 0 < await clips.received("raw/slow") < 100
