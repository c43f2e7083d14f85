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
