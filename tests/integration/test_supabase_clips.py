"""What is Supabase's own: the bucket, keys, retries, refusals, and the trap."""

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import jwt
import psutil
import pytest

from inference.reading import MAX_UPLOAD_BYTES
from service import lifeline
from service.clips import (
    ClipStoreRefused,
    ClipStoreUnavailable,
    new_masked_key,
    new_raw_key,
)
from service.settings import Settings, SettingsRefused, SupabaseProject
from service.signing import Signer
from service.storing import make_clips, try_clips
from service.supabase_clips import SupabaseClips
from tests.support.fakes import MASKED
from tests.support.supabase_server import BUCKET, SupabaseServer
from tests.support.world import TOOL

LEGACY_KEY = jwt.encode({"role": "service_role"}, "a secret that only Supabase itself knows")
PAUSES = (0.01, 0.01)


@pytest.fixture
async def clips(server: SupabaseServer) -> AsyncIterator[SupabaseClips]:
    """The store, through the real client."""
    store = SupabaseClips(server.project, pauses=PAUSES)
    yield store
    await store.close()


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """A masked clip, to be stored."""
    path = tmp_path / "masked.mp4"
    path.write_bytes(MASKED)
    return path


async def test_the_bucket_is_made_private_and_limited_when_it_is_first_needed(
    server: SupabaseServer, clips: SupabaseClips, masked: Path
) -> None:
    assert await clips.size("masked/x.mp4") is None
    assert server.buckets == {}
    await clips.put_file(new_masked_key(), masked)
    await clips.grant_upload(new_raw_key(), max_bytes=9, now=0)
    bucket = server.buckets[BUCKET]
    assert bucket["public"] is False
    assert bucket["file_size_limit"] == MAX_UPLOAD_BYTES
    assert bucket["allowed_mime_types"] == ["application/octet-stream", "video/mp4"]
    assert server.paths().count("POST /bucket") == 1


async def test_a_public_bucket_takes_no_clip(
    server: SupabaseServer, clips: SupabaseClips, masked: Path
) -> None:
    await clips.put_file(new_masked_key(), masked)
    server.buckets[BUCKET]["public"] = True
    other = SupabaseClips(server.project, pauses=PAUSES)
    with pytest.raises(ClipStoreUnavailable, match="make it private"):
        await other.put_file(new_masked_key(), masked)
    with pytest.raises(ClipStoreUnavailable, match="make it private"):
        await other.grant_upload(new_raw_key(), max_bytes=9, now=0)
    assert len(server.objects) == 1
    await other.close()


async def test_a_bucket_without_limits_gets_them(
    server: SupabaseServer, clips: SupabaseClips, masked: Path
) -> None:
    await clips.put_file(new_masked_key(), masked)
    server.buckets[BUCKET] |= {"file_size_limit": None, "allowed_mime_types": None}
    other = SupabaseClips(server.project, pauses=PAUSES)
    await other.put_file(new_masked_key(), masked)
    assert server.buckets[BUCKET]["file_size_limit"] == MAX_UPLOAD_BYTES
    await other.close()


async def test_two_processes_may_make_the_bucket_at_once(
    server: SupabaseServer, clips: SupabaseClips, masked: Path
) -> None:
    await clips.put_file(new_masked_key(), masked)
    late = SupabaseClips(server.project, pauses=PAUSES)
    server.fails(404, 409)
    await late.put_file(new_masked_key(), masked)
    assert len(server.objects) == 2
    await late.close()


@pytest.mark.parametrize("key", ["sb_secret_abc", LEGACY_KEY])
async def test_secret_and_legacy_keys_both_open_the_store_and_reach_no_browser(
    server: SupabaseServer, masked: Path, key: str
) -> None:
    server.key = key
    clips = SupabaseClips(server.project, pauses=PAUSES)
    name = new_masked_key()
    await clips.put_file(name, masked)
    url = await clips.grant_download(name, launch=uuid4(), now=0)
    grant = await clips.grant_upload(new_raw_key(), max_bytes=9, now=0)
    assert key not in url + grant.url + str(grant.headers)
    await clips.fetch(name, masked)
    with_key = {asked.path.split("/")[3] for asked in server.asked if "apikey" in asked.headers}
    without = [asked.path for asked in server.asked if "apikey" not in asked.headers]
    assert with_key == {"bucket", "object"}
    assert [path.split("/")[4] for path in without] == ["sign"], "a signed address needs no key"
    await clips.close()


