"""How the rest of the program has clips prepared and read: children of this machine.

Untrusted bytes are decoded only in a child, which gets the clip as an open descriptor (no name, no
path), writes no file, and answers through a pipe whose lengths are checked here. It runs in a
session of its own and dies with its caller, its time limit or a cancelled task.
"""

import asyncio
import hashlib
import os
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from inference.cards import FOLDER, Card, read_card
from inference.pipe import Answer, ChildEnded, Children, answers
from inference.reading import (
    MAX_UPLOAD_BYTES,
    Box,
    ClipRefused,
    PreparedClip,
    ReaderUnavailable,
    Reading,
    RefusalCode,
    Tracing,
    check_trim,
    too_large,
)
from inference.triaged import NO_TICKET, Ticket

PREPARE_SECONDS: Final = 90.0  # 30 s of processor time are the wall: this allows for a busy machine
READ_SECONDS: Final = 120.0
DRAW_SECONDS: Final = 600.0
ANCHOR_SECONDS: Final = 1800.0  # it gives way: on a busy machine a few seconds become many
PRACTICE_BATCH: Final = 12  # cases, from the lowest LVEF to the highest
AT_ONCE: Final = 2  # children: each fills a processor, and a preparing one up to 0.5 GB


class Preparer(Protocol):
    """Turns an upload into a masked clip."""

    async def prepare(
        self,
        raw: Path,
        masked: Path,
        *,
        told_frame_rate: float | None = None,
        trim: tuple[float, float] | None = None,
    ) -> PreparedClip:
        """Write the masked clip, whole or not at all; ClipRefused or ReaderUnavailable.

        trim: from and to, in seconds of the raw clip.
        """
        ...

    async def cover(
        self, masked: Path, covered: Path, frame_times: Sequence[float], boxes: Sequence[Box]
    ) -> PreparedClip:
        """Write the masked clip anew, black where the boxes are, and look for text again."""
        ...

    async def stills(self, masked: Path, frames: Sequence[int]) -> list[bytes]:
        """These frames of a masked clip as JPEG pictures, in their order."""
        ...


class Reader(Protocol):
    """Reads masked clips."""

    async def read(
        self,
        masked: Path,
        frame_times: Sequence[float],
        *,
        phantom: bool = False,
        frame_rate_told: bool = False,
        ticket: Ticket = NO_TICKET,
    ) -> Reading:
        """The reading; ClipRefused, ClipNotAccepted or ReaderUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomCase:
    """A practice case: a drawn heart whose LVEF (percent) and heart rate are known exactly."""

    lvef: float
    heart_rate: float
    prepared: PreparedClip
    path: Path
    seed: int
    tracing: Tracing | None = None


class LocalPreparer:
    """Prepares in children of this machine, `at_once` of them at a time."""

    def __init__(
        self,
        *,
        python: str = sys.executable,
        wall_seconds: float = PREPARE_SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        self._children = Children(python, wall_seconds, at_once)

    async def prepare(
        self,
        raw: Path,
        masked: Path,
        *,
        told_frame_rate: float | None = None,
        trim: tuple[float, float] | None = None,
    ) -> PreparedClip:
        """Mask the upload; what the clip does to the child is the clip's fault."""
        check_trim(trim)
        size = _size(raw)
        if size > MAX_UPLOAD_BYTES:
            raise too_large(size)
        request: dict[str, object] = {"told_frame_rate": told_frame_rate, "trim": trim}
        return await self._written("inference.prepare", request, raw, masked)

    async def cover(
        self, masked: Path, covered: Path, frame_times: Sequence[float], boxes: Sequence[Box]
    ) -> PreparedClip:
        """Black out the boxes in every frame; `covered` may be the same path as `masked`.

        Whether the frame rate was told is not in the masked clip: keep it from the first row.
        """
        _size(masked)
        request: dict[str, object] = {
            "frame_times": list(frame_times),
            "boxes": [box.to_primitives() for box in boxes],
        }
        return await self._written("inference.cover", request, masked, covered)

    async def stills(self, masked: Path, frames: Sequence[int]) -> list[bytes]:
        """Draw single frames of a masked clip, in one pass."""
        _size(masked)
        request: dict[str, object] = {"frames": list(frames)}
        try:
            answer = await self._children.only_answer("inference.stills", request, masked)
        except ChildEnded as ended:
            raise ReaderUnavailable(str(ended)) from ended
        return _cut(answer)

    async def sheet(
        self,
        masked: Path,
        frame_times: Sequence[float],
        lines: Sequence[str],
        *,
        frames: int,
        tracing: Tracing | None = None,
    ) -> bytes:
        """That many frames of a masked clip side by side, both outlines, and words, as one PNG."""
        _size(masked)
        request: dict[str, object] = {
            "times": list(frame_times),
            "lines": list(lines),
            "frames": frames,
            "tracing": tracing and tracing.to_primitives(),
        }
        try:
            answer = await self._children.only_answer("inference.sheet", request, masked)
        except ChildEnded as ended:
            raise ReaderUnavailable(str(ended)) from ended
        if answer.kind == "refused":
            raise ClipRefused.from_primitives(answer.content)
        return answer.payload

    async def _written(
        self, module: str, request: dict[str, object], clip: Path, out: Path
    ) -> PreparedClip:
        try:
            answer = await self._children.only_answer(module, request, clip)
        except ChildEnded as ended:
            raise _blame(ended) from ended
        prepared = _understood(PreparedClip, answer, "prepared")
        await asyncio.to_thread(_write_whole, out, answer.payload, prepared.sha256)
        return prepared


