"""How the rest of the program has clips prepared and read: children of this machine.

Untrusted bytes are decoded only in a child, which gets the clip as an open descriptor (no name, no
path), writes no file, and answers through a pipe whose lengths are checked here. It runs in a
session of its own and dies with its caller, its time limit or a cancelled task.
"""

import asyncio
import hashlib
import json
import os
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from inference.pipe import Answer, ChildEnded, answers
from inference.reading import (
    MAX_UPLOAD_BYTES,
    ClipRefused,
    PreparedClip,
    ReaderUnavailable,
    Reading,
    RefusalCode,
    too_large,
)

MODELS: Final = Path(__file__).parent / "models"
CARD: Final = "phantom.json"
PREPARE_SECONDS: Final = 90.0  # 30 s of processor time are the wall: this allows for a busy machine
READ_SECONDS: Final = 120.0
DRAW_SECONDS: Final = 600.0


class Preparer(Protocol):
    """Turns an upload into a masked clip."""

    async def prepare(
        self, raw: Path, masked: Path, *, told_frame_rate: float | None = None
    ) -> PreparedClip:
        """Write the masked clip, whole or not at all; ClipRefused or ReaderUnavailable."""
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
    ) -> Reading:
        """The reading; ClipRefused or ReaderUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomCase:
    """A practice case: a drawn heart whose LVEF (percent) and heart rate are known exactly."""

    lvef: float
    heart_rate: float
    prepared: PreparedClip
    path: Path
    seed: int


class LocalPreparer:
    """Prepares in a child of this machine."""

    def __init__(
        self, *, python: str = sys.executable, wall_seconds: float = PREPARE_SECONDS
    ) -> None:
        self._python = python
        self._wall_seconds = wall_seconds

    async def prepare(
        self, raw: Path, masked: Path, *, told_frame_rate: float | None = None
    ) -> PreparedClip:
        """Mask the upload; what the clip does to the child is the clip's fault."""
        size = _size(raw)
        if size > MAX_UPLOAD_BYTES:
            raise too_large(size)
        try:
            answer = await _only_answer(
                "inference.prepare",
                {"told_frame_rate": told_frame_rate},
                clip=raw,
                python=self._python,
                wall_seconds=self._wall_seconds,
            )
        except ChildEnded as ended:
            raise _blame(ended) from ended
        prepared = _understood(PreparedClip, answer, "prepared")
        await asyncio.to_thread(_write_whole, masked, answer.payload, prepared.sha256)
        return prepared


class LocalReader:
    """Reads in a child of this machine."""

    def __init__(
        self,
        *,
        python: str = sys.executable,
        wall_seconds: float = READ_SECONDS,
        models: Path = MODELS,
    ) -> None:
        self._python = python
        self._wall_seconds = wall_seconds
        self._models = models

    async def read(
        self,
        masked: Path,
        frame_times: Sequence[float],
        *,
        phantom: bool = False,
        frame_rate_told: bool = False,
    ) -> Reading:
        """Read the masked clip; its bytes are our own, so a dying child is our fault."""
        request: dict[str, object] = {
            "frame_times": list(frame_times),
            "phantom": phantom,
            "frame_rate_told": frame_rate_told,
            "models": str(self._models),
        }
        _size(masked)
        try:
            answer = await _only_answer(
                "inference.reader",
                request,
                clip=masked,
                python=self._python,
                wall_seconds=self._wall_seconds,
            )
        except ChildEnded as ended:
            raise ReaderUnavailable(str(ended)) from ended
        return _understood(Reading, answer, "reading")


def installed_model_label(models: Path = MODELS) -> str | None:
    """What must be said wherever a number of the installed model's is shown; None for none."""
    card = json.loads((models / CARD).read_text())
    return str(card["label"]) if card["demo"] else None


async def draw_practice_cases(
    folder: Path, *, on_progress: Callable[[int, int], None], python: str = sys.executable
) -> list[PhantomCase]:
    """Draw the practice cases into the folder, each named by its content; the same every time."""
    cases: list[PhantomCase] = []
    try:
        async with asyncio.timeout(DRAW_SECONDS):
            async with aclosing(answers("inference.practice", {}, python=python)) as heard:
                async for answer in heard:
                    cases.append(await asyncio.to_thread(_stored_case, folder, answer))
                    on_progress(len(cases), cast("int", answer.content["total"]))
    except (ChildEnded, TimeoutError) as error:
        raise ReaderUnavailable("the practice cases could not be drawn") from error
    return cases


async def _only_answer(
    module: str, request: dict[str, object], *, clip: Path, python: str, wall_seconds: float
) -> Answer:
    try:
        async with asyncio.timeout(wall_seconds):
            heard = [answer async for answer in answers(module, request, python=python, clip=clip)]
    except TimeoutError as error:
        raise ReaderUnavailable(f"{module} took longer than {wall_seconds:g} s") from error
    if len(heard) != 1:
        raise ReaderUnavailable(f"{module} gave {len(heard)} answers")
    return heard[0]


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


def _blame(ended: ChildEnded) -> ClipRefused | ReaderUnavailable:
    """Beyond a limit or crashed while decoding: the clip. Anything else: us."""
    if ended.at_its_limit:
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
    path = folder / f"{prepared.sha256}.mp4"
    _write_whole(path, answer.payload, prepared.sha256)
    return PhantomCase(
        lvef=cast("float", content["lvef"]),
        heart_rate=cast("float", content["heart_rate"]),
        prepared=prepared,
        path=path,
        seed=cast("int", content["seed"]),
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
