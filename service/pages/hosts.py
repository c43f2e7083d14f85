"""The Host header: nothing of ours believes it, but the framework reads it, and stumbles."""

import re

from litestar.exceptions import ClientException
from litestar.types import ASGIApp, Receive, Scope, Send

A_HOST = re.compile(rb"[A-Za-z0-9._-]{1,255}(:[0-9]{1,4}|:[1-5][0-9]{4}|:6[0-4][0-9]{3})?")
AN_ADDRESS = re.compile(rb"\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,4}|:[1-5][0-9]{4}|:6[0-4][0-9]{3})?")


def only_plain_hosts(app: ASGIApp) -> ASGIApp:
    """Refuse a request whose Host is no host, before anything makes an address of it."""

    async def check(scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope["headers"]:
            if name == b"host" and not is_plain(value):
                raise ClientException("The Host header is no host.")
        await app(scope, receive, send)

    return check


def is_plain(host: bytes) -> bool:
    """A name or an address, with a port that there can be."""
    return bool(A_HOST.fullmatch(host) or AN_ADDRESS.fullmatch(host))
