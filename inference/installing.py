"""How an operator's weights come into the models folder: fetched, checked in a child, written."""

import asyncio
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import aclosing
from http import HTTPStatus
from pathlib import Path
from typing import IO, Final
from urllib.parse import urljoin, urlsplit

import httpx2

from inference.cards import (
    DEEPLAB,
    ECHONET_CARD,
    OUTLINER_CARD,
    Card,
    NoVerifiedWeights,
    OutlinerCard,
    read_card,
    read_outliner_card,
)
from inference.pipe import Answer, ChildEnded, answers
from inference.reading import InferenceError

LARGEST: Final = 1024**3  # bytes: the checkpoints have 239 and 303 MB
MOST_REDIRECTS: Final = 5
CHECK_SECONDS: Final = 900.0
DOWNLOAD_SECONDS: Final = 3600.0
FETCH: Final = httpx2.Timeout(30.0)
LICENCE: Final = (
    "The EchoNet-Dynamic weights are an asset of github.com/echonet/dynamic, release v1.0.0, and "
    "carry no licence of their own. They were trained on data under Stanford's Research Use "
    "Agreement: personal, non-commercial research; no derivative works; no passing on; no use in "
    "care. Non-commercial teaching is the defensible use; anything that is paid for needs "
    "Stanford's written leave. They are for education only, and stay on this machine."
)

type Progress = Callable[[int, int | None], None]


class InstallRefused(InferenceError):
    """The weights were not installed, and nothing was changed; the words say why."""


async def install_checkpoint(
    source: Path,
    models: Path,
    outliners: Path,
    *,
    accept_licence: bool,
    python: str = sys.executable,
) -> Card | OutlinerCard:
    """Install a downloaded checkpoint of either kind, or change nothing; InstallRefused.

    models, outliners: the folders of what reads the LVEF and of what outlines the ventricle. The
    card comes last: until it is there, the folder's other model (or none) is used.
    """
    if not accept_licence:
        raise InstallRefused("the licence note was not accepted")
    _check_size(source)
    answer = await _checked(source, python)
    if hashlib.sha256(answer.payload).hexdigest() != answer.content.get("sha256"):
        raise InstallRefused("the weights were damaged on their way")
    card = answer.content | {"licence": LICENCE, "licence_accepted": True}
    if card["network"] != DEEPLAB:
        await asyncio.to_thread(_write, models / ECHONET_CARD, card, answer.payload)
        return read_card(models)
    await asyncio.to_thread(_write, outliners / OUTLINER_CARD, card, answer.payload)
    installed = read_outliner_card(outliners)
    if installed is None:
        raise NoVerifiedWeights("the outliner's card is gone again")
    return installed


def _check_size(source: Path) -> None:
    try:
        size = source.stat().st_size
    except OSError as error:
        raise InstallRefused(f"there is no file {source}") from error
    if not source.is_file() or not 0 < size <= LARGEST:
        raise InstallRefused(f"{source} is empty, no file, or larger than {LARGEST >> 20} MB")


async def _checked(source: Path, python: str) -> Answer:
    """The child's one answer; what it is told to open may end it, but reaches nothing here."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            child = answers("inference.checkpoint", {}, python=python, clip=source)
            async with aclosing(child):
                heard = [answer async for answer in child]
    except (ChildEnded, TimeoutError) as error:
        raise InstallRefused(f"the checkpoint could not be checked: {error}") from error
    if len(heard) != 1:
        raise InstallRefused(f"the check gave {len(heard)} answers")
    if heard[0].kind != "weights":
        raise InstallRefused(str(heard[0].content["reason"]))
    return heard[0]


def _write(path: Path, card: dict[str, object], weights: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path.with_name(Path(str(card["file"])).name), weights)
    _replace(path, json.dumps(card, indent=2).encode() + b"\n")


def _replace(path: Path, content: bytes) -> None:
    """Write beside, then rename: a reader sees all of the old file or all of the new one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as beside:
        beside.write(content)
    Path(beside.name).chmod(0o644)
    Path(beside.name).replace(path)


async def download(
    url: str,
    folder: Path,
    *,
    on_progress: Progress,
    transport: httpx2.AsyncBaseTransport | None = None,
    seconds: float = DOWNLOAD_SECONDS,
) -> Path:
    """Fetch a checkpoint over https into a private new file, which the caller deletes.

    on_progress: told bytes so far, and bytes in all where the server says so.
    """
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        try:
            async with (
                asyncio.timeout(seconds),
                httpx2.AsyncClient(transport=transport, timeout=FETCH) as client,
            ):
                await _fetch(client, url, file, on_progress)
        except BaseException as error:
            Path(file.name).unlink(missing_ok=True)
            if isinstance(error, TimeoutError):
                raise InstallRefused(f"the download took longer than {seconds:g} s") from error
            if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | ValueError):
                raise InstallRefused(f"the download failed: {type(error).__name__}") from error
            if isinstance(error, OSError):
                raise InstallRefused(f"the file cannot be kept: {error.strerror}") from error
            raise
    return Path(file.name)


async def _fetch(
    client: httpx2.AsyncClient, url: str, file: IO[bytes], on_progress: Progress
) -> None:
    for _ in range(MOST_REDIRECTS + 1):
        if urlsplit(url).scheme != "https":
            raise InstallRefused("weights are fetched over https only")
        async with client.stream("GET", url, follow_redirects=False) as response:
            if response.has_redirect_location:
                url = urljoin(url, response.headers["location"])
                continue
            if response.status_code != HTTPStatus.OK:
                raise InstallRefused(f"the server answered {response.status_code}")
            await _keep(response, file, on_progress)
            return
    raise InstallRefused("the server redirects without end")


async def _keep(response: httpx2.Response, file: IO[bytes], on_progress: Progress) -> None:
    told = response.headers.get("content-length", "")
    total = int(told) if told.isdecimal() and len(told) < 20 else None
    kept = 0
    async for piece in response.aiter_bytes():
        kept += len(piece)
        if max(kept, total or 0) > LARGEST:
            raise InstallRefused(f"the file is larger than {LARGEST >> 20} MB")
        file.write(piece)
        on_progress(kept, total)
