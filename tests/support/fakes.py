"""Stand-ins at the seams: a clock that is set, a preparer and a reader that do as told."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from inference.client import PhantomCase
from inference.reading import (
    DRAWN_BORDER,
    Beat,
    Box,
    InferenceError,
    Outcome,
    Outline,
    PreparedClip,
    Reading,
    Tracing,
    Verdict,
    Versions,
)
from inference.triaged import NO_TICKET, ClipNotAccepted, Ticket, Triaged, TriageUnavailable

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MASKED = b"masked bytes of a clip, which only a browser would decode" * 40


@dataclass
class FakeClock:
    """The time, which passes only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


def a_prepared_clip() -> PreparedClip:
    """Two seconds at 30 frames a second."""
    return PreparedClip(
        sha256=hashlib.sha256(MASKED).hexdigest(),
        frame_times=tuple(n / 30 for n in range(60)),
        width=320,
        height=320,
        frames_per_second=30.0,
        seconds=2.0,
        frame_rate_told=False,
        code="test",
        stages={"decode": 0.1, "mask": 0.1, "encode": 0.1},
    )


def a_tracing() -> Tracing:
    """A square that shrinks and grows, largest in frame 7 and smallest in frame 19."""
    square = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
    return Tracing(
        source=DRAWN_BORDER,
        areas=tuple(80 + 20 * math.cos((n - 7) / 12 * math.pi) for n in range(60)),
        beats=(Beat(end_diastole=7, end_systole=19), Beat(end_diastole=31, end_systole=43)),
        end_diastole=Outline(frame=7, points=square),
        end_systole=Outline(frame=19, points=square),
        heart_rate=75.0,
        irregular=None,
    )


def a_reading(lvef: float, *, phantom: bool = False) -> Reading:
    """A reading by the demo model."""
    return Reading(
        lvef=lvef,
        half_width=5.0 if phantom else None,
        spread=1.0,
        clip_lvefs=(lvef, lvef, lvef, lvef),
        low_agreement=False,
        warnings=("view_not_confirmed",),
        verdict=Verdict(
            outcome=Outcome.UNSURE,
            view="unknown",
            checked_by="local",
            reasons=("view_not_confirmed",),
        ),
        versions=Versions(
            model="Phantom demo model",
            model_sha256="0" * 64,
            demo_model=True,
            code="test",
            triage="local",
            device="cpu",
            dtype="float32",
            clips=4,
        ),
        stages={"network": 0.1},
    )


@dataclass
class FakeOutliner:
    """Draws the outline that it is told, or fails as it is told."""

    sees: Tracing | None
    fails: InferenceError | None = None
    asked: int = 0

    async def outline(self, masked: Path, frame_times: Sequence[float]) -> Tracing | None:
        """The same outline for every clip."""
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return self.sees


@dataclass
class FakeHearts:
    """Draws hearts of the LVEF that is asked for, all alike to look at, or fails as it is told."""

    fails: InferenceError | None = None
    drawn: list[int] = field(default_factory=list[int])

    async def __call__(self, folder: Path, lvef: int) -> PhantomCase:
        """A clip in the folder, and what is known of it."""
        if self.fails is not None:
            raise self.fails
        self.drawn.append(lvef)
        path = folder / "heart.mp4"
        path.write_bytes(MASKED)
        return PhantomCase(
            lvef=float(lvef),
            heart_rate=66.0,
            prepared=a_prepared_clip(),
            path=path,
            seed=lvef,
            tracing=a_tracing(),
        )


@dataclass
class FakePreparer:
    """Masks every clip, or fails as it is told."""

    fails: InferenceError | None = None
    finds: tuple[Box, ...] = ()
    salt: bytes = b""  # what makes a clip unlike the others
    told: list[float | None] = field(default_factory=list[float | None])
    trims: list[tuple[float, float] | None] = field(
        default_factory=list[tuple[float, float] | None]
    )
    covered: list[tuple[Box, ...]] = field(default_factory=list[tuple[Box, ...]])
    drawn: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])

    async def prepare(
        self,
        raw: Path,
        masked: Path,
        *,
        told_frame_rate: float | None = None,
        trim: tuple[float, float] | None = None,
    ) -> PreparedClip:
        """Write the same masked bytes for every clip, unless told otherwise."""
        self.told.append(told_frame_rate)
        self.trims.append(trim)
        if self.fails is not None:
            raise self.fails
        masked.write_bytes(MASKED + self.salt)
        return replace(
            a_prepared_clip(),
            sha256=hashlib.sha256(MASKED + self.salt).hexdigest(),
            frame_rate_told=told_frame_rate is not None,
            text_boxes=self.finds,
        )

    async def cover(
        self, masked: Path, covered: Path, frame_times: Sequence[float], boxes: Sequence[Box]
    ) -> PreparedClip:
        """Write other bytes, and find text only where it was not covered."""
        self.covered.append(tuple(boxes))
        if self.fails is not None:
            raise self.fails
        covered.write_bytes(MASKED + b"covered")
        left = tuple(box for box in self.finds if box not in boxes)
        return replace(a_prepared_clip(), text_boxes=left)

    async def stills(self, masked: Path, frames: Sequence[int]) -> list[bytes]:
        """Pictures that name their frame."""
        self.drawn.append(tuple(frames))
        if self.fails is not None:
            raise self.fails
        return [f"still {frame}".encode() for frame in frames]


@dataclass
class FakeReader:
    """Reads the LVEF that it is told, or fails as it is told."""

    lvef: float = 51.0
    of_real_hearts: bool = False  # as a model that has learnt from real ones reads
    low_agreement: bool = False
    warns: tuple[str, ...] = ()
    fails: InferenceError | None = None
    reads: int = 0
    asked: int = 0
    calls: str | None = None  # the id of the call that it starts elsewhere
    sees: Triaged | TriageUnavailable | None = None
    tickets: list[Ticket] = field(default_factory=list[Ticket])

    async def read(
        self,
        masked: Path,
        frame_times: Sequence[float],
        *,
        phantom: bool = False,
        frame_rate_told: bool = False,
        ticket: Ticket = NO_TICKET,
    ) -> Reading:
        """The same reading for every clip, behind a check that sees what it is told."""
        self.tickets.append(ticket)
        self.reads += 1
        if self.calls is not None and ticket.call is None and ticket.on_call is not None:
            await ticket.on_call(self.calls)
        if self.fails is not None:
            raise self.fails
        triaged = ticket.triaged
        if triaged is None and self.sees is not None and not phantom:
            triaged = await self._asks(self.sees, ticket)
        reading = a_reading(self.lvef, phantom=phantom)
        if self.of_real_hearts:
            versions = replace(reading.versions, demo_model=False)
            reading = replace(reading, versions=versions, half_width=10.0)
        warnings = (*reading.warnings, *self.warns)
        reading = replace(reading, low_agreement=self.low_agreement, warnings=warnings)
        return reading if triaged is None else replace(reading, verdict=triaged.verdict)

    async def _asks(self, sees: Triaged | TriageUnavailable, ticket: Ticket) -> Triaged:
        self.asked += 1
        if isinstance(sees, TriageUnavailable):
            if sees.usage is not None and ticket.on_useless is not None:
                await ticket.on_useless(sees)
            raise sees
        if ticket.on_triaged is not None:
            await ticket.on_triaged(sees)
        if sees.verdict.outcome is Outcome.REJECTED:
            raise ClipNotAccepted(sees)
        return sees
