"""What triage says, what it costs, and how it is asked for: plain data; imports nothing heavy."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Self, cast

from inference.primitives import Primitives
from inference.reading import InferenceError, ReaderUnavailable, Verdict

PROMPT: Final = 1  # count up with every change of gemini.py's words or rules: verdicts are cached
SCHEMA: Final = 1
FRAMES: Final = 8
NOT_ECHO: Final = "not_echo"  # a reason of a verdict
FRAME_SIDE: Final = 512
DEFAULT_MODEL: Final = "gemini-3.5-flash-lite"
TOTAL_SECONDS: Final = 45.0
LOCAL: Final = "local"
GEMINI: Final = "gemini"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageSettings(Primitives):
    """Who checks the view, and how it is reached: a project means Vertex, a key the Gemini API.

    credentials: a Google service account's JSON, for Vertex; None for the machine's own.
    """

    provider: str = LOCAL
    model: str = DEFAULT_MODEL
    api_key: str | None = field(default=None, repr=False)
    project: str | None = None
    location: str = "global"
    credentials: str | None = field(default=None, repr=False)
    base_url: str | None = None
    total_seconds: float = TOTAL_SECONDS

    @property
    def checker(self) -> str:
        """Who is asked, and through whom: where clips go, and what a verdict is kept under."""
        if self.provider != GEMINI:
            return self.provider
        through = f"Vertex project {self.project} in {self.location}" if self.project else "a key"
        at = f" at {self.base_url}" if self.base_url else ""
        return f"{GEMINI} ({self.model} by {through}{at})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(Primitives):
    """What one question cost; the served model may differ from the requested one."""

    requested_model: str
    served_model: str
    response: str
    prompt_tokens: int
    answer_tokens: int
    thought_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged(Primitives):
    """A verdict, who gave it in which version, and what it cost.

    usage:   None where nothing was asked: a local check, or a verdict that was kept.
    quality: 1..5; confidence: 0..1 as the model claims it, not calibrated.
    note:    the model's words, untrusted: escape them.
    """

    verdict: Verdict
    version: str
    usage: Usage | None = None
    quality: int | None = None
    confidence: float | None = None
    note: str = ""


class TriageUnavailable(ReaderUnavailable):
    """The check failed, not the clip; `again` says whether trying later can help.

    usage:   what the useless answer cost, if it told.
    of_clip: it would not look at this very clip, so that it says nothing of others.
    """

    def __init__(
        self, words: str, *, again: bool = True, usage: Usage | None = None, of_clip: bool = False
    ) -> None:
        super().__init__(words)
        self.again = again
        self.usage = usage
        self.of_clip = of_clip

    def to_primitives(self) -> dict[str, object]:
        """For another process."""
        return {
            "reason": str(self),
            "again": self.again,
            "usage": self.usage and self.usage.to_primitives(),
            "of_clip": self.of_clip,
        }

    @classmethod
    def from_primitives(cls, told: dict[str, object]) -> Self:
        """The same again; what was deployed earlier does not say whose doing it was."""
        usage = cast("dict[str, object] | None", told["usage"])
        return cls(
            str(told["reason"]),
            again=told["again"] is True,
            usage=None if usage is None else Usage.from_primitives(usage),
            of_clip=told.get("of_clip") is True,
        )


class ClipNotAccepted(InferenceError):
    """Triage rejected the clip: there is no reading, and trying again will not help."""

    def __init__(self, triaged: Triaged) -> None:
        super().__init__(", ".join(triaged.verdict.reasons))
        self.triaged = triaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What is kept of earlier tries at a reading, and who keeps what comes of this one.

    triaged:    a kept verdict: nothing is asked again.
    call:       a kept Modal call id: its answer is fetched, and nothing is started.
    on_triaged: told every new verdict, before its clip is read.
    on_useless: told of a useless answer that cost something.
    on_call:    told a new call id, before its answer is waited for.
    """

    triaged: Triaged | None = None
    call: str | None = None
    on_triaged: Callable[[Triaged], Awaitable[None]] | None = None
    on_useless: Callable[[TriageUnavailable], Awaitable[None]] | None = None
    on_call: Callable[[str], Awaitable[None]] | None = None


NO_TICKET: Final = Ticket()


def triage_key(clip_sha256: str, model: str) -> str:
    """Under what a verdict is kept: masked bytes, prompt, schema, model, frames and their size."""
    parts = [clip_sha256, model, *map(str, (PROMPT, SCHEMA, FRAMES, FRAME_SIDE))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
