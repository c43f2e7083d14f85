"""What a child may not do, whatever a clip makes of it: write, connect, or start a program.

An audit hook cannot be taken out again. It sees what Python does; `child.seal` closes the rest.
"""

import os
import sys
from types import TracebackType
from typing import Final

WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
FORBIDDEN: Final = (
    "socket.",
    "subprocess.",
    "pty.",
    "shutil.",
    "tempfile.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.kill",
    "os.setxattr",
)


class Forbidden(PermissionError):
    """The child tried what no child needs."""


def confine() -> None:
    """From here on this process writes no file, opens no connection and starts no program."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        path, _, flags = arguments
        named = not isinstance(path, int) and path != os.devnull
        if named and isinstance(flags, int) and flags & WRITING:
            raise Forbidden("opening a file to write")
    elif event.startswith(FORBIDDEN):
        raise Forbidden(event)


def place_of(kind: type[BaseException], trace: TracebackType | None) -> str:
    """What failed and where, without its words, which may quote the clip."""
    lines: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"  {code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return "\n".join([f"{kind.__name__}, at", *lines, ""])
