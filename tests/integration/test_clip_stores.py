"""One contract for every clip store: a folder, a scripted Supabase, and a real one if it is given.

EYEBALL_TEST_SUPABASE_URL and EYEBALL_TEST_SUPABASE_KEY name the real one; the tests make a private
bucket in it, `eyeball-test-` and a number, and remove what they store.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from service.app import create_app
from service.clips import (
    ClipStore,
    LocalClips,
    UploadGrant,
    new_masked_key,
    new_raw_key,
)
from service.settings import Settings, SupabaseProject
from service.signing import Signer
from service.storing import make_clips
from service.supabase_clips import SupabaseClips
from tests.support.fakes import FakeClock
from tests.support.supabase_server import SECRET_KEY, SupabaseServer
from tests.support.world import TOOL

RAW = b"a raw clip " * 9_000
NO_KEEPING = httpx2.Limits(max_keepalive_connections=0)
MASKED = bytes(range(256)) * 400


@dataclass
class Shelf:
    """One store, and a browser that reaches it."""

    clips: ClipStore
    another: Callable[[], ClipStore]
    browser: httpx2.AsyncClient
    folder: Path
    now: Callable[[], float]
    passes: Callable[[float], None]

    async def grants(self, key: str, size: int = len(RAW)) -> UploadGrant:
        """Where a browser may send so many bytes."""
        return await self.clips.grant_upload(key, max_bytes=size, now=self.now())

    async def sends(self, grant: UploadGrant, content: bytes = RAW) -> httpx2.Response:
        """Send as the page's script does."""
        return await self.browser.request(
            grant.method, grant.url, content=content, headers=grant.headers
        )

    async def keeps(self, content: bytes = MASKED) -> str:
        """Store a masked clip; its key."""
        key = new_masked_key()
        path = self.folder / "to-store"
        path.write_bytes(content)
        await self.clips.put_file(key, path)
        return key

    async def holds(self, key: str) -> bytes:
        """What the store gives back."""
        path = self.folder / "fetched"
        await self.clips.fetch(key, path)
        return path.read_bytes()

    async def watches(self, key: str) -> str:
        """The address of a clip for a player."""
        return await self.clips.grant_download(key, launch=uuid4(), now=self.now())


@asynccontextmanager
async def local_shelf(folder: Path) -> AsyncIterator[Shelf]:
    """A folder, and the pages that serve it."""
    clock = FakeClock()
    settings = Settings(
        home=folder, public_url=TOOL, secret="s", database_url="postgresql+psycopg://x/x"
    )
    transport = httpx2.ASGITransport(create_app(settings, clock=clock))

    def clips() -> ClipStore:
        return make_clips(settings, Signer(settings.secret))

    async with httpx2.AsyncClient(transport=transport) as browser:
        yield Shelf(
            clips=clips(),
            another=clips,
            browser=browser,
            folder=folder,
            now=lambda: clock().timestamp(),
            passes=lambda seconds: clock.passes(seconds=seconds),
        )


@asynccontextmanager
async def supabase_shelf(
    project: SupabaseProject, folder: Path, passes: Callable[[float], None]
) -> AsyncIterator[Shelf]:
    """A bucket, and browsers that reach its server straight."""
    made: list[ClipStore] = []
    now = 1_000_000.0

    def clips() -> ClipStore:
        made.append(SupabaseClips(project, pauses=(0.01, 0.01)))
        return made[-1]

    async with httpx2.AsyncClient(limits=NO_KEEPING) as browser:
        yield Shelf(clips(), clips, browser, folder, lambda: now, passes)
    for store in made:
        await store.close()


def real_project() -> SupabaseProject:
    """The real server, where one is given."""
    url = os.environ.get("EYEBALL_TEST_SUPABASE_URL")
    if not url:
        pytest.skip("EYEBALL_TEST_SUPABASE_URL is not set")
    bucket = f"eyeball-test-{os.getpid()}"
    key = os.environ["EYEBALL_TEST_SUPABASE_KEY"]
    return SupabaseProject(url=url.rstrip("/"), key=key, bucket=bucket)


def cannot_wait(seconds: float) -> None:
    """A real server's time passes by itself."""
    pytest.skip("a real server's clock cannot be set")


@pytest.fixture(params=["folder", "scripted", "real"])
async def shelf(
    request: pytest.FixtureRequest, tmp_path: Path, server: SupabaseServer
) -> AsyncIterator[Shelf]:
    """Every store in turn."""

    def passes(seconds: float) -> None:
        server.ahead += seconds

    shelves = {
        "folder": lambda: local_shelf(tmp_path),
        "scripted": lambda: supabase_shelf(server.project, tmp_path, passes),
        "real": lambda: supabase_shelf(real_project(), tmp_path, cannot_wait),
    }
    async with shelves[request.param]() as found:
        yield found
        await found.another().sweep(older_than=-3600)


async def test_what_a_browser_sends_lies_under_its_key_byte_for_byte(shelf: Shelf) -> None:
    key = new_raw_key()
    assert await shelf.clips.size(key) is None
    assert (await shelf.sends(await shelf.grants(key))).is_success
    assert await shelf.clips.size(key) == len(RAW)
    assert await shelf.holds(key) == RAW


