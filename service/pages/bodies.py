"""Bodies that break off: the framework takes a browser that has gone for a fault of ours."""

from litestar.exceptions import ClientException
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send


def only_whole_bodies(app: ASGIApp) -> ASGIApp:
    """Refuse a request whose body ends before it is whole: its length or a chunk of it lies, or its
    connection has broken. What the browser does after that is no matter of ours."""

    async def check(scope: Scope, receive: Receive, send: Send) -> None:
        whole = False

        async def receive_whole() -> ReceiveMessage:
            nonlocal whole
            message = await receive()
            if message["type"] == "http.request":
                whole = not message.get("more_body", False)
            elif message["type"] == "http.disconnect" and not whole:
                raise ClientException("The request broke off.")
            return message

        await app(scope, receive_whole, send)

    return check
