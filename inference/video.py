"""Decode an untrusted clip frame by frame, and encode masked frames for the player and the reader.

Frames are gray from the first moment on: the reader's network sees gray, so the learner does too.
A clip is decoded twice, to find the sector and then to mask it: keeping 1500 frames of 800x800
in memory would take the whole of the child's limit.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final, cast

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from inference.reading import DECODED_SECONDS, ClipRefused, RefusalCode, too_long

type Gray = NDArray[np.uint8]

SHORTEST_SIDE: Final = 64
LONGEST_SIDE: Final = 8192
MOST_PIXELS: Final = 9_000_000  # of one frame: 4K has 8.3 million
MOST_PIXELS_IN_ALL: Final = 2_500_000_000
MOST_FRAMES: Final = 1500
SHOWN_SIDE: Final = 800
TICKS: Final = Fraction(1, 90_000)  # MP4's usual clock; every frame time is a whole number of it

# FFmpeg sees only these containers, and can open nothing besides the stream that it is given:
# closes ffconcat and m3u8, which would otherwise play or probe other files of this machine.
CONTAINERS: Final = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,avi,gif,matroska,webm,webp_anim",
    "protocol_whitelist": "none",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One gray frame, long side at most 800, sides even; its time in seconds if the file tells."""

    time: float | None
    gray: Gray


def frames_of(clip: io.BufferedIOBase) -> Iterator[Frame]:
    """Decode, shrinking every frame at once.

    raises: ClipRefused beyond any limit, or where FFmpeg cannot make sense of the bytes. A clip
            that breaks off is played up to there.
    """
    clip.seek(0)
    decoded = 0
    try:
        for frame in _decoded(clip):
            decoded += 1
            yield frame
    except FFmpegError as error:
        if decoded == 0:
            raise ClipRefused(RefusalCode.UNREADABLE) from error


def _decoded(clip: io.BufferedIOBase) -> Iterator[Frame]:
    with av.open(clip, "r", container_options=CONTAINERS) as container:
        if not container.streams.video:
            raise ClipRefused(RefusalCode.UNREADABLE)
        stream = container.streams.video[0]
        _check_size(stream.codec_context.width, stream.codec_context.height)
        stream.codec_context.thread_count = 1
        spent = 0
        for number, frame in enumerate(container.decode(stream), start=1):
            _check_size(frame.width, frame.height)
            spent += frame.width * frame.height
            seconds = _seconds(frame)
            if number > MOST_FRAMES or (seconds or 0) > DECODED_SECONDS:
                raise too_long(seconds or 0)
            if spent > MOST_PIXELS_IN_ALL:
                raise ClipRefused(RefusalCode.TOO_LARGE, {"pixels": spent})
            yield Frame(seconds, _shown(frame))


def _check_size(width: int, height: int) -> None:
    """The kernel's limits are the wall; this refuses a bomb in words, before its first frame."""
    sides: dict[str, float | str] = {"width": width, "height": height}
    if min(width, height) < SHORTEST_SIDE:
        raise ClipRefused(RefusalCode.UNREADABLE, sides)
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise ClipRefused(RefusalCode.TOO_LARGE, sides)


def _seconds(frame: VideoFrame) -> float | None:
    return None if frame.pts is None else float(frame.time)


def _shown(frame: VideoFrame) -> Gray:
    """Gray, upright, long side at most 800, sides even (libx264 refuses odd ones)."""
    scale = min(1.0, SHOWN_SIDE / max(frame.width, frame.height))
    width, height = round(frame.width * scale), round(frame.height * scale)
    small = frame.reformat(width=width, height=height, format="gray", interpolation="AREA")
    gray = cast("Gray", small.to_ndarray())
    upright = np.rot90(gray, frame.rotation // 90)
    rows, columns = upright.shape
    return np.ascontiguousarray(upright[: rows // 2 * 2, : columns // 2 * 2])


def on_ticks(seconds: Iterable[float]) -> list[int]:
    """Times as whole ticks of the MP4's clock, the first at 0."""
    ticks = [round(time / TICKS) for time in seconds]
    return [tick - ticks[0] for tick in ticks]


def encode(frames: Iterable[Gray], ticks: list[int]) -> bytes:
    """Encode all-intra H.264 in an MP4 whose index comes first: every frame can be sought.

    frames:  (H, W) uint8 gray each, even sides.
    ticks:   when each frame is shown, in 1/90000 s, ascending from 0.
    returns: the same bytes for the same frames: one thread, no dates, no encoder's name.

    The index's room is reserved at the front (`moov_size`), since `faststart` needs a file.
    """
    file = io.BytesIO()
    room = {"moov_size": str(4096 + 40 * len(ticks)), "fflags": "+bitexact"}
    lengths = [after - before for before, after in pairwise(ticks)]
    lengths.append(lengths[-1] if lengths else round(1 / TICKS / 25))
    with av.open(file, "w", format="mp4", options=room) as container:
        stream = None
        for gray, tick, length in zip(frames, ticks, lengths, strict=True):
            frame = VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base, frame.duration = tick, TICKS, length
            stream = stream or _stream(container, gray)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return file.getvalue()


def _stream(container: OutputContainer, gray: Gray) -> av.VideoStream:
    options = {"crf": "18", "preset": "veryfast", "tune": "zerolatency", "g": "1"}
    stream = container.add_stream("libx264", rate=30, options=options)
    stream.height, stream.width = gray.shape
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = TICKS
    stream.codec_context.thread_count = 1
    stream.codec_context.gop_size = 1
    return stream
