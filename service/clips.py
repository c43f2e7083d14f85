"""Where clips lie: the ClipStore contract, and LocalClips, a folder with signed addresses."""

import asyncio
import contextlib
import fcntl
import hmac
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

from service.i18n import _
from service.signing import Signer

UPLOAD_SECONDS = 15 * 60
WATCH_SECONDS = 15 * 60
PART_SUFFIX = ".part"
RAW_PREFIX = "raw"
GONE_PREFIX = "gone"  # empty files: what was deleted is not written again by an address that holds


class ClipStoreRefused(Exception):
    """The store will not do this: the message says why, `status` is the HTTP answer."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class NoSuchRange(ClipStoreRefused):
    """A range of a clip that is none, or lies beyond its end; `size` is what there is, in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(_("This range cannot be served."), status=416)
        self.size = size


class ClipStoreUnavailable(Exception):
    """The store does not do its duty just now: try again later. The message is for operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadGrant:
    """How a browser may send one file, once."""

    method: str
    url: str
    headers: dict[str, str]
    resumable: bool = False  # whether pieces may be sent, each with a Content-Range


class ClipStore(Protocol):
    """The rest of the code never sees which store it talks to."""

    @property
    def origin(self) -> str | None:
        """Where browsers send and watch clips, unless that is this service itself."""
        ...

    async def grant_upload(self, key: str, *, max_bytes: int, now: float) -> UploadGrant:
        """Let a browser send a file to this key. Not every store can hold it to so many bytes, or
        to a quarter of an hour: whoever uses the file looks at its size first."""
        ...

    async def grant_download(self, key: str, *, launch: UUID, now: float) -> str:
        """An address of this clip for this launch, good for at most a quarter of an hour; where
        there is no such clip it leads nowhere."""
        ...

    async def size(self, key: str) -> int | None:
        """The bytes under this key, or None where there is nothing."""
        ...

    async def fetch(self, key: str, to: Path) -> None:
        """Copy the file under this key to a local path; FileNotFoundError where there is none."""
        ...

    async def put_file(self, key: str, path: Path) -> None:
        """Store a local file under this key; storing it again changes nothing."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the file under this key; nothing there is fine."""
        ...

    async def sweep(self, *, older_than: float) -> None:
        """Remove what lies in the raw prefix for longer than so many seconds."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


def new_raw_key() -> str:
    """A key for an upload: random, never the learner's file name."""
    return f"{RAW_PREFIX}/{uuid4().hex}"


def new_masked_key() -> str:
    """A key for a masked file: a new one for new bytes, since browsers keep what they have seen."""
    return f"masked/{uuid4().hex}.mp4"


