"""`python -m service.demo` is one process: it stops when told, and a killed one loses nothing."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.unit.service.demo.conftest import SCORE_TYPE, Browser, Serve, Tool, started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("more", [(), ("--stop-with-stdin",)], ids=str)
async def test_a_signal_stops_it_cleanly(
    serve: Serve, number: signal.Signals, more: tuple[str, ...]
) -> None:
    process, _ = await serve(*more)
    process.send_signal(number)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    assert process.stderr is not None
    assert await process.stderr.read() == b""


async def test_it_stops_when_its_supervisors_end_of_the_pipe_closes(serve: Serve) -> None:
    process, _ = await serve("--stop-with-stdin")
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.fixture
async def tool_url(tool: Tool) -> AsyncIterator[str]:
    """The tool's key set over real HTTP."""
    body = json.dumps(tool.key_set()).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.breadth
async def test_a_signal_stops_it_while_an_answer_is_held_back(
    serve: Serve, tool: Tool, tool_url: str
) -> None:
    process, client = await serve("--allow-faults", "--tool-url", tool_url)
    await client.post("/test/outage", json={"scores": "slow", "hold_seconds": 300})
    browser = Browser(client, tool)
    audience = str(client.base_url).rstrip("/") + "/lti/token"
    answer = await browser.asks_for_token(client_assertion=tool.assertion(aud=audience))
    held = asyncio.create_task(browser.scores(token=answer.json()["access_token"]))
    while not (await browser.gradebook())["grades"]:
        await asyncio.sleep(0.01)
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 20) == 0
    assert (await held).status_code == 200


async def post_unsigned_score(client: httpx2.AsyncClient) -> int:
    address = "/lti/courses/echo-101/lineitems/1/lineitem/scores?type_id=1"
    headers = {"Content-Type": SCORE_TYPE}
    return (await client.post(address, content=b"{}", headers=headers)).status_code


@pytest.mark.breadth
async def test_a_killed_lms_keeps_its_log_and_its_key(serve: Serve) -> None:
    process, client = await serve()
    assert await post_unsigned_score(client) == 401
    key = (await client.get("/lti/jwks")).json()
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    _, client = await serve()
    assert [post["status"] for post in (await client.get("/gradebook.json")).json()["posts"]] == [
        401
    ]
    assert (await client.get("/lti/jwks")).json() == key


async def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await started("--port", str(port), "--folder", str(tmp_path))
        _, said = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert said == f"Error: Port {port} is taken: choose another.\n".encode()
