"""The signed addresses of clips: who may send, who may watch, how much and for how long."""

import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from inference.reading import MAX_UPLOAD_BYTES
from service.jobs import sweep_workspace
from service.signing import Signer
from tests.support.fakes import MASKED, NOON
from tests.support.walks import (
    RAW,
    a_ready_clip,
    attempt_of,
    clip_url_of,
    granted,
    launch_of,
    opens_case,
)
from tests.support.world import TOOL, Browser, World, form_to, local_clips

SIZE = len(MASKED)


def files(world: World) -> list[Path]:
    """Every file that the clip store holds."""
    return [path for path in world.settings.clips_folder.rglob("*") if path.is_file()]


def changed(url: str, **query: str) -> str:
    """An address with parts of its query changed."""
    return str(httpx2.URL(url).copy_merge_params(query))


@pytest.fixture
async def ada(world: World) -> Browser:
    """Ada, who is about to send a clip."""
    return await world.learner("own-clip")


@pytest.fixture
async def watching(world: World) -> Browser:
    """Ada, who watches a practice case."""
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    return ada


async def test_a_grant_takes_the_bytes_once(world: World, ada: Browser) -> None:
    url = (await granted(ada))["url"]
    assert (await ada.http.put(url, content=RAW)).status_code == 204
    assert [path.read_bytes() for path in files(world)] == [RAW]
    again = await ada.http.put(url, content=b"x" * len(RAW))
    assert (again.status_code, "already arrived" in again.text) == (409, True)
    assert [path.read_bytes() for path in files(world)] == [RAW]


async def test_an_upload_that_comes_in_pieces_is_written_as_it_arrives(
    world: World, ada: Browser
) -> None:
    url = (await granted(ada, 400_000))["url"]
    seen: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 100_000
            seen.append(len(files(world)))

    assert (await ada.http.put(url, content=pieces())).status_code == 204
    assert seen[-1] == 1, "it was on its way to the disk while it still came"
    assert [path.stat().st_size for path in files(world)] == [400_000]


async def test_more_than_was_announced_is_cut_off_and_leaves_nothing(
    world: World, ada: Browser
) -> None:
    url = (await granted(ada, 10))["url"]
    answer = await ada.http.put(url, content=b"x" * 11)
    assert answer.status_code == 413
    assert files(world) == []
    assert (await ada.http.put(url, content=b"x" * 10)).status_code == 204
    largest = (await granted(ada, MAX_UPLOAD_BYTES))["url"]
    lying = {"Content-Length": str(10 * MAX_UPLOAD_BYTES)}
    assert (await ada.http.put(largest, content=b"x", headers=lying)).status_code == 413


