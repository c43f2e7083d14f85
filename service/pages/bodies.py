"""Bodies that break off, or never end: the framework takes a browser that has gone for a fault of
ours, and waits for ever for one that says nothing more."""

import asyncio
from typing import Any

from litestar.exceptions import ClientException, HTTPException
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

SLOWEST = (
    500.0  # bytes a second, over the whole of a body: a poor telephone line brings ten times it
)


class TooSlow(HTTPException):
    """A body that comes a byte now and then, or not at all."""

    status_code = 408


class Exchange:
    """One request and its answer.

    patience: seconds of silence that are borne; a whole body has so many, and one more for every
              SLOWEST bytes.
    """

    def __init__(self, receive: Receive, send: Send, patience: float) -> None:
        self._receive, self._send, self._patience = receive, send, patience
        self._began = asyncio.get_running_loop().time()
        self._bytes = 0
        self._is_whole = False

    async def receive(self) -> ReceiveMessage:
        """The next piece; what comes after the last one has all the time in the world."""
        if self._is_whole:
            return await self._receive()
        message = await self._next_piece()
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        elif message["type"] == "http.disconnect":
            raise ClientException("The request broke off.")
        return message

    async def _next_piece(self) -> ReceiveMessage:
        now = asyncio.get_running_loop().time()
        latest = self._began + self._patience + self._bytes / SLOWEST
        try:
            async with asyncio.timeout_at(min(now + self._patience, latest)):
                return await self._receive()
        except TimeoutError as error:
            raise TooSlow("The request did not come in time.") from error

    async def send(self, message: Message) -> None:
        """A part of the answer."""
        await self._send(message)

    def let_go(self) -> None:
        """It is over. As long as anything of the framework's held the connection, its server would
        go on reading what drips in (granian 2.8, seen)."""
        self._receive = self._send = over


async def over(*_: Any) -> Any:
    """Nobody is there any more."""
    raise ClientException("The request is over.")


def only_whole_bodies(patience: float) -> DefineMiddleware:
    """Refuse a request whose body ends before it is whole: its length or a chunk of it lies, or its
    connection has broken. Refuse one that dawdles, too: it would hold its connection for ever. What
    the browser does after that is no matter of ours."""

    def wrapped(app: ASGIApp) -> ASGIApp:
        async def check(scope: Scope, receive: Receive, send: Send) -> None:
            exchange = Exchange(receive, send, patience)
            try:
                await app(scope, exchange.receive, exchange.send)
            finally:
                exchange.let_go()

        return check

    return DefineMiddleware(wrapped)
