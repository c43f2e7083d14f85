"""`python -m inference.prepare FD`: check an untrusted clip, mask it, and give back an MP4."""

import dataclasses
import hashlib
import io
import time
from collections.abc import Iterator
from typing import Final, cast

import cv2
import numpy as np

from inference import child
from inference.footage import Footage, footage_of
from inference.masking import Mask, Survey, sector_pixels, still_marks
from inference.poster import Poster
from inference.reading import (
    HIGHEST_FRAME_RATE,
    LONGEST_SECONDS,
    LOWEST_FRAME_RATE,
    SHORTEST_SECONDS,
    ClipRefused,
    PreparedClip,
    RefusalCode,
    too_long,
)
from inference.text import Sample, text_boxes
from inference.video import TICKS, Gray, Span, encode, on_ticks

# Of address space, of which the libraries take 0.65 before a clip is seen; 0.5 become resident.
MEMORY: Final = 3 * 1024**3 // 2
CPU_SECONDS: Final = 30  # twenty seconds of 1080p take 8 here, since they are decoded twice
COARSEST_CLOCK: Final = 900  # ticks: GIF tells hundredths of a second
IMPORTED_LATE: Final = ("numpy.ma", "av.subtitles.stream")
CODE: Final = child.code_version(
    *(
        "prepare",
        "footage",
        "sniffing",
        "budget",
        "video",
        "tags",
        "dicom",
        "masking",
        "sector",
        "text",
        "poster",
    )
)


def main() -> None:
    """Answer one request."""
    cv2.setNumThreads(0)
    request = child.begin(cpu_seconds=CPU_SECONDS, memory=MEMORY)
    child.seal(*IMPORTED_LATE)
    told = cast("float | None", request["told_frame_rate"])
    trim = cast("list[float] | None", request["trim"])
    try:
        span = (trim[0], trim[1]) if trim else None
        prepared, masked = prepare(child.clip(), told_frame_rate=told, trim=span)
    except ClipRefused as refused:
        child.refuse(refused)
    except (MemoryError, cv2.error):
        child.refuse(ClipRefused(RefusalCode.UNREADABLE, {"kind": "memory"}))
    else:
        child.tell("prepared", prepared.to_primitives(), masked)


def prepare(
    clip: io.BufferedIOBase,
    *,
    told_frame_rate: float | None = None,
    trim: tuple[float, float] | None = None,
) -> tuple[PreparedClip, bytes]:
    """Mask the clip: the prepared clip's facts, and its MP4.

    trim: from and to, in seconds since the first frame: nothing else is looked at.
    """
    began = time.perf_counter()
    footage = footage_of(clip)
    span = _span(footage, told_frame_rate, trim)
    survey, times = survey_of(footage, span)
    ticks, kept = frame_ticks(times)
    decoded = time.perf_counter()
    sector = sector_pixels(survey, footage.regions)
    marks = still_marks(survey.darkest, survey.brightest)
    masked = time.perf_counter()
    looked_at, poster = Sample(sum(kept)), Poster(seconds_of(ticks))
    # Text is looked for before still marks are blanked: black on tissue, letters can still be read.
    passing = looked_at.of(_within(footage, span, sector, kept))
    shown = poster.of(np.where(marks, 0, gray).astype(np.uint8) for gray in passing)
    content = encode(shown, ticks)
    encoded = time.perf_counter()
    boxes = text_boxes(looked_at.inks())
    stages = {
        "decode": decoded - began,
        "mask": masked - decoded,
        "encode": encoded - masked,  # with the second decoding
        "text": time.perf_counter() - encoded,
    }
    facts = described(content, ticks, sector.shape, stages)
    facts = dataclasses.replace(facts, text_boxes=boxes, poster=poster.frame())
    return dataclasses.replace(facts, frame_rate_told=told_frame_rate is not None), content


def _span(
    footage: Footage, told_frame_rate: float | None, trim: tuple[float, float] | None
) -> Span:
    """The wanted part; what the owner tells of the rate wins over the file."""
    if told_frame_rate is not None:
        _check_rate(told_frame_rate)
    elif not footage.timed:
        raise ClipRefused(RefusalCode.FRAME_RATE_UNKNOWN)
    start, end = trim or (0.0, float("inf"))
    return Span(start, end, told_frame_rate)