async def test_a_grant_takes_the_bytes_once(shelf: Shelf) -> None:
    key = new_raw_key()
    grant = await shelf.grants(key)
    await shelf.sends(grant)
    again = await shelf.sends(grant, b"x" * len(RAW))
    assert again.is_client_error
    assert await shelf.holds(key) == RAW


async def test_a_grant_serves_no_other_key(shelf: Shelf) -> None:
    key, other = new_raw_key(), new_raw_key()
    grant = await shelf.grants(key)
    moved = UploadGrant(method="PUT", url=grant.url.replace(key, other), headers=grant.headers)
    assert (await shelf.sends(moved)).is_client_error
    assert await shelf.clips.size(other) is None
    assert (await shelf.browser.get(grant.url)).is_client_error, "it gives nothing either"


async def test_a_grant_ends(shelf: Shelf) -> None:
    key = new_raw_key()
    grant = await shelf.grants(key)
    shelf.passes(2 * 3600 + 2)
    assert (await shelf.sends(grant)).is_client_error
    assert await shelf.clips.size(key) is None


async def test_a_player_gets_the_whole_clip_or_the_range_it_asks_for(shelf: Shelf) -> None:
    url = await shelf.watches(await shelf.keeps())
    whole = await shelf.browser.get(url)
    assert (whole.status_code, whole.content) == (200, MASKED)
    assert whole.headers["Content-Type"] == "video/mp4"
    part = await shelf.browser.get(url, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, MASKED[100:300])
    assert part.headers["Content-Range"] == f"bytes 100-299/{len(MASKED)}"


async def test_a_clips_address_lasts_a_quarter_of_an_hour(shelf: Shelf) -> None:
    url = await shelf.watches(await shelf.keeps())
    shelf.passes(15 * 60 + 1)
    assert (await shelf.browser.get(url)).is_client_error


async def test_a_clips_address_opens_no_other_clip(shelf: Shelf) -> None:
    one, other = await shelf.keeps(), await shelf.keeps()
    url = await shelf.watches(one)
    assert (await shelf.browser.get(url.replace(one, other))).is_client_error
    assert (await shelf.browser.get(url.partition("?")[0])).is_client_error


async def test_a_page_drawn_anew_finds_the_same_address(shelf: Shelf) -> None:
    key, launch = await shelf.keeps(), uuid4()
    urls = {
        await shelf.clips.grant_download(key, launch=launch, now=1_000_020.0 + n) for n in (0, 5)
    }
    assert len(urls) == 1


async def test_storing_a_clip_again_changes_nothing(shelf: Shelf) -> None:
    key = await shelf.keeps()
    await shelf.clips.put_file(key, shelf.folder / "to-store")
    assert await shelf.holds(key) == MASKED


async def test_nothing_is_there_until_it_is_stored(shelf: Shelf) -> None:
    key = new_masked_key()
    assert await shelf.clips.size(key) is None
    await shelf.keeps()
    with pytest.raises(FileNotFoundError):
        await shelf.holds(key)
    assert (await shelf.browser.get(await shelf.watches(key))).is_client_error
    await shelf.clips.delete(key)
    await shelf.another().sweep(older_than=3600)


async def test_a_deleted_clip_is_gone_at_once_and_for_good(shelf: Shelf) -> None:
    key, kept = await shelf.keeps(), await shelf.keeps()
    url = await shelf.watches(key)
    await shelf.clips.delete(key)
    await shelf.clips.delete(key)
    assert await shelf.clips.size(key) is None
    assert (await shelf.browser.get(url)).is_client_error
    assert await shelf.holds(kept) == MASKED


async def test_the_sweep_removes_old_raw_clips_and_nothing_else(shelf: Shelf) -> None:
    raw, masked = new_raw_key(), await shelf.keeps()
    await shelf.sends(await shelf.grants(raw))
    await shelf.another().sweep(older_than=3600)
    assert await shelf.clips.size(raw) == len(RAW)
    await shelf.another().sweep(older_than=-3600)
    assert await shelf.clips.size(raw) is None
    assert await shelf.clips.size(masked) == len(MASKED)


async def test_many_come_at_once(shelf: Shelf) -> None:
    keys = [new_raw_key() for _ in range(8)]

    async def one(key: str) -> None:
        await shelf.sends(await shelf.grants(key))

    await asyncio.gather(*map(one, keys))
    assert [await shelf.clips.size(key) for key in keys] == [len(RAW)] * 8


async def test_a_browser_is_told_of_the_stores_own_origin_and_of_no_key(shelf: Shelf) -> None:
    key = await shelf.keeps()
    urls = [(await shelf.grants(new_raw_key())).url, await shelf.watches(key)]
    parts = urlsplit(urls[0])
    assert isinstance(shelf.clips, LocalClips) == (shelf.clips.origin is None)
    assert shelf.clips.origin in {None, f"{parts.scheme}://{parts.netloc}"}
    assert not [url for url in urls if SECRET_KEY in url]
