"""HTTP/1.1 by hand, for servers that misbehave as real ones do; each in a thread of its own."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CHUNK = 64 * 1024


@dataclass
class Asked:
    """One request; its body is read by whoever needs it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    reader: asyncio.StreamReader = field(repr=False)
    left: int = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        while self.left > 0:
            chunk = await self.reader.read(min(CHUNK, self.left))
            if not chunk:
                raise ConnectionError("the client has gone")
            self.left -= len(chunk)
            yield chunk

    async def json(self) -> Any:
        """The body, parsed."""
        return json.loads(b"".join([chunk async for chunk in self.chunks()]))


@dataclass
class Answer:
    """One answer: JSON, or a part of a file."""

    told: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    file: Path | None = None
    first: int = 0
    last: int = -1
    breaks_off: bool = False


type Answers = Callable[[Asked], Awaitable[Answer | None]]


@contextmanager
def listening(answers: Answers) -> Iterator[int]:
    """A server on a free port; any process can reach it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def open_door() -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await serve_all(answers, reader, writer)

        return await asyncio.start_server(serve, "127.0.0.1", 0)

    door = asyncio.run_coroutine_threadsafe(open_door(), loop).result(10)
    try:
        yield door.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(shut(door), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def shut(door: asyncio.Server) -> None:
    """Give up every connection."""
    door.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await door.wait_closed()


async def serve_all(
    answers: Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One connection, request after request."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        while await serve_one(answers, reader, writer):
            pass
    writer.close()


async def serve_one(
    answers: Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """One request; whether the connection can take another."""
    asked = parse(await reader.readuntil(b"\r\n\r\n"), reader)
    answer = await answers(asked)
    if answer is None:
        return False
    unread = asked.left
    await send(answer, writer)
    if unread > CHUNK:
        while await reader.read(CHUNK):
            """The trap: all that comes is taken for the rest of a body that nobody wants."""
        return False
    async for _ in asked.chunks():
        """A short body is read to its end."""
    return True


async def send(answer: Answer, writer: asyncio.StreamWriter) -> None:
    """Write an answer; a file goes out in pieces."""
    told = b"" if answer.file else as_bytes(answer.told)
    left = answer.last - answer.first + 1 if answer.file else len(told)
    headers = {"Content-Type": "application/json", "Content-Length": str(left), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + told)
    await writer.drain()
    if answer.file is None:
        return
    with answer.file.open("rb") as file:
        file.seek(answer.first)
        if answer.breaks_off:
            writer.write(file.read(left // 2))
            raise ConnectionError
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            writer.write(chunk)
            await writer.drain()


def as_bytes(told: Any) -> bytes:
    """What is told, as JSON unless it is text."""
    if told is None:
        return b""
    return told.encode() if isinstance(told, str) else json.dumps(told).encode()


def parse(head: bytes, reader: asyncio.StreamReader) -> Asked:
    """A request's head."""
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    length = int(headers.get("content-length", 0))
    return Asked(method, unquote(parts.path), query, headers, reader, length)