async def test_an_upload_that_breaks_off_leaves_nothing_and_may_come_again(
    world: World, ada: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    url = urlsplit((await granted(ada))["url"])
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PUT",
        "scheme": "https",
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [(b"content-length", str(len(RAW)).encode())],
    }
    events = iter(
        [
            {"type": "http.request", "body": RAW[:5], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> Any:
        return next(events)

    async def send(message: Any) -> None:
        """Nobody listens any more."""

    await world.tool(scope, receive, send)  # type: ignore[arg-type]
    assert files(world) == []
    assert "ERROR" not in caplog.text, "a dropped connection is no fault of ours"
    assert (await ada.http.put(url.geturl(), content=RAW)).status_code == 204


async def test_a_grant_lasts_a_quarter_of_an_hour(world: World, ada: Browser) -> None:
    url = (await granted(ada))["url"]
    expires = int(parse_qs(urlsplit(url).query)["expires"][0])
    assert expires - world.clock().timestamp() <= 900
    world.clock.passes(minutes=15, seconds=1)
    answer = await ada.http.put(url, content=RAW)
    assert (answer.status_code, "expired" in answer.text) == (403, True)
    assert files(world) == []


async def test_an_address_that_we_did_not_sign_takes_and_gives_nothing(
    world: World, watching: Browser
) -> None:
    sender = await world.learner("own-clip")
    put, get = (await granted(sender))["url"], clip_url_of(watching)
    later = str(int(NOON.timestamp()) + 9_000)
    strange = Signer("another deployment").sign("put", "raw/x", later, 10)
    puts = [
        changed(put, sig=strange),
        changed(put, sig="é"),
        changed(put, sig=""),
        changed(put, max="99999999"),
        changed(put, max="many"),
        changed(put, max="9" * 5000),
        changed(put, expires=later),
        changed(put, expires="9" * 30),
        changed(put, expires="soon"),
        put.replace("/raw/", "/masked/"),
        put.partition("&max")[0],
        get,
    ]
    for url in puts:
        assert (await sender.http.put(url, content=RAW)).status_code in {400, 403}, url
    gets = [
        changed(get, sig=strange),
        changed(get, launch="0" * 32),
        changed(get, expires=later),
        get.partition("&launch")[0],
        get.partition("?")[0],
        put,
        changed(put, launch="0" * 32),
    ]
    for url in gets:
        assert (await sender.http.get(url)).status_code in {400, 403}, url


@pytest.mark.parametrize(
    "key",
    ["../secret", "%2e%2e/secret", "..%2fsecret", "%2fetc%2fpasswd", "raw%00", "raw/..\\secret"],
)
async def test_a_key_never_leaves_the_clips_folder(world: World, ada: Browser, key: str) -> None:
    (world.settings.home / "secret").write_text("the secret")
    signer, expires = Signer(world.settings.secret), int(NOON.timestamp()) + 600
    for name in ("../secret", "/etc/passwd", "../../secret", f"{world.settings.home}/secret"):
        sig = signer.sign("get", name.lstrip("/"), expires, "x")
        url = f"{TOOL}/clips/{key}?expires={expires}&launch=x&sig={sig}"
        answer = await ada.http.get(url)
        assert answer.status_code in {400, 403, 404}
        assert "the secret" not in answer.text
        put = f"{TOOL}/clips/{key}?expires={expires}&max=9&sig={sig}"
        assert (await ada.http.put(put, content=b"x")).status_code in {400, 403, 404, 405}
    assert (world.settings.home / "secret").read_text() == "the secret"


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=0-99", (0, 99)),
        ("bytes=700-799", (700, 799)),
        ("bytes=100-", (100, SIZE - 1)),
        ("bytes=-50", (SIZE - 50, SIZE - 1)),
        ("bytes=-999999", (0, SIZE - 1)),
        (f"bytes=10-{SIZE + 1000}", (10, SIZE - 1)),
        ("Bytes=5-9", (5, 9)),
    ],
)
async def test_a_player_gets_the_range_it_asks_for(
    watching: Browser, asked: str, got: tuple[int, int]
) -> None:
    answer = await watching.http.get(clip_url_of(watching), headers={"Range": asked})
    first, last = got
    assert answer.status_code == 206
    assert answer.content == MASKED[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["Content-Length"] == str(last + 1 - first)


@pytest.mark.parametrize(
    "asked",
    [
        f"bytes={SIZE}-",
        "bytes=9-5",
        "bytes=-0",
        "bytes=-",
        "bytes=a-b",
        "bytes",
        "bytes=²-",
        f"bytes={'9' * 5000}-",
        f"bytes=-{'9' * 5000}",
    ],
    ids=lambda asked: asked[:20],
)
async def test_a_range_that_cannot_be_served_is_said_to_be(watching: Browser, asked: str) -> None:
    header = {"Range": asked.encode("latin-1")}
    answer = await watching.http.get(clip_url_of(watching), headers=header)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
    assert MASKED[:20] not in answer.content


@pytest.mark.parametrize("asked", ["bytes=0-0,5-6", "frames=0-1", "x", ""])
async def test_several_ranges_and_other_units_get_the_whole_clip(
    watching: Browser, asked: str
) -> None:
    answer = await watching.http.get(clip_url_of(watching), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, MASKED)
    assert "Content-Range" not in answer.headers


async def test_a_whole_clip_says_that_it_can_be_had_in_ranges(watching: Browser) -> None:
    answer = await watching.http.get(clip_url_of(watching))
    assert (answer.status_code, answer.content) == (200, MASKED)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_clips_address_is_its_launchs_own_and_lasts_a_quarter_of_an_hour(
    world: World, watching: Browser
) -> None:
    url = clip_url_of(watching)
    query = parse_qs(urlsplit(url).query)
    assert query["launch"] == [launch_of(watching).removeprefix("/l/").replace("-", "")]
    assert 0 < int(query["expires"][0]) - world.clock().timestamp() <= 900
    await watching.launches("practice")
    await opens_case(watching)
    assert clip_url_of(watching) != url
    world.clock.passes(minutes=15, seconds=1)
    assert (await watching.http.get(url)).status_code == 403


async def test_a_clip_that_is_gone_is_not_found(world: World) -> None:
    ada = await a_ready_clip(world)
    url = clip_url_of(ada)
    assert (await ada.http.get(url)).status_code == 200
    await ada.sends(form_to(ada.text, "/replace"))
    await world.works()
    answer = await ada.http.get(url)
    assert (answer.status_code, "deleted" in answer.text) == (404, True)
    assert "/clip/grant" in (await ada.opens(f"{TOOL}{attempt_of(ada)}/")).text


async def test_the_sweep_removes_what_is_older_than_an_hour_and_nothing_else(
    world: World, ada: Browser
) -> None:
    url = (await granted(ada))["url"]
    await ada.http.put(url, content=RAW)
    folder, work = world.settings.clips_folder, world.settings.home / "work"
    (folder / "raw" / "old.part").write_bytes(b"x")
    (folder / "raw" / "sent-again").write_bytes(b"x")
    (folder / "masked").mkdir(exist_ok=True)
    (folder / "masked" / "kept.mp4").write_bytes(b"x")
    (work / "killed").mkdir(parents=True)
    (work / "killed" / "raw").write_bytes(b"x")
    then = time.time() - timedelta(minutes=61).total_seconds()
    for path in (*folder.rglob("*"), work / "killed"):
        if path.is_file() and path.name != urlsplit(url).path.rpartition("/")[2]:
            os.utime(path, (then, then))
    os.utime(work / "killed", (then, then))
    await local_clips(world).sweep(older_than=3600)
    sweep_workspace(work)
    left = sorted(path.name for path in files(world))
    assert left == sorted(["kept.mp4", urlsplit(url).path.rpartition("/")[2]])
    assert list(work.iterdir()) == []
