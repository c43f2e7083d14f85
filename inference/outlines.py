"""The second job on a clip that has been read: the ventricle's outline, by a child of this machine.

Imports nothing heavy, and nothing of the cloud: outlines are drawn where the worker runs.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, cast

from inference.pipe import ChildEnded, Children
from inference.reading import ClipRefused, ReaderUnavailable, Tracing

OUTLINE_SECONDS: Final = 600.0


class Outliner(Protocol):
    """Outlines the ventricle in masked clips."""

    async def outline(self, masked: Path, frame_times: Sequence[float]) -> Tracing | None:
        """The tracing, None where no beat is found; ClipRefused or ReaderUnavailable."""
        ...


class LocalOutliner:
    """Outlines in children of this machine, one at a time: nobody waits for it."""

    def __init__(
        self,
        folder: Path,
        *,
        phantom: bool = False,
        python: str = sys.executable,
        wall_seconds: float = OUTLINE_SECONDS,
    ) -> None:
        """Outline real hearts by the folder's outliner, or phantoms by the model for these."""
        self._children = Children(python, wall_seconds, 1)
        self._folder = folder
        self._phantom = phantom

    async def outline(self, masked: Path, frame_times: Sequence[float]) -> Tracing | None:
        """Outline the clip; its bytes are our own, so a dying child is our fault."""
        request: dict[str, object] = {
            "frame_times": list(frame_times),
            "folder": str(self._folder),
            "phantom": self._phantom,
        }
        try:
            answer = await self._children.only_answer("inference.outlining", request, masked)
        except ChildEnded as ended:
            raise ReaderUnavailable(str(ended)) from ended
        if answer.kind == "refused":
            raise ClipRefused.from_primitives(answer.content)
        if answer.kind != "tracing":
            raise ReaderUnavailable(str(answer.content.get("reason", "no tracing came")))
        told = cast("dict[str, object] | None", answer.content["tracing"])
        return None if told is None else Tracing.from_primitives(told)