def survey_of(footage: Footage, span: Span) -> tuple[Survey, list[float | None]]:
    """One pass over the clip: what moves, and when each frame is shown."""
    frames = footage.frames(span)
    first = next(frames, None)
    if first is None:
        raise ClipRefused(RefusalCode.UNREADABLE)
    survey, times = Survey.of(first), [first.time]
    for frame in frames:
        survey.add(dataclasses.replace(frame, gray=_same_size(frame.gray, first.gray.shape)))
        times.append(frame.time)
    if len(times) == 1:
        raise ClipRefused(RefusalCode.STILL_IMAGE)
    return survey, times


def _same_size(gray: Gray, shape: tuple[int, ...]) -> Gray:
    """A clip may change its size half-way: every frame is brought to the first one's."""
    if gray.shape == shape:
        return gray
    return np.asarray(cv2.resize(gray, (shape[1], shape[0])), np.uint8)


def _within(footage: Footage, span: Span, sector: Mask, kept: list[bool]) -> Iterator[Gray]:
    for frame, wanted in zip(footage.frames(span), kept, strict=True):
        if wanted:
            yield np.where(sector, _same_size(frame.gray, sector.shape), 0).astype(np.uint8)


def frame_ticks(times: list[float | None]) -> tuple[list[int], list[bool]]:
    """When each kept frame is shown (1/90000 s), and which frames are kept.

    times:  seconds, None where the file does not say.
    raises: ClipRefused: FRAME_RATE_UNKNOWN, TOO_SHORT or TOO_LONG.

    A frame that is not later than the one before is dropped.
    """
    kept = _advancing(times)
    told = [time for time, wanted in zip(times, kept, strict=True) if wanted]
    ticks = on_ticks(time for time in told if time is not None)
    _check_length(ticks, of=len(times))
    return ticks, kept


def _advancing(times: list[float | None]) -> list[bool]:
    latest = -np.inf
    kept: list[bool] = []
    for time_ in times:
        later = time_ is not None and time_ > latest + float(TICKS)
        latest = time_ if later and time_ is not None else latest
        kept.append(later)
    return kept


def _check_length(ticks: list[int], *, of: int) -> None:
    """Duration is frames x median interval; a file that times less than half is not believed."""
    if len(ticks) < 2 or len(ticks) < of / 2:
        raise ClipRefused(RefusalCode.FRAME_RATE_UNKNOWN)
    rate, seconds = rate_and_seconds(ticks)
    _check_rate(rate)
    if round(seconds, 2) < SHORTEST_SECONDS:
        detail: dict[str, float | str] = {"seconds": round(seconds, 2), "limit": SHORTEST_SECONDS}
        raise ClipRefused(RefusalCode.TOO_SHORT, detail)
    if round(seconds, 2) > LONGEST_SECONDS:
        raise too_long(seconds)


def _check_rate(rate: float) -> None:
    if not LOWEST_FRAME_RATE <= rate <= HIGHEST_FRAME_RATE:
        raise ClipRefused(RefusalCode.FRAME_RATE_UNKNOWN, {"frames_per_second": round(rate, 2)})


def rate_and_seconds(ticks: list[int]) -> tuple[float, float]:
    """Frames per second by the usual interval, and frames times that interval.

    The usual interval is the median, evened out over what the file's clock has rounded: WebM and
    Matroska tell 1/30 s as 33, 33 and 34 ms, GIF as 3, 3 and 4 hundredths.
    """
    steps = np.diff(ticks)
    clock = min(int(np.gcd.reduce(steps)), COARSEST_CLOCK)
    near = steps[np.abs(steps - np.median(steps)) <= clock]
    interval = float(near.mean() if len(near) else np.median(steps)) * float(TICKS)
    return 1 / interval, len(ticks) * interval


def seconds_of(ticks: list[int]) -> tuple[float, ...]:
    """When each frame is shown, as it is stored."""
    return tuple(round(tick * float(TICKS), 6) for tick in ticks)


def described(
    content: bytes, ticks: list[int], shape: tuple[int, ...], stages: dict[str, float]
) -> PreparedClip:
    """A masked MP4's facts."""
    rate, seconds = rate_and_seconds(ticks)
    return PreparedClip(
        sha256=hashlib.sha256(content).hexdigest(),
        frame_times=seconds_of(ticks),
        width=shape[1],
        height=shape[0],
        frames_per_second=round(rate, 3),
        seconds=round(seconds, 3),
        frame_rate_told=False,
        code=CODE,
        stages=stages,
    )


if __name__ == "__main__":
    main()