async def test_a_wrong_key_is_no_fault_of_the_clip_and_is_asked_once(
    server: SupabaseServer, clips: SupabaseClips
) -> None:
    server.key = "sb_secret_another"
    with pytest.raises(ClipStoreUnavailable, match="403 Invalid Compact JWS; is SUPABASE_KEY"):
        await clips.size("masked/x.mp4")
    assert len(server.asked) == 1


@pytest.mark.breadth
@pytest.mark.parametrize("faults", [(503, 503), (500, 429), (408, "drop"), ("html", 544)])
async def test_what_may_pass_is_asked_again(
    server: SupabaseServer, clips: SupabaseClips, masked: Path, faults: tuple[int | str, ...]
) -> None:
    key = new_masked_key()
    await clips.put_file(key, masked)
    for act in (
        lambda: clips.put_file(key, masked),
        lambda: clips.size(key),
        lambda: clips.fetch(key, masked),
        lambda: clips.grant_upload(new_raw_key(), max_bytes=9, now=0),
        lambda: clips.grant_download(key, launch=uuid4(), now=0),
        lambda: clips.delete(key),
    ):
        server.fails(*faults)
        await act()
        assert server.faults == []
    assert server.names() == []


async def test_after_the_last_try_it_is_said_in_a_few_words(
    server: SupabaseServer, clips: SupabaseClips
) -> None:
    server.fails("html", "html", "html")
    with pytest.raises(ClipStoreUnavailable) as told:
        await clips.size("masked/x.mp4")
    assert len(str(told.value)) < 300
    server.fails("drop", "drop", "drop")
    with pytest.raises(ClipStoreUnavailable, match="does not answer"):
        await clips.size("masked/x.mp4")
    server.fails("strange")
    with pytest.raises(ClipStoreUnavailable, match="is SUPABASE_URL right"):
        await clips.size("masked/x.mp4")


