"""The tool with its clips in Supabase: they go from the browser straight there."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from inference.reading import ReaderUnavailable
from service.models import Clip, ClipState
from service.supabase_clips import SupabaseClips
from tests.support.fakes import MASKED
from tests.support.supabase_server import SupabaseServer
from tests.support.walks import (
    RAW,
    attempt_of,
    carried,
    clip_url_of,
    granted,
    locks,
    reloads,
    says_done,
)
from tests.support.world import TOOL, Browser, World, form_to, running_world


@pytest.fixture
async def tool(server: SupabaseServer, database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A deployment whose clips lie in Supabase."""
    async with running_world(database_url, tmp_path, supabase=server.project) as found:
        yield found


async def sends(browser: Browser, content: bytes = RAW, announced: int | None = None) -> None:
    """Send a clip straight to Storage, as the page's script does, and say so."""
    grant = await granted(browser, announced or len(content))
    headers: dict[str, str] = grant["headers"]  # type: ignore[assignment]
    async with httpx2.AsyncClient() as straight:
        sent = await straight.request(
            grant["method"], grant["url"], content=content, headers=headers
        )
    assert sent.status_code == 200, sent.text
    await says_done(browser)


async def test_a_learners_clip_goes_from_the_browser_to_storage_and_to_the_gradebook(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await sends(ada)
    assert [server.content(name) for name in server.names("raw/")] == [RAW]
    await tool.works()
    assert server.names("raw/") == []
    assert [server.content(name) for name in server.names("masked/")] == [MASKED]
    assert "Watch, then estimate" in await reloads(ada)
    url = clip_url_of(ada)
    assert url.startswith(server.url)
    assert clip_url_of(ada) == url
    async with httpx2.AsyncClient() as player:
        part = await player.get(url, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, MASKED[:10])
    await locks(ada, "42", attest="true")
    assert "You said 42 %. The software read 51 %." in ada.text
    assert not list(tool.settings.clips_folder.rglob("*"))


async def test_pages_may_reach_the_storage_and_nobody_else(
    tool: World, server: SupabaseServer
) -> None:
    answer = await (await tool.learner("own-clip")).opens(f"{TOOL}/")
    policy = answer.headers["Content-Security-Policy"]
    assert f"media-src 'self' {server.url};" in policy
    assert f"connect-src 'self' {server.url};" in policy
    assert policy.count(server.url) == 2


async def test_more_than_was_announced_is_deleted_and_not_used(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await sends(ada, RAW * 2, announced=len(RAW))
    assert "More has arrived than was announced" in ada.text
    assert server.objects == {}
    assert [clip.state for clip in await tool.stored(Clip)] == [ClipState.AWAITED]
    await ada.opens(f"{TOOL}{attempt_of(ada)}/")
    await sends(ada)
    await tool.works()
    assert len(server.names("masked/")) == 1


async def test_done_without_bytes_asks_to_send_again(tool: World) -> None:
    ada = await tool.learner("own-clip")
    await granted(ada)
    assert "The clip didn't arrive" in (await says_done(ada)).text.replace("&#39;", "'")


@pytest.mark.breadth
async def test_a_store_that_is_away_costs_the_learner_nothing(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await sends(ada)
    server.key = "sb_secret_rotated"
    for _ in range(7):
        await tool.worker.sweep()
        await tool.works()
        tool.clock.passes(seconds=10)
    assert [clip.state for clip in await tool.stored(Clip)] == [ClipState.UPLOADED]
    answer = await ada.http.post(
        f"{TOOL}{attempt_of(ada)}/clip/grant", json={"bytes": 9}, headers=carried(ada.text)
    )
    assert answer.status_code == 503
    assert "Your work is saved" in answer.text
    assert "SUPABASE" not in answer.text


@pytest.mark.breadth
async def test_after_an_outage_the_work_goes_on_by_itself(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await sends(ada)
    right, server.key = server.key, "sb_secret_rotated"
    await tool.works()
    server.key = right
    tool.clock.passes(seconds=10)
    await tool.worker.sweep()
    await tool.works()
    assert [clip.state for clip in await tool.stored(Clip)] == [ClipState.READY]
    assert "Watch, then estimate" in await reloads(ada)


@pytest.mark.breadth
@pytest.mark.parametrize("gone", ["the bucket", "the key"])
async def test_a_clip_is_not_given_up_because_the_store_shows_none(
    gone: str, tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await sends(ada)
    buckets, key = dict(server.buckets), server.key
    if gone == "the bucket":
        server.buckets.clear()
    else:
        server.key, server.hides = "sb_secret_rotated", True
    await tool.works()
    assert [clip.state for clip in await tool.stored(Clip)] == [ClipState.UPLOADED]
    server.key = key
    server.buckets.update(buckets)
    tool.clock.passes(seconds=10)
    await tool.worker.sweep()
    await tool.works()
    assert [clip.state for clip in await tool.stored(Clip)] == [ClipState.READY]


@pytest.mark.breadth
async def test_a_bucket_that_went_is_made_again_for_the_next_clip(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await granted(ada)
    server.buckets.clear()
    await sends(ada)
    await tool.works()
    assert "Watch, then estimate" in await reloads(ada)


async def test_a_masked_clip_that_is_lost_is_waited_for(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await sends(ada)
    tool.reader.fails = ReaderUnavailable("later")
    await tool.works()
    server.objects.clear()
    tool.clock.passes(seconds=10)
    await tool.worker.sweep()
    await tool.works()
    [clip] = await tool.stored(Clip)
    assert (clip.state, clip.outages) == (ClipState.READY, 2)


@pytest.mark.breadth
async def test_a_clip_dropped_during_an_outage_is_deleted_later(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    await sends(ada)
    await tool.works()
    await reloads(ada)
    right, server.key = server.key, "sb_secret_rotated"
    await ada.sends(form_to(ada.text, "/replace"))
    await tool.works()
    assert len(server.names("masked/")) == 1
    server.key = right
    await tool.worker.sweep()
    await tool.works()
    assert server.objects == {}
    before = server.paths()
    await tool.worker.sweep()
    await tool.works()
    assert server.paths() == before, "what is gone is not looked for again"


async def test_a_raw_clip_sent_again_after_masking_does_not_stay(
    tool: World, server: SupabaseServer
) -> None:
    ada = await tool.learner("own-clip")
    grant = await granted(ada)
    headers: dict[str, str] = grant["headers"]  # type: ignore[assignment]
    async with httpx2.AsyncClient() as straight:
        await straight.put(grant["url"], content=RAW, headers=headers)
        await says_done(ada)
        await tool.works()
        assert server.names("raw/") == []
        server.ahead -= 3700
        assert (await straight.put(grant["url"], content=RAW, headers=headers)).is_success
    assert len(server.names("raw/")) == 1
    await tool.worker.clips.close()
    late = SupabaseClips(server.project, pauses=(0.01, 0.01))
    await late.sweep(older_than=3600)
    await late.close()
    assert server.names("raw/") == []


async def test_the_folders_own_addresses_lead_nowhere(tool: World) -> None:
    answer = await tool.browser().http.get(
        f"{TOOL}/clips/masked/x.mp4?expires=9999999999&launch=x&sig=x"
    )
    assert answer.status_code == 404
    answer = await tool.browser().http.put(f"{TOOL}/clips/raw/x?expires=9999999999&max=9&sig=x")
    assert answer.status_code == 404
