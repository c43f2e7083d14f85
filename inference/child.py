"""The child's side of the pipe: its limits, its request, its answers, and dying with its parent.

The request is one JSON line on stdin, which the parent then keeps open: its end means that the
parent is gone. Answers are JSON lines on stdout; one with "bytes" is followed by that many.

No child writes a file, opens a connection or starts a program. One that decodes untrusted bytes is
sealed besides: the kernel gives it no further descriptor, so that neither Python nor a C library
that a clip has taken over can open anything, not even to read.
"""

import ctypes
import hashlib
import importlib
import io
import json
import logging
import os
import resource
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Final, cast

from inference.confinement import confine, place_of
from inference.reading import ClipRefused

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
IN_NO_HURRY: Final = 10  # nice(2): a tenth of what others get, while they want it


def begin(
    *,
    cpu_seconds: int,
    memory: int | None = None,
    files: int = 64,
    online: bool = False,
    gives_way: bool = False,
) -> dict[str, object]:
    """Bind this process to its parent and to its limits, say ready, and take the request.

    memory: bytes of address space; 4K HEVC needs 0.28 GB and fails at 512 MB.
    online: for the one child that asks Gemini: it may connect, and gets no untrusted bytes.
    gives_way: for work that nobody waits for: whoever else wants the processor gets it.
    """
    if gives_way:
        os.nice(IN_NO_HURRY)
    if not online:
        confine()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)  # answers go through a pipe: no file is ever written
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_NOFILE, files)
    if memory is not None:
        _limit(resource.RLIMIT_AS, memory)
    request = cast("dict[str, object]", json.loads(sys.stdin.buffer.readline() or b"{}"))
    _die_with(cast("int", request["parent"]))
    tell("ready")
    return request


def _limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value + 1 if kind == resource.RLIMIT_CPU else value))


def _die_with(parent: int) -> None:
    """End when the parent ends, even by kill -9: by signal on Linux, by stdin's end elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=_watch_stdin, daemon=True).start()


def _watch_stdin() -> None:
    """Read with os.read: a buffered reader's lock would stop the interpreter from ending."""
    while os.read(0, 1):
        continue
    os._exit(1)


def seal(*late: str) -> None:
    """Let nothing be opened any more, and nothing of the clip reach the log.

    late: modules that libraries would import on first use, when it is too late.

    Libraries print what they find in a file, and that may be a name: their words go nowhere. Only
    the place where our own code failed is told.
    """
    for module in late:
        importlib.import_module(module)
    logging.disable()
    warnings.simplefilter("ignore")
    log = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.excepthook = lambda kind, _, trace: _write(log, place_of(kind, trace))
    _limit(resource.RLIMIT_NOFILE, 0)


def _write(log: int, words: str) -> None:
    os.write(log, words.encode())


def clip() -> io.BufferedReader:
    """The clip, as the descriptor that the parent opened: the child never learns its name."""
    return os.fdopen(int(sys.argv[1]), "rb")


def tell(kind: str, answer: dict[str, object] | None = None, payload: bytes = b"") -> None:
    """Send one answer, and the bytes that belong to it."""
    line = {"kind": kind, "answer": answer or {}, "bytes": len(payload)}
    sys.stdout.buffer.write(json.dumps(line, allow_nan=False).encode() + b"\n" + payload)
    sys.stdout.buffer.flush()


def refuse(refused: ClipRefused) -> None:
    """Tell the parent why the clip cannot be used."""
    tell("refused", refused.to_primitives())


def code_version(*modules: str) -> str:
    """A fingerprint of the code that shapes a result: twelve digits of a SHA-256."""
    folder = Path(__file__).parent
    text = b"".join((folder / f"{module}.py").read_bytes() for module in modules)
    return hashlib.sha256(text).hexdigest()[:12]
