"""`python -m tests.unit.inference.mutations FOLDER FIRST END STEP`: prepare damaged clips.

The libraries are loaded once; every clip then gets a fork of its own with the limits and the seal
of `inference.prepare`. The originals come as files: a fork would inherit FFmpeg's locks without
its threads. One JSON line tells how each ended, and what the dearest cost.
"""

import contextlib
import io
import json
import os
import resource
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import cv2

from inference import child, text
from inference.confinement import confine
from inference.pipe import SIGNALS_OF_A_LIMIT
from inference.prepare import CPU_SECONDS, IMPORTED_LATE, MEMORY, prepare
from inference.reading import ClipRefused, RefusalCode
from tests.unit.inference import hostile

STALLED_AFTER: Final = 60  # seconds
PREPARED: Final = 0
OUT_OF_MEMORY: Final = 9
REFUSED: Final = 10  # and the place of its code
CODES: Final = list(RefusalCode)


def main() -> None:
    """Prepare every STEP-th mutation from FIRST to END."""
    originals = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
    cv2.setNumThreads(0)
    # Nothing of the damage is left where writing is looked for: a glance does, nine tenths faster.
    text.DETECTION_SIDE = 96  # pyright: ignore[reportConstantRedefinition]
    ended: Counter[str] = Counter()
    dearest, largest = 0.0, 0
    failed: list[str] = []
    for seed in range(*map(int, sys.argv[2:])):
        content = hostile.mutated(seed, originals)
        code, used = _in_a_fork(content)
        if code == -signal.SIGALRM:  # onnxruntime has a thread, and a fork may inherit its lock:
            code, used = _in_a_fork(content)  # what stalls by the clip stalls again
        word = _word(code)
        ended[word] += 1
        if word.startswith("failed"):
            failed.append(f"seed {seed}: {word}")
        elif word != "prepared":
            dearest = max(dearest, used.ru_utime + used.ru_stime)
        largest = max(largest, used.ru_maxrss)
    told = {"ended": ended, "failed": failed, "seconds": dearest, "kilobytes": largest}
    sys.stdout.write(json.dumps(told) + "\n")


def _in_a_fork(content: bytes) -> tuple[int, resource.struct_rusage]:
    pid = os.fork()
    if pid == 0:
        os._exit(_prepared(content))
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used


def _prepared(content: bytes) -> int:
    signal.alarm(STALLED_AFTER)
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
    ):
        resource.setrlimit(kind, (value, value))
    confine()
    child.seal(*IMPORTED_LATE)
    try:
        prepare(io.BytesIO(content))
    except ClipRefused as refused:
        return REFUSED + CODES.index(refused.code)
    except (MemoryError, cv2.error):
        return OUT_OF_MEMORY
    except BaseException as error:  # what this test looks for
        with contextlib.suppress(OSError):  # where the log is a file, it cannot grow
            sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return PREPARED


def _word(code: int) -> str:
    if code >= REFUSED:
        return CODES[code - REFUSED].value
    if -code in SIGNALS_OF_A_LIMIT or code == OUT_OF_MEMORY:
        return "stopped at a limit"
    return "prepared" if code == PREPARED else f"failed with {code}"


if __name__ == "__main__":
    main()
