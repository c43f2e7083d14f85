"""A reader that has the view checked by Gemini first, and reads on this machine what may be read.

Starts children, and imports neither the SDK nor torch.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from inference.cards import FOLDER
from inference.client import AT_ONCE, LocalReader
from inference.pipe import ChildEnded, answers
from inference.reading import ClipRefused, Outcome, Reading
from inference.triaged import (
    GEMINI,
    NO_TICKET,
    ClipNotAccepted,
    Ticket,
    Triaged,
    TriageSettings,
    TriageUnavailable,
)

START_SECONDS: Final = 30.0  # for the child, beside the time that the question may take


class CheckedReader:
    """Local reading behind the configured triage; the ticket's verdict is not bought again."""

    def __init__(
        self,
        settings: TriageSettings,
        *,
        models: Path = FOLDER,
        python: str = sys.executable,
        at_once: int = AT_ONCE,
    ) -> None:
        self._settings = settings
        self._python = python
        self._reader = LocalReader(models=models, python=python, at_once=at_once)
        self._places = asyncio.Semaphore(at_once)

    async def read(
        self,
        masked: Path,
        frame_times: Sequence[float],
        *,
        phantom: bool = False,
        frame_rate_told: bool = False,
        ticket: Ticket = NO_TICKET,
    ) -> Reading:
        """The reading; ClipRefused, ClipNotAccepted, TriageUnavailable or ReaderUnavailable."""
        triaged = ticket.triaged
        if triaged is None and self._settings.provider == GEMINI and not phantom:
            triaged = await self._looked(masked, ticket)
        if triaged is not None and triaged.verdict.outcome is Outcome.REJECTED:
            raise ClipNotAccepted(triaged)
        return await self._reader.read(
            masked,
            frame_times,
            phantom=phantom,
            frame_rate_told=frame_rate_told,
            ticket=Ticket(triaged=triaged),
        )

    async def _looked(self, masked: Path, ticket: Ticket) -> Triaged:
        try:
            async with self._places:
                triaged = await look(masked, self._settings, python=self._python)
        except TriageUnavailable as error:
            if error.usage is not None and ticket.on_useless is not None:
                await ticket.on_useless(error)
            raise
        if ticket.on_triaged is not None:
            await ticket.on_triaged(triaged)
        return triaged


async def look(masked: Path, settings: TriageSettings, *, python: str = sys.executable) -> Triaged:
    """The verdict on a masked clip, by a child; ClipRefused or TriageUnavailable."""
    request: dict[str, object] = {"settings": settings.to_primitives()}
    try:
        async with asyncio.timeout(settings.total_seconds + START_SECONDS):
            child = answers("inference.looking", request, python=python, clip=masked)
            heard = [answer async for answer in child]
    except (ChildEnded, TimeoutError) as error:
        raise TriageUnavailable("the check ended before it answered") from error
    if len(heard) != 1:
        raise TriageUnavailable(f"the check gave {len(heard)} answers")
    return understood(heard[0].kind, heard[0].content)


def understood(kind: str, content: dict[str, object]) -> Triaged:
    """A check's answer from another process, or the error that it tells."""
    try:
        if kind == "triaged":
            return Triaged.from_primitives(content)
        if kind == "refused":
            raise ClipRefused.from_primitives(content)
        raise TriageUnavailable.from_primitives(content)
    except (ValueError, KeyError) as error:
        raise TriageUnavailable("the check's answer cannot be understood") from error
