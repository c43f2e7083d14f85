"""`python -m tests.unit.inference.preparing`: prepare the clips in folders that lines name.

It loads nothing large itself: a child's peak counts its parent's. One JSON line answers each.
"""

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from inference.client import LocalPreparer
from inference.reading import ClipRefused


def main() -> None:
    """Answer until there are no more lines."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_outcome_of(Path(line.strip()))) + "\n")
        sys.stdout.flush()


def _outcome_of(folder: Path) -> dict[str, Any]:
    before = _spent()
    told: dict[str, Any] = {"refused": None, "size": None}
    try:
        clip = asyncio.run(LocalPreparer().prepare(folder / "raw", folder / "masked.mp4"))
        told["size"] = [clip.width, clip.height]
    except ClipRefused as refused:
        told["refused"] = refused.code
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told | {"seconds": _spent() - before, "kilobytes": children.ru_maxrss}


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