class LocalClips:
    """Clips in a folder of this machine, behind signed addresses of this service."""

    origin = None

    def __init__(
        self, folder: Path, *, public_url: str, signer: Signer, patience: float = UPLOAD_SECONDS
    ) -> None:
        self.folder = folder
        self.public_url = public_url
        self.signer = signer
        self.patience = patience  # seconds: whoever sends a byte now and then is cut off

    async def grant_upload(self, key: str, *, max_bytes: int, now: float) -> UploadGrant:
        """A signed PUT to /clips/…"""
        expires = int(now) + UPLOAD_SECONDS
        signature = self.signer.sign("put", key, expires, max_bytes)
        url = f"{self.public_url}/clips/{key}?expires={expires}&max={max_bytes}&sig={signature}"
        return UploadGrant(
            method="PUT",
            url=url,
            headers={"Content-Type": "application/octet-stream"},
            resumable=True,
        )

    async def grant_download(self, key: str, *, launch: UUID, now: float) -> str:
        """A signed GET of /clips/…; steady within a minute, so that a page drawn anew reuses it."""
        expires = int(now) // 60 * 60 + WATCH_SECONDS
        signature = self.signer.sign("get", key, expires, launch.hex)
        return (
            f"{self.public_url}/clips/{key}?expires={expires}&launch={launch.hex}&sig={signature}"
        )

    def check_upload(self, key: str, *, expires: int, max_bytes: int, sig: str, now: float) -> None:
        """Refuse an address that we did not sign, or whose time is over."""
        self._check(sig, self.signer.sign("put", key, expires, max_bytes), expires, now)

    def check_download(self, key: str, *, expires: int, launch: str, sig: str, now: float) -> None:
        """Refuse an address that we did not sign, or whose time is over."""
        self._check(sig, self.signer.sign("get", key, expires, launch), expires, now)

    @staticmethod
    def _check(given: str, wanted: str, expires: int, now: float) -> None:
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise ClipStoreRefused(_("This address is not one of ours."), status=403)
        if now > expires:
            raise ClipStoreRefused(_("This address has expired. Reload the page."), status=403)

    def path(self, key: str) -> Path:
        """Where the file of this key lies; a key that would leave the folder is refused."""
        path = (self.folder / key).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ClipStoreRefused(_("This address is not one of ours."), status=404)
        return path

    async def receive(self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int) -> int:
        """Write an upload as it arrives; the file appears whole or not at all, and only once."""
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{uuid4().hex}{PART_SUFFIX}")
        self._refuse_gone(key)
        try:
            with part.open("wb") as file:
                written = await self._write(file, chunks, max_bytes)
            self._refuse_gone(key)
            os.link(part, path)  # atomic, and refuses to overwrite
        except FileExistsError as error:
            raise ClipStoreRefused(_("This upload has already arrived."), status=409) from error
        finally:
            part.unlink(missing_ok=True)
        return written

    async def received(self, key: str) -> int:
        """How many bytes of an upload in pieces are here, to go on from."""
        self._refuse_gone(key)
        for path in (self.path(key), self._pieces(key)):
            with contextlib.suppress(FileNotFoundError):
                return path.stat().st_size
        return 0

    async def append(
        self, key: str, chunks: AsyncIterator[bytes], *, offset: int, total: int
    ) -> int:
        """Add a piece to an upload, and return how many bytes are here now. What a broken
        connection has brought is kept; the file appears under its key once it is whole."""
        path, pieces = self.path(key), self._pieces(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._refuse_gone(key)
        if path.exists():
            raise ClipStoreRefused(_("This upload has already arrived."), status=409)
        with pieces.open("ab") as file:
            hold(file.fileno())
            if file.tell() != offset:
                raise ClipStoreRefused(_("This piece does not fit what is here."), status=409)
            await self._write(file, chunks, total - offset)
            written = file.tell()
        self._refuse_gone(key)
        if written == total:
            os.link(pieces, path)
            pieces.unlink()
        return written

    async def _write(self, file: BufferedWriter, chunks: AsyncIterator[bytes], most: int) -> int:
        try:
            async with asyncio.timeout(self.patience):
                return await write_capped(file, chunks, most)
        except TimeoutError as error:
            raise ClipStoreRefused(_("This upload took too long."), status=408) from error

    def _pieces(self, key: str) -> Path:
        path = self.path(key)
        return path.with_name(f"{path.name}.pieces{PART_SUFFIX}")

    def _gone(self, key: str) -> Path:
        return self.folder / GONE_PREFIX / self.path(key).name

    def _refuse_gone(self, key: str) -> None:
        if self._gone(key).exists():
            raise ClipStoreRefused(_("This upload isn't waited for any more."), status=410)

    async def size(self, key: str) -> int | None:
        """The bytes under this key, or None where there is nothing."""
        try:
            return self.path(key).stat().st_size
        except FileNotFoundError:
            return None

    async def fetch(self, key: str, to: Path) -> None:
        """Copy the file under this key to a local path."""
        await asyncio.to_thread(shutil.copyfile, self.path(key), to)

    async def put_file(self, key: str, path: Path) -> None:
        """Store a local file under this key, whole or not at all."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{uuid4().hex}{PART_SUFFIX}")
        await asyncio.to_thread(shutil.copyfile, path, part)
        part.replace(target)

    async def delete(self, key: str) -> None:
        """Remove the file under this key, and what has come of it so far; none is fine. A raw one
        cannot come again."""
        gone = self._gone(key)
        if key.startswith(f"{RAW_PREFIX}/"):
            gone.parent.mkdir(parents=True, exist_ok=True)
            gone.touch()
        self.path(key).unlink(missing_ok=True)
        self._pieces(key).unlink(missing_ok=True)

    async def sweep(self, *, older_than: float) -> None:
        """Remove what uploads that broke off have left behind, and raw clips that nobody deleted:
        those that were sent again, or late, to an address that still held."""
        await asyncio.to_thread(self._sweep, time.time() - older_than)

    def _sweep(self, before: float) -> None:
        for left in self._perhaps_left():
            with contextlib.suppress(FileNotFoundError):
                if left.stat().st_mtime < before:
                    left.unlink()

    def _perhaps_left(self) -> Iterator[Path]:
        yield from self.folder.rglob(f"*{PART_SUFFIX}")
        yield from (self.folder / RAW_PREFIX).glob("*")
        yield from (self.folder / GONE_PREFIX).glob("*")

    async def close(self) -> None:
        """A folder has no connections."""


def hold(descriptor: int) -> None:
    """One writer at a time: two tabs may send the same piece."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ClipStoreRefused(_("This piece is being sent already."), status=409) from error


async def write_capped(file: BufferedWriter, chunks: AsyncIterator[bytes], most: int) -> int:
    """Write chunks to a file and count them; one byte too many ends it."""
    written = 0
    async for chunk in chunks:
        written += len(chunk)
        if written > most:
            raise ClipStoreRefused(
                _("This file is larger than the %(size)s bytes announced.", size=most),
                status=413,
            )
        await asyncio.to_thread(file.write, chunk)
    file.flush()
    await asyncio.to_thread(os.fsync, file.fileno())
    return written
