"""What no browser and no client library would send, to the real web process: no answer is a fault
of ours, and whoever comes next is served."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import httpx2
import pytest

from service.clips import LocalClips
from service.demo.platform import CLIENT_ID
from service.signing import Signer
from tests.support.databases import Databases
from tests.support.processes import Machine, answers, machine, until
from tests.support.shouting import CLOSING, FORM, STATUS, all_shout, asking, shouts

DOORS = ("/lti/login", "/lti/launch", "/lti/verify")
PATIENCE = 6  # seconds of silence, as these tests set it: far more than a slow machine needs
CHUNKED = "Transfer-Encoding: chunked"
HALF = b"iss=nobody&state=x"

LYING_BODIES = {
    "shorter than told": ((FORM,), HALF, 400),
    "longer than told": ((FORM,), HALF * 9, 5),
    "told twice": ((FORM, "Content-Length: 3"), HALF, None),
    "told and chunked": ((FORM, CHUNKED, "Content-Length: 3"), b"5\r\niss=x\r\n0\r\n\r\n", None),
    "negative": ((FORM,), HALF, -5),
    "no number": ((FORM,), HALF, "1e3"),
    "beyond any number": ((FORM,), HALF, 10**30),
    "a gigabyte": ((FORM,), HALF, 10**9),
    "chunk longer than it is": ((FORM, CHUNKED), b"ff\r\niss=x\r\n0\r\n\r\n", None),
    "chunk of no number": ((FORM, CHUNKED), b"zz\r\niss=x\r\n0\r\n\r\n", None),
    "chunk beyond any number": ((FORM, CHUNKED), b"f" * 17 + b"\r\niss=x\r\n0\r\n\r\n", None),
    "chunk below nothing": ((FORM, CHUNKED), b"-1\r\niss=x\r\n0\r\n\r\n", None),
    "chunks without end": ((FORM, CHUNKED), (b"8000\r\n" + b"a" * 32_768 + b"\r\n") * 40, None),
    "another coding": ((FORM, "Transfer-Encoding: gzip"), HALF, None),
    "compressed, it says": ((FORM, "Content-Encoding: gzip"), HALF, None),
    "waited for": ((FORM, "Expect: 100-continue"), HALF, None),
}
FORMS = {
    "fields twice": b"iss=x&iss=y&state=1&state=2&ticket=1&ticket=2",
    "NULs": b"iss=%00&state=%00&ticket=%00:%00&id_token=%00",
    "no characters": b"iss=%zz%&state=%ff%fe&ticket=%ff",
    "any bytes": bytes(range(256)),
    "thousands": b"&".join(b"a%d=1" % number for number in range(5_000)),
    "nothing": b"",
}
TYPES = (
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded; charset=nonsense",
    ";;;=",
    "\xff\xfe",
    "a" * 5_000,
    "",
)
METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "CONNECT", "get", "\0")
TARGETS = (
    "/a%00b",
    "/\0",
    "/lti/login%00",
    "//lti/login",
    "/lti/login?iss=%00",
    "/lti/login?iss=%ff",
    "/lti/login?" + "a=1&" * 3_000,
    "*",
    "lti/login",
    "http://elsewhere.test/lti/login",
    "/" + "a" * 70_000,
    "/%ff%fe",
    "/\xff\xfe",
    "/%",
    "/static/../../etc/passwd",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/static/base.css%00",
    "/l/%00/",
    "/clips/..%2f..%2fx?expires=1&max=1&sig=x",
)
HEADERS = (
    "Host: two",
    "X: folded\r\n here",
    "X : a space before",
    "X: \0",
    "no colon",
    "X: " + "a" * 1_000_000,
    "\r\n".join(f"X{number}: a" for number in range(5_000)),
    "Cookie: =;;;=\xff;" + "x" * 8_000,
    "Accept-Language: \xff;q=zz,,," + "a," * 3_000,
    "Range: bytes=zz-\xff",
    "If-Modified-Since: \xff",
    "X-Forwarded-For: \xff,,::::",
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
)
NO_HTTP = (
    b"GET /\r\n\r\n",
    b"GET /alive HTTP/0.9\r\nHost: a\r\n\r\n",
    b"GET /alive HTTP/7.3\r\nHost: a\r\n\r\n",
    b"GET /alive HTTP/1.1\r\nHost: a b<>\r\n\r\n",
    b"GET /alive HTTP/1.1\nHost: a\n\n",
    b"GET /alive HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(50),
    bytes.fromhex("1603010200010001fc0303") + bytes(200),
    bytes(range(256)) * 20,
)


@pytest.fixture(scope="module")
async def tool(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Machine]:
    """The real web process, with an LMS that it knows."""
    url = databases.create()
    try:
        with machine(url, tmp_path_factory.mktemp("machine")) as found:
            await found.registers_lms()
            web = found.starts("web", "service.cli", "web", EYEBALL_BODY_PATIENCE=str(PATIENCE))
            await until(lambda: answers(f"{found.tool}/alive"), web)
            yield found
    finally:
        databases.drop(url)


def logs_in(tool: Machine, *headers: str) -> bytes:
    """A login that is as it should be."""
    target = f"target_link_uri={tool.tool}/lti/launch"
    body = f"iss={tool.lms}&client_id={CLIENT_ID}&login_hint=1&{target}"
    sent = (FORM, "Sec-Fetch-Dest: document", *headers)
    return asking("POST", "/lti/login", *sent, body=body.encode())


async def still_serves(tool: Machine) -> None:
    """The next person's login goes to the platform, and the log tells of no fault."""
    web = tool.programs["web"]
    assert await shouts(tool.ports["web"], logs_in(tool, CLOSING)) == [302]
    assert "ERROR" not in web.said
    assert "Traceback" not in web.said
    assert "panicked" not in web.said


