"""Clips in a private bucket of Supabase Storage, through the `supabase` client."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from storage3.exceptions import StorageApiError
from storage3.types import CreateOrUpdateBucketOptions
from supabase import AsyncClient, AsyncClientOptions

from inference.reading import MAX_UPLOAD_BYTES
from service.clips import (
    RAW_PREFIX,
    WATCH_SECONDS,
    ClipStoreRefused,
    ClipStoreUnavailable,
    UploadGrant,
    write_capped,
)
from service.settings import SupabaseProject

log = logging.getLogger(__name__)

RAW_TYPE = "application/octet-stream"
MASKED_TYPE = "video/mp4"
TYPES = [RAW_TYPE, MASKED_TYPE]
OUR_BUCKET: CreateOrUpdateBucketOptions = {
    "public": False,
    "file_size_limit": MAX_UPLOAD_BYTES,
    "allowed_mime_types": TYPES,
}
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
STEADY_SECONDS = 60
MOST_REMEMBERED = 1000
SWEEP_EVERY = 60.0
MOST_SWEPT = 1000
LONGEST_MESSAGE = 200
LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
REFUSALS = {
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}


class SupabaseClips:
    """Clips in Supabase: browsers send and watch them there, at addresses that it signs.

    Storage binds such an address to one clip, but neither to a launch nor to a size; and one to
    send to holds for two hours, whatever we wish. So an upload's size is looked at afterwards, and
    the sweep removes what comes late.
    """

    def __init__(self, project: SupabaseProject, *, pauses: Sequence[float]) -> None:
        # No connection is kept: where a large upload is refused early, its body lies unread, and
        # the next request on that connection would hang (seen with Storage, 2026-11).
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT, limits=httpx.Limits(max_keepalive_connections=0)
        )
        options = AsyncClientOptions(
            httpx_client=self._http, auto_refresh_token=False, persist_session=False
        )
        self.origin = project.url
        self._storage = AsyncClient(project.url, project.key, options).storage
        self._bucket = project.bucket
        self._files = self._storage.from_(project.bucket)
        self._pauses = pauses
        self._bucket_is_ready = False
        self._addresses: dict[tuple[str, UUID], tuple[float, str]] = {}
        self._swept_at = -SWEEP_EVERY

    async def grant_upload(self, key: str, *, max_bytes: int, now: float) -> UploadGrant:
        """A PUT straight to Storage; it never overwrites, and our keys are never used twice."""
        signed = await self._in_bucket(lambda: self._files.create_signed_upload_url(key))
        return UploadGrant(
            method="PUT",
            url=signed["signed_url"],
            headers={"Content-Type": RAW_TYPE, "x-upsert": "false"},
        )

    async def grant_download(self, key: str, *, launch: UUID, now: float) -> str:
        """A signed address, remembered for a minute, so that a page drawn anew reuses it."""
        made, url = self._addresses.get((key, launch), (now, ""))
        if url and now - made < STEADY_SECONDS:
            return url
        try:
            url = await self._ask(lambda: self._sign(key))
        except FileNotFoundError:
            return f"{self.origin}/storage/v1/object/{self._bucket}/{key}"  # private: no door
        while len(self._addresses) >= MOST_REMEMBERED:
            del self._addresses[next(iter(self._addresses))]
        self._addresses[key, launch] = (now, url)
        return url

    async def _sign(self, key: str) -> str:
        return str((await self._files.create_signed_url(key, WATCH_SECONDS))["signedURL"])

    async def size(self, key: str) -> int | None:
        """The bytes under this key, or None where there is nothing."""
        try:
            return int((await self._ask(lambda: self._files.info(key)))["size"])
        except FileNotFoundError:
            return None

    async def fetch(self, key: str, to: Path) -> None:
        """Stream the file under this key to a local path; it is never whole in memory."""

        async def stream() -> None:
            async with self._http.stream("GET", await self._sign(key)) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise error_in(await answer.aread(), answer.status_code)
                with to.open("wb") as file:
                    await write_capped(file, answer.aiter_bytes(), MAX_UPLOAD_BYTES)

        await self._there(stream)

    async def put_file(self, key: str, path: Path) -> None:
        """Stream a local file to this key; storing it again changes nothing."""
        await self._in_bucket(
            lambda: self._files.upload(key, path, {"content-type": MASKED_TYPE, "upsert": "true"})
        )

    async def delete(self, key: str) -> None:
        """Remove the file under this key; nothing there is fine."""
        with contextlib.suppress(FileNotFoundError):  # not even a bucket
            await self._ask(lambda: self._files.remove([key]))

    async def sweep(self, *, older_than: float) -> None:
        """Remove raw clips that nobody deleted: those that came again, or late."""
        if time.monotonic() - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = time.monotonic()
        with contextlib.suppress(FileNotFoundError):
            listed = await self._ask(
                lambda: self._files.list(
                    RAW_PREFIX,
                    {"limit": MOST_SWEPT, "sortBy": {"column": "created_at", "order": "asc"}},
                )
            )
            before = time.time() - older_than
            left = [f"{RAW_PREFIX}/{item['name']}" for item in listed if is_older(item, before)]
            if left:
                await self._ask(lambda: self._files.remove(left))

    async def close(self) -> None:
        """Let go of every connection."""
        await self._http.aclose()

    async def _there[T](self, act: Callable[[], Awaitable[T]]) -> T:
        """Ask for a clip; FileNotFoundError only where the bucket itself still opens to our key.

        A key that has changed, and a bucket that is gone, are told of as clips that are not there
        (seen with Storage, 2026-11): no learner's clip is to be given up for that.
        """
        try:
            return await self._ask(act)
        except FileNotFoundError:
            try:
                await self._ask(lambda: self._storage.get_bucket(self._bucket))
            except FileNotFoundError as error:
                raise ClipStoreUnavailable(f"bucket {self._bucket} is gone") from error
            raise

    async def _in_bucket[T](self, act: Callable[[], Awaitable[T]]) -> T:
        """Store in the bucket, which is made again if it went since."""
        await self._make_bucket()
        try:
            return await self._ask(act)
        except FileNotFoundError:
            self._bucket_is_ready = False
        await self._make_bucket()
        try:
            return await self._ask(act)
        except FileNotFoundError as error:
            raise ClipStoreUnavailable(f"bucket {self._bucket} takes no clip") from error

    async def _make_bucket(self) -> None:
        """Make the bucket unless it is there, and see that it is private; once in a process."""
        if self._bucket_is_ready:
            return
        try:
            found = await self._ask(lambda: self._storage.get_bucket(self._bucket))
        except FileNotFoundError:
            await self._ask(self._create_bucket)
        else:
            if found.public:
                raise ClipStoreUnavailable(
                    f"bucket {self._bucket} is public: make it private, or set EYEBALL_BUCKET"
                )
            if (found.file_size_limit, found.allowed_mime_types) != (MAX_UPLOAD_BYTES, TYPES):
                await self._ask(lambda: self._storage.update_bucket(self._bucket, OUR_BUCKET))
        self._bucket_is_ready = True

    async def _create_bucket(self) -> None:
        try:
            await self._storage.create_bucket(self._bucket, options=OUR_BUCKET)
        except StorageApiError as error:
            if status_of(error) != HTTPStatus.CONFLICT:  # another process was faster
                raise

    async def _ask[T](self, act: Callable[[], Awaitable[T]]) -> T:
        """Ask, and ask again after each pause where that may help."""
        for pause in self._pauses:
            try:
                return await ask_once(act)
            except MayPass as fact:
                log.info("%s; trying again in %s s", fact, pause)
            await asyncio.sleep(pause)
        return await ask_once(act)


class MayPass(ClipStoreUnavailable):
    """The same request may do better a little later."""


async def ask_once[T](act: Callable[[], Awaitable[T]]) -> T:
    """Ask, and turn what goes wrong into a fact of ours."""
    try:
        return await act()
    except StorageApiError as error:
        raise fact_of(error) from error
    except httpx.TransportError as error:
        raise MayPass(f"Supabase does not answer ({type(error).__name__})") from error
    except (ValueError, KeyError) as error:
        raise ClipStoreUnavailable(
            "this is no answer of Supabase; is SUPABASE_URL right?"
        ) from error


def fact_of(error: StorageApiError) -> Exception:
    """What it means for us that Storage said no."""
    status = status_of(error)
    message = error.message.partition("\n")[0][:LONGEST_MESSAGE]
    if status == HTTPStatus.NOT_FOUND:
        return FileNotFoundError(message)
    if status in REFUSALS:
        return ClipStoreRefused(message, status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in LATER:
        return MayPass(f"Supabase says {status} {message}")
    return ClipStoreUnavailable(f"Supabase says {status} {message}; is SUPABASE_KEY right?")


def status_of(error: StorageApiError) -> int:
    """The status in the body: on the wire it is 400 for nearly all of them."""
    status = str(error.status)
    return int(status) if status.isdecimal() else HTTPStatus.INTERNAL_SERVER_ERROR


def error_in(body: bytes, http_status: int) -> StorageApiError:
    """What Storage says in an answer that the client has not read."""
    try:
        told = json.loads(body)
        return StorageApiError(told["message"], told["error"], told["statusCode"])
    except (ValueError, KeyError, TypeError):
        return StorageApiError("and gives no reason", "InternalError", http_status)


def is_older(item: dict[str, Any], before: float) -> bool:
    """Whether a listed object was made before then; a folder within has no time."""
    made = item.get("created_at")
    return made is not None and datetime.fromisoformat(made).timestamp() < before
