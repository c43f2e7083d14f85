"""`eyeball read`: a file from the shell, masked, checked and read as a learner's clip would be.

Nothing is uploaded, kept, or asked of anybody: the picture of the heart stays on this machine, and
the file's name goes no further than the command line.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from inference.checking import CheckedReader
from inference.client import LocalPreparer
from inference.outlines import Outliner
from inference.reading import (
    Box,
    ClipRefused,
    PreparedClip,
    ReaderUnavailable,
    Reading,
    RefusalCode,
    Tracing,
)
from inference.triaged import Ticket, TriageSettings
from service import words
from service.reading import make_outliner, make_phantom_outliner
from service.settings import Settings
from service.viewing import OFF

# What the command exits with; 0 with a reading, 2 where its words are wrong.
REFUSED = 3  # the file itself is the reason
TEXT_FOUND = 4  # writing lies over the picture: it must be covered first
UNAVAILABLE = 5  # the reader failed, not the file
PICTURES = 8
TEXT_SENTENCE = (
    "Something that looks like writing lies over the picture (%s, in pixels of the masked clip). "
    "It may identify a patient, so the clip is not read. Add --cover to black it out."
)


class NotRead(Exception):
    """There is no reading; the words say why."""

    def __init__(self, words: str, exit_code: int, refused: ClipRefused | None = None) -> None:
        super().__init__(words)
        self.exit_code = exit_code
        self.refused = refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be done with the file.

    trim:       from and to, in seconds.
    view_check: whether the technical checks stand for one.
    phantom:    whether it shows a phantom that this tool drew: no picture says so by itself.
    """

    told_frame_rate: float | None = None
    trim: tuple[float, float] | None = None
    cover: bool = False
    view_check: bool = True
    phantom: bool = False
    picture: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A file that was read, and outlined where there is a model for that."""

    prepared: PreparedClip
    reading: Reading
    covered: int
    phantom: bool
    tracing: Tracing | None
    not_outlined: str | None

    def to_primitives(self) -> dict[str, object]:
        """Everything that is known, and the sentences that a learner would see."""
        clip = self.prepared.to_primitives()
        del clip["frame_times"]
        return {
            "reading": self.reading.to_primitives(),
            "tracing": self.tracing and self.tracing.to_primitives(),
            "phantom": self.phantom,
            "clip": clip,
            "covered": self.covered,
            "says": list(sentences(self)),
        }


def try_and_tell(settings: Settings, source: Path, wanted: Wanted, *, as_json: bool) -> int:
    """Try the file, tell what came of it, and say what the command exits with."""

    def say(line: str) -> None:
        click.echo(line, err=True)

    try:
        tried = asyncio.run(try_file(settings, source, wanted, say))
    except NotRead as error:
        told = {"not_read": str(error)} | (said(error.refused) if error.refused else {})
        click.echo(
            json.dumps(told) if as_json else f"{error}{hint(error.refused)}", err=not as_json
        )
        return error.exit_code
    if as_json:
        click.echo(json.dumps(tried.to_primitives(), ensure_ascii=False))
    else:
        click.echo("\n".join(sentences(tried)))
    return 0


async def try_file(
    settings: Settings, source: Path, wanted: Wanted, say: Callable[[str], None]
) -> Tried:
    """Prepare and read the file, and draw its picture; NotRead."""
    with tempfile.TemporaryDirectory() as folder:
        masked = Path(folder) / "masked.mp4"
        try:
            return await _try(settings, source, masked, wanted, say)
        except ValueError as error:
            raise NotRead(f"That part cannot be picked: {error}.", REFUSED) from error
        except ClipRefused as refused:
            raise NotRead(words.refusal_reason(said(refused)), REFUSED, refused) from refused
        except ReaderUnavailable as error:
            raise NotRead(f"No reading now: {error}.", UNAVAILABLE) from error


async def _try(
    settings: Settings, source: Path, masked: Path, wanted: Wanted, say: Callable[[str], None]
) -> Tried:
    preparer = LocalPreparer(at_once=1)
    say("Masking …")
    prepared = await preparer.prepare(
        source, masked, told_frame_rate=wanted.told_frame_rate, trim=wanted.trim
    )
    covered = len(prepared.text_boxes) if wanted.cover else 0
    if covered:
        after = await preparer.cover(masked, masked, prepared.frame_times, prepared.text_boxes)
        prepared = replace(after, frame_rate_told=prepared.frame_rate_told)
    if prepared.text_boxes:
        raise NotRead(TEXT_SENTENCE % places(prepared.text_boxes), TEXT_FOUND)
    say("Reading …")
    reader = CheckedReader(TriageSettings(), models=settings.models_folder, at_once=1)
    reading = await reader.read(
        masked,
        prepared.frame_times,
        phantom=wanted.phantom,
        frame_rate_told=prepared.frame_rate_told,
        ticket=Ticket(triaged=None if wanted.view_check else OFF),
    )
    say("Outlining …")
    outliner = make_phantom_outliner() if wanted.phantom else make_outliner(settings)
    tracing, reason = await outlined(masked, prepared, outliner)
    tried = Tried(
        prepared=prepared,
        reading=reading,
        covered=covered,
        phantom=wanted.phantom,
        tracing=tracing,
        not_outlined=reason,
    )
    if wanted.picture is not None:
        png = await preparer.sheet(
            masked, prepared.frame_times, sentences(tried), frames=PICTURES, tracing=tracing
        )
        wanted.picture.write_bytes(png)
    return tried


async def outlined(
    masked: Path, prepared: PreparedClip, outliner: Outliner | None
) -> tuple[Tracing | None, str | None]:
    """The tracing, or why there is none; the reading stands without one."""
    if outliner is None:
        return None, "no model that outlines real hearts is installed"
    try:
        tracing = await outliner.outline(masked, prepared.frame_times)
    except (ReaderUnavailable, ClipRefused) as error:
        return None, str(error)
    return tracing, None if tracing else "no beat can be seen"


def said(refused: ClipRefused) -> dict[str, object]:
    """A refusal as rows keep it; what can be told on the command line is told by its option."""
    return {"code": refused.code.value, "detail": refused.detail}


def hint(refused: ClipRefused | None) -> str:
    """The option that helps where a learner would be asked."""
    match refused and refused.code:
        case RefusalCode.FRAME_RATE_UNKNOWN:
            return " (--frame-rate tells it.)"
        case RefusalCode.TOO_LONG:
            return " (--trim FROM TO picks it.)"
        case _:
            return ""


def places(boxes: tuple[Box, ...]) -> str:
    """Where the writing lies."""
    return "; ".join(f"{box.width}×{box.height} at {box.x},{box.y}" for box in boxes)


def sentences(tried: Tried) -> tuple[str, ...]:
    """What a learner would be told of this reading, and by which model."""
    reading, clip = tried.reading, tried.prepared
    versions, count = reading.versions, len(reading.clip_lvefs)
    label = " · phantom model: not for real hearts" if versions.demo_model else ""
    low, high = min(reading.clip_lvefs), max(reading.clip_lvefs)
    lines = [
        f"LVEF {words.percent(reading.lvef)} %, {words.range_words(reading)}",
        f"{count} {'stretch' if count == 1 else 'stretches'} of the clip read "
        f"{low:.1f}–{high:.1f} %, spread {reading.spread:.1f}.",
        *words.warnings(reading),
        words.view_check(reading),
        f"Read by {versions.model}, sha256 {versions.model_sha256[:12]}…, "
        f"{versions.device} {versions.dtype}{label}.",
        *outline_sentences(tried),
        f"Clip of {clip.seconds:.2f} s at {clip.frames_per_second:g} frames a second, "
        f"masked to {clip.width}×{clip.height}.",
    ]
    if tried.covered:
        lines.append(f"Places that were covered: {tried.covered}.")
    return (*lines, "For education only. Not a medical device.")


def outline_sentences(tried: Tried) -> tuple[str, ...]:
    """By whom it was outlined and where its first beat is; or why it was not."""
    tracing, times = tried.tracing, tried.prepared.frame_times
    if tracing is None:
        return (f"Not outlined: {tried.not_outlined}.",)
    first, last = tracing.end_diastole.frame, tracing.end_systole.frame
    beats = len(tracing.beats)
    rate = f", {tracing.heart_rate:.0f} a minute" if tracing.heart_rate else ""
    irregular = ", irregular" if tracing.irregular else ""
    told = ", as told that this is a phantom" if tried.phantom else ""
    return (
        f"Outlined by {tracing.source}{told}.",
        f"{beats} {'beat' if beats == 1 else 'beats'}{rate}{irregular}; end diastole at "
        f"{times[first]:.2f} s, end systole at {times[last]:.2f} s.",
    )
