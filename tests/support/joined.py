"""Applications joined without sockets: one transport that knows them by host; lifespans."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from litestar import Litestar


class Joined(httpx2.AsyncBaseTransport):
    """Hands a request to the application of its host; nobody else can be reached."""

    def __init__(self) -> None:
        self.apps: dict[str, httpx2.AsyncBaseTransport] = {}

    def add(self, host: str, app: Litestar) -> None:
        """Put an application at a host."""
        self.apps[host] = httpx2.ASGITransport(app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer, or fail as a closed port does."""
        app = self.apps.get(request.url.host)
        if app is None:
            raise httpx2.ConnectError("nobody listens there", request=request)
        return await app.handle_async_request(request)


PUBLIC, INNER = "93.184.216.34", "10.0.0.1"


async def resolve(host: str, port: int) -> list[str]:
    """A public internet of our own, where only hosts below `inner.test` are not public."""
    return [INNER if host.endswith("inner.test") else PUBLIC]


class Pinned(httpx2.AsyncBaseTransport):
    """What answers at a public address: the application that the Host header names."""

    def __init__(self, joined: Joined) -> None:
        self.joined = joined

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Hand it on under the name of its host."""
        assert request.url.host == PUBLIC, "only a public address may be called"
        named = httpx2.URL(f"https://{request.headers['Host']}")
        url = request.url.copy_with(host=named.host, port=named.port)
        return await self.joined.handle_async_request(
            httpx2.Request(request.method, url, headers=request.headers, stream=request.stream)
        )


@asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[None]:
    """An application between start-up and shut-down, both in one task as its task group demands."""
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "app": app, "state": {}, "asgi": {"version": "3.0"}}
    task = asyncio.create_task(app(scope, inbox.get, outbox.put))  # type: ignore[arg-type]
    await inbox.put({"type": "lifespan.startup"})
    started = await outbox.get()
    assert started["type"] == "lifespan.startup.complete", started
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await task
