"""Bytes on a real socket, as no browser would send them, and the statuses that come back."""

import asyncio
import re
from collections.abc import Sequence

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
SILENCE_SECONDS = 1.0  # then nothing more is coming: the server waits for us
PATIENCE_SECONDS = 30.0  # where an answer must come, and the server closes after it
CLOSING = "Connection: close"
FORM = "Content-Type: application/x-www-form-urlencoded"


def asking(
    method: str, target: str, *headers: str, body: bytes = b"", length: object = None
) -> bytes:
    """A request, with a Content-Length that need not be true; it has none where it is chunked."""
    told = len(body) if length is None else length
    chunked = any(header.startswith("Transfer-Encoding") for header in headers)
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if length is not None or (body and not chunked):
        lines.append(f"Content-Length: {told}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def shouts(
    port: int, said: bytes, *, hangs_up: bool = False, patience: float = PATIENCE_SECONDS
) -> list[int]:
    """Say this over a connection of its own; the status of each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = bytearray()
    try:
        writer.write(said)
        if hangs_up:
            writer.write_eof()
        while chunk := await asyncio.wait_for(reader.read(65_536), patience):
            heard += chunk
    except OSError:
        """It waits for more, or has had enough."""
    finally:
        writer.close()
    return [int(status) for status in STATUS.findall(heard)]


async def all_shout(
    port: int, those: Sequence[bytes], *, hangs_up: bool = False
) -> list[list[int]]:
    """Each over a connection of its own, all at once."""
    return await asyncio.gather(
        *(shouts(port, one, hangs_up=hangs_up, patience=SILENCE_SECONDS) for one in those)
    )