async def no_fault(tool: Machine, those: list[bytes]) -> None:
    """Whatever is said, whoever says it stays or hangs up: it is refused, or harmless."""
    for hangs_up in (False, True):
        found = await all_shout(tool.ports["web"], those, hangs_up=hangs_up)
        faults = [
            one[:200] for one, codes in zip(those, found, strict=True) if max(codes or [0]) >= 500
        ]
        assert faults == []
    await still_serves(tool)


@pytest.mark.breadth
@pytest.mark.parametrize("door", DOORS)
async def test_a_body_that_lies_is_refused(tool: Machine, door: str) -> None:
    those = [
        asking("POST", door, *headers, body=body, length=length)
        for headers, body, length in LYING_BODIES.values()
    ]
    those += [asking("POST", door, FORM, body=body) for body in FORMS.values()]
    those += [asking("POST", door, f"Content-Type: {told}", body=b'{"iss":[1]}') for told in TYPES]
    those += [asking(method, door) for method in METHODS]
    await no_fault(tool, those)


async def test_odd_targets_headers_and_first_lines_are_refused(tool: Machine) -> None:
    those = [asking("GET", target) for target in TARGETS]
    those += [
        asking("GET", path, header) for header in HEADERS for path in ("/alive", "/lti/login")
    ]
    await no_fault(tool, [*those, *NO_HTTP])


async def test_a_request_that_breaks_off_is_told_so(tool: Machine) -> None:
    for door in DOORS:
        said = asking("POST", door, FORM, body=HALF, length=400)
        assert await shouts(tool.ports["web"], said, hangs_up=True) == [400]


async def test_a_range_beyond_the_end_of_a_clip_is_said_to_be_none(tool: Machine) -> None:
    (masked := tool.home / "clips" / "masked" / "some.mp4").parent.mkdir(parents=True)
    masked.write_bytes(bytes(range(100)))
    signer = Signer((tool.home / "secret").read_text().strip())
    clips = LocalClips(tool.home / "clips", public_url=tool.tool, signer=signer)
    url = await clips.grant_download("masked/some.mp4", launch=uuid4(), now=time.time())
    async with httpx2.AsyncClient() as http:
        for asked, status, told in (
            ("bytes=90-", 206, "bytes 90-99/100"),
            ("bytes=100-", 416, "bytes */100"),
            ("bytes=5000-6000", 416, "bytes */100"),
        ):
            answer = await http.get(url, headers={"Range": asked})
            assert (answer.status_code, answer.headers["Content-Range"]) == (status, told), asked
            assert (len(answer.content) == 10) == (status == 206), asked
    await still_serves(tool)


