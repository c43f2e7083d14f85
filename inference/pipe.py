"""The parent's side of the pipe: start a child, hear its answers, and leave none behind."""

import asyncio
import contextlib
import json
import logging
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from inference.reading import InferenceError, ReaderUnavailable

log = logging.getLogger(__name__)

ROOT: Final = Path(__file__).parents[1]
LONGEST_LINE: Final = 1024 * 1024
MOST_SAID: Final = 8192  # bytes of what a child says in its distress: a traceback's end
LARGEST_PAYLOAD: Final = 200 * 1024 * 1024  # 1500 noisy frames of 800x800 stay below it
SIGNALS_OF_A_LIMIT: Final = {
    signal.SIGXCPU,  # processor time
    signal.SIGSEGV,  # out of memory inside a C library, or an attack on it
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGILL,
    signal.SIGFPE,
    signal.SIGXFSZ,
}
UNCAUGHT: Final = 1  # how Python ends after an exception: the same bytes would raise it again


@dataclass(frozen=True, slots=True)
class Answer:
    """One line that a child told, and the bytes that belong to it."""

    kind: str
    content: dict[str, object]
    payload: bytes


class ChildEnded(InferenceError):
    """The child ended before it answered; `over_its_clip` if by a limit, a crash or an exception
    while it had the clip in hand."""

    def __init__(self, words: str, *, over_its_clip: bool = False) -> None:
        super().__init__(words)
        self.over_its_clip = over_its_clip


class Children:
    """So many children at a time; the seconds that one waits for its turn are not its own."""

    def __init__(self, python: str, wall_seconds: float, at_once: int) -> None:
        self._python = python
        self._wall_seconds = wall_seconds
        self._turns = asyncio.Semaphore(at_once)

    async def only_answer(self, module: str, request: dict[str, object], clip: Path) -> Answer:
        """The one answer of a child that is given the clip."""
        async with self._turns:
            try:
                async with asyncio.timeout(self._wall_seconds):
                    telling = answers(module, request, python=self._python, clip=clip)
                    heard = [answer async for answer in telling]
            except TimeoutError as error:
                words = f"{module} took longer than {self._wall_seconds:g} s"
                raise ReaderUnavailable(words) from error
        if len(heard) != 1:
            raise ReaderUnavailable(f"{module} gave {len(heard)} answers")
        return heard[0]


async def answers(
    module: str, request: dict[str, object], *, python: str, clip: Path | None = None
) -> AsyncGenerator[Answer]:
    """Run `python -m module`, and hear what it tells after it said that it is ready."""
    async with _running(module, request, python=python, clip=clip) as process:
        ready = False
        try:
            while (answer := await _next_answer(process)) is not None:
                if ready:
                    yield answer
                ready = ready or answer.kind == "ready"
        except (ValueError, KeyError, TypeError, asyncio.IncompleteReadError) as error:
            raise _ended(module, await _code(process), ready=ready) from error
        code = await _code(process)
        if code != 0 or not ready:
            raise _ended(module, code, ready=ready)


def _ended(module: str, code: int, *, ready: bool) -> ChildEnded:
    """A child that crashed while loading its libraries never saw the clip."""
    crashed = ready and (code == UNCAUGHT or -code in SIGNALS_OF_A_LIMIT)
    early = "" if ready else " before it began: are the reader's packages and torch installed?"
    return ChildEnded(f"{module} ended with {code}{early}", over_its_clip=crashed)


async def _code(process: Process) -> int:
    """How the child ended; one that closed its pipe and lives on is not waited for."""
    try:
        async with asyncio.timeout(2):
            return await process.wait()
    except TimeoutError:
        return -signal.SIGKILL


@contextlib.asynccontextmanager
async def _running(
    module: str, request: dict[str, object], *, python: str, clip: Path | None
) -> AsyncGenerator[Process]:
    with _opened(clip) as descriptor:
        try:
            process = await asyncio.create_subprocess_exec(
                *(python, "-P", "-m", module, str(descriptor)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,  # may not write to files itself, and a log may be one
                pass_fds=() if clip is None else (descriptor,),
                env=_environment(),
                cwd="/",
                start_new_session=True,
                limit=LONGEST_LINE,
            )
        except OSError as error:
            raise ChildEnded(f"{module} could not be started") from error
    saying = asyncio.create_task(_last_said(cast("asyncio.StreamReader", process.stderr)))
    try:
        await _ask(process, request)
        yield process
    finally:
        await _end(process)
        await _tell_what_was_said(module, process, saying)


async def _tell_what_was_said(module: str, process: Process, saying: asyncio.Task[bytes]) -> None:
    with contextlib.suppress(TimeoutError):  # what a child has started may hold its pipe open
        async with asyncio.timeout(1):
            said = plain_lines(await saying)
            if said:
                log.warning("%s ended with %s and said:\n%s", module, process.returncode, said)


async def _last_said(stderr: asyncio.StreamReader) -> bytes:
    """The end of what a child writes beside its answers."""
    said = b""
    while part := await stderr.read(MOST_SAID):
        said = (said + part)[-MOST_SAID:]
    return said


def plain_lines(said: bytes) -> str:
    """Text that cannot move a terminal's cursor: a hostile clip may have a say in it."""
    lines = said.decode("utf-8", "replace").splitlines()
    return "\n".join("".join(filter(str.isprintable, line)) for line in lines).strip()


async def _ask(process: Process, request: dict[str, object]) -> None:
    """Write the request and leave stdin open: its end tells the child that we are gone."""
    line = json.dumps(request | {"parent": os.getpid()}).encode() + b"\n"
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # heard as its end instead
        cast("asyncio.StreamWriter", process.stdin).write(line)
        await cast("asyncio.StreamWriter", process.stdin).drain()


async def _end(process: Process) -> None:
    """Kill the child with everything that it started, and reap it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    cast("asyncio.StreamWriter", process.stdin).close()
    await process.wait()


async def _next_answer(process: Process) -> Answer | None:
    stdout = cast("asyncio.StreamReader", process.stdout)
    line = await stdout.readline()
    if not line:
        return None
    told = json.loads(line)
    size = int(told["bytes"])
    if not 0 <= size <= LARGEST_PAYLOAD:
        raise ValueError(f"an answer of {size} bytes")
    content = told["answer"]
    if not isinstance(content, dict):
        raise TypeError("an answer that is no object")
    payload = await stdout.readexactly(size)
    return Answer(str(told["kind"]), cast("dict[str, object]", content), payload)


@contextlib.contextmanager
def _opened(clip: Path | None) -> Generator[int]:
    """The clip's descriptor, open until the child has its own; -1 where there is no clip."""
    if clip is None:
        yield -1
        return
    try:
        descriptor = os.open(clip, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise ChildEnded("the clip cannot be opened") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _environment() -> dict[str, str]:
    """No secrets, no home: only what finds the package and keeps the libraries on few threads."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "2",
        "OMP_WAIT_POLICY": "PASSIVE",  # a thread that waits lets others work: twice as fast here
        "OPENCV_IO_MAX_IMAGE_PIXELS": "9000000",  # as budget.MOST_PIXELS, for a DICOM's JPEGs
        "CUDA_VISIBLE_DEVICES": "",
    }