async def test_a_download_that_breaks_off_begins_anew(
    server: SupabaseServer, clips: SupabaseClips, masked: Path, tmp_path: Path
) -> None:
    key = new_masked_key()
    await clips.put_file(key, masked)
    server.cuts = 1
    await clips.fetch(key, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == MASKED
    assert server.cuts == 0


async def test_a_clip_that_goes_while_it_is_fetched_is_not_there(
    server: SupabaseServer, clips: SupabaseClips, masked: Path
) -> None:
    key = new_masked_key()
    await clips.put_file(key, masked)
    server.fails("fine", "html")
    await clips.fetch(key, masked)
    server.fails("fine", 404)
    with pytest.raises(FileNotFoundError):
        await clips.fetch(key, masked)


async def test_a_bucket_that_may_not_be_made_is_the_operators_to_make(
    server: SupabaseServer, clips: SupabaseClips, masked: Path
) -> None:
    server.fails(404, 403)
    with pytest.raises(ClipStoreUnavailable, match="403"):
        await clips.put_file(new_masked_key(), masked)


@pytest.mark.breadth
async def test_only_so_many_addresses_are_remembered(
    clips: SupabaseClips, masked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.supabase_clips.MOST_REMEMBERED", 2)
    key, launches = new_masked_key(), [uuid4() for _ in range(3)]
    await clips.put_file(key, masked)

    async def address(launch: UUID, now: float) -> str:
        return await clips.grant_download(key, launch=launch, now=now)

    first, second, third = [await address(launch, 0) for launch in launches]
    await asyncio.sleep(1.1)  # an address holds for so many seconds from the one it is made in
    assert [await address(launch, 59) for launch in launches[1:]] == [second, third]
    assert await address(launches[0], 59) != first
    assert await address(launches[1], 61) != second


async def test_what_the_bucket_does_not_take_is_refused_and_the_next_request_does_not_hang(
    server: SupabaseServer, clips: SupabaseClips, masked: Path, tmp_path: Path
) -> None:
    await clips.put_file(new_masked_key(), masked)
    server.buckets[BUCKET]["file_size_limit"] = 1000
    large = tmp_path / "large"
    large.write_bytes(b"x" * 3_000_000)
    began = time.monotonic()
    with pytest.raises(ClipStoreRefused) as told:
        await clips.put_file(new_masked_key(), large)
    assert told.value.status == 413
    assert await clips.size("masked/none.mp4") is None
    server.buckets[BUCKET] |= {"file_size_limit": None, "allowed_mime_types": ["image/png"]}
    with pytest.raises(ClipStoreRefused) as told:
        await clips.put_file(new_masked_key(), masked)
    assert told.value.status == 415
    assert time.monotonic() - began < 5


@pytest.mark.breadth
async def test_the_trap_is_real_where_connections_are_kept(server: SupabaseServer) -> None:
    server.buckets[BUCKET] = {"file_size_limit": 10, "allowed_mime_types": None}
    headers = {"apikey": server.key, "Authorization": f"Bearer {server.key}"}
    async with httpx.AsyncClient(headers=headers, timeout=2) as http:
        url = f"{server.url}/storage/v1/object/{BUCKET}/x"
        form = {"file": ("x", b"x" * 3_000_000, "video/mp4")}
        assert (await http.post(url, files=form)).json()["statusCode"] == "413"
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url)


async def test_a_large_clip_is_never_whole_in_memory(
    server: SupabaseServer, clips: SupabaseClips, tmp_path: Path
) -> None:
    size = 40 * 1024**2
    large, back = tmp_path / "large", tmp_path / "back"
    with large.open("wb") as file:
        file.truncate(size)
    await clips.put_file(new_masked_key(), tmp_path / "large")  # what is loaded once is loaded
    before = psutil.Process().memory_info().rss
    key, most = new_masked_key(), before
    await clips.put_file(key, large)
    most = max(most, psutil.Process().memory_info().rss)
    await clips.fetch(key, back)
    most = max(most, psutil.Process().memory_info().rss)
    assert back.stat().st_size == size
    assert most - before < 15 * 1024**2


async def test_the_log_holds_no_address_that_opens_a_clip(
    server: SupabaseServer, clips: SupabaseClips, masked: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lifeline.log_as("test")
    caplog.set_level(logging.INFO)
    key = new_masked_key()
    await clips.put_file(key, masked)
    server.fails(503)
    await clips.fetch(key, masked)
    assert "token" not in caplog.text
    assert "503" in caplog.text


def settings_for(project: SupabaseProject, home: Path) -> Settings:
    """A deployment's settings, with clips in Supabase."""
    return Settings(home=home, public_url=TOOL, secret="s", supabase=project)


async def test_the_doctor_tries_the_store_as_the_tool_and_as_a_browser(
    server: SupabaseServer, tmp_path: Path
) -> None:
    settings = settings_for(server.project, tmp_path)
    assert await try_clips(settings) is None
    assert server.objects == {}
    asked = next(asked for asked in server.asked if asked.method == "OPTIONS")
    assert asked.headers["origin"] == TOOL
    assert asked.headers["access-control-request-headers"] == "content-type,x-upsert"
    server.sends_cors = False
    assert "CORS" in str(await try_clips(settings))
    server.key = "sb_secret_another"  # settings keep the one that they were read with
    with pytest.raises(ClipStoreUnavailable, match="SUPABASE_KEY"):
        await try_clips(settings)
    assert await try_clips(Settings(home=tmp_path, secret="s")) is None, "a folder is tried too"


async def test_the_doctor_sees_a_store_that_keeps_or_loses(
    server: SupabaseServer, tmp_path: Path
) -> None:
    settings = settings_for(server.project, tmp_path)
    server.fails(*["fine"] * 5, "idle")
    assert "cannot be deleted" in str(await try_clips(settings))
    server.fails(*["fine"] * 7, 413)
    assert "has not arrived (400)" in str(await try_clips(settings))


def test_a_missing_client_is_told_before_anything_starts(
    server: SupabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "service.supabase_clips")
    monkeypatch.setitem(sys.modules, "supabase", None)
    with pytest.raises(SettingsRefused, match=r"requirements-cloud\.lock"):
        make_clips(settings_for(server.project, tmp_path), Signer("s"))


@pytest.mark.breadth
def test_the_client_is_loaded_only_where_it_is_needed() -> None:
    code = (
        "import sys, service.app, service.jobs, service.running, service.doctor; "
        "sys.exit('supabase' in sys.modules or 'httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