class LocalReader:
    """Reads in children of this machine, `at_once` of them at a time."""

    def __init__(
        self,
        *,
        python: str = sys.executable,
        wall_seconds: float = READ_SECONDS,
        models: Path = FOLDER,
        at_once: int = AT_ONCE,
    ) -> None:
        self._children = Children(python, wall_seconds, at_once)
        self._models = models

    async def read(
        self,
        masked: Path,
        frame_times: Sequence[float],
        *,
        phantom: bool = False,
        frame_rate_told: bool = False,
        ticket: Ticket = NO_TICKET,
    ) -> Reading:
        """Read the masked clip; its bytes are our own, so a dying child is our fault."""
        request: dict[str, object] = {
            "frame_times": list(frame_times),
            "phantom": phantom,
            "frame_rate_told": frame_rate_told,
            "models": str(self._models),
            "triaged": ticket.triaged and ticket.triaged.to_primitives(),
        }
        _size(masked)
        try:
            answer = await self._children.only_answer("inference.reader", request, masked)
        except ChildEnded as ended:
            raise ReaderUnavailable(str(ended)) from ended
        return _understood(Reading, answer, "reading")


def installed_model(models: Path = FOLDER) -> Card:
    """The card of the model that reads here: its label is said wherever its numbers are shown."""
    return read_card(models)


async def draw_one_case(folder: Path) -> PhantomCase:
    """Draw the first practice case into the folder: a heart to try things with."""
    [case] = await draw_practice_cases(folder, on_progress=lambda done, of: None, most=1)
    return case


async def draw_practice_cases(
    folder: Path,
    *,
    on_progress: Callable[[int, int], None],
    batch: int = 0,
    most: int | None = None,
    python: str = sys.executable,
) -> list[PhantomCase]:
    """Draw a batch of practice cases into the folder, each named by its content; the same every
    time. There are five of them."""
    cases: list[PhantomCase] = []
    try:
        async with asyncio.timeout(DRAW_SECONDS):
            request: dict[str, object] = {"batch": batch, "most": most}
            drawing = answers("inference.practice", request, python=python)
            async with aclosing(drawing) as heard:
                async for answer in heard:
                    cases.append(await asyncio.to_thread(_stored_case, folder, answer))
                    on_progress(len(cases), cast("int", answer.content["total"]))
    except (ChildEnded, TimeoutError) as error:
        raise ReaderUnavailable("the practice cases could not be drawn") from error
    return cases


async def draw_anchor(folder: Path, lvef: int, *, python: str = sys.executable) -> PhantomCase:
    """Draw the heart of exactly this LVEF into the folder, while nothing else wants the processor;
    the same every time."""
    try:
        async with asyncio.timeout(ANCHOR_SECONDS):
            drawing = answers("inference.anchors", {"lvef": lvef}, python=python)
            async with aclosing(drawing) as heard:
                async for answer in heard:
                    return await asyncio.to_thread(_stored_case, folder, answer)
    except (ChildEnded, TimeoutError) as error:
        raise ReaderUnavailable("the heart could not be drawn") from error
    raise ReaderUnavailable("no heart was drawn")


def _understood[T: (PreparedClip, Reading)](kind: type[T], answer: Answer, expected: str) -> T:
    """The answer as plain data, or the error that it tells."""
    try:
        if answer.kind == "refused":
            raise ClipRefused.from_primitives(answer.content)
        if answer.kind == expected:
            return kind.from_primitives(answer.content)
    except ValueError as error:
        raise ReaderUnavailable(f"the child's {expected} cannot be understood") from error
    raise ReaderUnavailable(str(answer.content.get("reason", f"no {expected} came")))


def _cut(answer: Answer) -> list[bytes]:
    """The pictures of one payload."""
    if answer.kind == "refused":
        raise ClipRefused.from_primitives(answer.content)
    pictures: list[bytes] = []
    start = 0
    for size in cast("list[int]", answer.content["sizes"]):
        pictures.append(answer.payload[start : start + size])
        start += size
    return pictures


def _blame(ended: ChildEnded) -> ClipRefused | ReaderUnavailable:
    """Beyond a limit or crashed while decoding: the clip. Anything else: us."""
    if ended.over_its_clip:
        return ClipRefused(RefusalCode.UNREADABLE)
    return ReaderUnavailable(str(ended))


def _size(clip: Path) -> int:
    try:
        return clip.stat().st_size
    except OSError as error:
        raise ReaderUnavailable("the clip is not in its place") from error


def _stored_case(folder: Path, answer: Answer) -> PhantomCase:
    content = answer.content
    prepared = PreparedClip.from_primitives(cast("dict[str, object]", content["prepared"]))
    traced = cast("dict[str, object] | None", content.get("tracing"))
    path = folder / f"{prepared.sha256}.mp4"
    _write_whole(path, answer.payload, prepared.sha256)
    return PhantomCase(
        lvef=cast("float", content["lvef"]),
        heart_rate=cast("float", content["heart_rate"]),
        prepared=prepared,
        path=path,
        seed=cast("int", content["seed"]),
        tracing=None if traced is None else Tracing.from_primitives(traced),
    )


def _write_whole(path: Path, content: bytes, sha256: str) -> None:
    """Write beside, then rename: a reader of the folder sees all of a clip or none of it."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ReaderUnavailable("the masked clip was damaged on its way")
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