async def test_requests_in_one_breath_are_answered_in_their_order(tool: Machine) -> None:
    nobody = asking("POST", "/lti/login", FORM, body=HALF)
    last = asking("GET", "/alive", CLOSING)
    said = logs_in(tool) + asking("GET", "/nowhere") + nobody + last
    assert await shouts(tool.ports["web"], said) == [302, 404, 400, 200]


async def test_bodies_that_dawdle_hold_up_nobody(tool: Machine) -> None:
    port, whole = tool.ports["web"], asking("POST", "/lti/login", FORM, body=HALF)
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
    try:
        for _, writer in slow:
            writer.write(whole[:-5])
        await still_serves(tool)
        for reader, writer in slow:
            writer.write(whole[-5:])
            assert b" 400 " in await asyncio.wait_for(reader.readline(), 10)
    finally:
        for _, writer in slow:
            writer.close()


async def test_answers_that_nobody_reads_hold_up_nobody(tool: Machine) -> None:
    """Each asks for a megabyte of script in one breath, and takes none of it. The server closes no
    such connection by itself, as the proxy before it does; what it costs is one connection."""
    said = asking("GET", "/static/vendor/htmx.min.js") * 20
    deaf = [await asyncio.open_connection("127.0.0.1", tool.ports["web"]) for _ in range(60)]
    try:
        for _, writer in deaf:
            writer.write(said)
        for _ in range(3):
            await still_serves(tool)
    finally:
        for _, writer in deaf:
            writer.transport.abort()
    await still_serves(tool)


async def drips(port: int, said: bytes, every: float) -> tuple[list[int], float]:
    """Say the head, then a byte now and then; what is answered, and after how many seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began, heard = asyncio.get_running_loop().time(), bytearray()

    async def feed() -> None:
        with suppress(OSError):
            writer.write(said)
            while every:
                await asyncio.sleep(every)
                writer.write(b"a")

    feeding = asyncio.create_task(feed())
    try:
        with suppress(OSError):
            while chunk := await asyncio.wait_for(reader.read(65_536), 4 * PATIENCE):
                heard += chunk
    finally:
        feeding.cancel()
        writer.close()
    return [int(status) for status in STATUS.findall(heard)], (
        asyncio.get_running_loop().time() - began
    )


@pytest.mark.breadth
async def test_whoever_says_nothing_or_half_a_head_is_hung_up_on(tool: Machine) -> None:
    heads = (b"", b"GET /alive HTTP/1.1\r\nHost: a", asking("GET", "/alive"))
    port = tool.ports["web"]
    found = await asyncio.gather(*(drips(port, one, 0.0) for one in heads))
    assert [codes for codes, _ in found] == [[], [], [200]]
    assert all(seconds < 3 * PATIENCE for _, seconds in found)


@pytest.mark.breadth
async def test_a_body_that_never_goes_on_is_cut_off(tool: Machine) -> None:
    """Silent or a byte now and then, to a form's address or an upload's: each is told so, and its
    connection is closed."""
    long = {"length": 60_000}
    upload = f"/clips/raw/{'0' * 32}?expires=1&max=1&sig=x"
    those = [asking("POST", door, FORM, body=HALF, **long) for door in DOORS]
    those += [
        asking("POST", "/lti/launch", FORM, CHUNKED, body=b"5\r\niss=x\r\n"),
        asking("PUT", upload, body=HALF, **long),
    ]
    port, both = tool.ports["web"], [(one, every) for one in those for every in (0.0, 1.0)]
    found = await asyncio.gather(*(drips(port, one, every) for one, every in both))
    for (codes, seconds), (said, every) in zip(found, both, strict=True):
        assert codes == [408 if said.startswith(b"POST") else 403], (codes, said, every)
        assert seconds < 3 * PATIENCE, (said, every)
    await still_serves(tool)
