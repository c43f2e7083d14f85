"""Decode an untrusted clip frame by frame, and encode masked frames for the player and the reader.

Frames are gray from the first moment on: the reader's network sees gray, so the learner does too.
A clip is decoded twice, to find the sector and then to mask it: keeping 1500 frames of 800x800
in memory would take the whole of the child's limit.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final, cast

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from inference.budget import GIF_COSTS, Budget, check_size
from inference.reading import ClipRefused, RefusalCode

type Gray = NDArray[np.uint8]

SHOWN_SIDE: Final = 800
TICKS: Final = Fraction(1, 90_000)  # MP4's usual clock; every frame time is a whole number of it

COLOUR_SIDE: Final = 128
COLOUR_EVERY: Final = 4  # frames
VIVID: Final = 64  # levels between the strongest and the weakest of red, green and blue
VIVID_SHARE: Final = 0.6  # of the strongest: a lightly tinted gray stays below it
LIT: Final = 40  # levels
NEUTRAL: Final = 0.85  # of the strongest, for the weakest: gray
TINTED_MOSTLY: Final = 0.75  # of what is lit: colour Doppler leaves more of the gray around it

# FFmpeg sees only these containers, and can open nothing besides the stream that it is given:
# closes ffconcat and m3u8, which would otherwise play or probe other files of this machine.
CONTAINERS: Final = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,avi,gif,matroska,webm,webp_anim",
    "protocol_whitelist": "none",
}


type Vivid = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Frame:
    """One gray frame, long side at most 800, sides even; its time in seconds if the file tells.

    vivid: where it is strongly coloured, on a grid of at most 128; None for gray pixels.
    """

    time: float | None
    gray: Gray
    vivid: Vivid | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The wanted part of a clip, in seconds from its first frame.

    rate: frames per second, where they are known better than the file's own times.
    """

    start: float = 0.0
    end: float = float("inf")
    rate: float | None = None

    def since(self, number: int, seconds: float | None) -> float | None:
        """When a frame is shown: by its number (from 0) where the rate is given."""
        return seconds if self.rate is None else number / self.rate


WHOLE: Final = Span()


def frames_of(
    clip: io.BufferedIOBase, span: Span = WHOLE, options: dict[str, str] = CONTAINERS
) -> Iterator[Frame]:
    """Decode, shrinking every frame at once.

    raises: ClipRefused beyond any limit, or where FFmpeg cannot make sense of the bytes. A clip
            that breaks off is played up to there.
    """
    clip.seek(0)
    decoded = 0
    try:
        for frame in _decoded(clip, span, options):
            decoded += 1
            yield frame
    except (FFmpegError, ValueError) as error:  # PyAV tells of some malformed streams so
        if decoded == 0:
            raise ClipRefused(RefusalCode.UNREADABLE) from error


def _decoded(clip: io.BufferedIOBase, span: Span, options: dict[str, str]) -> Iterator[Frame]:
    with av.open(clip, "r", container_options=options) as container:
        stream = _longest(container.streams.video)
        if getattr(stream, "codec_context", None) is None:  # a codec that FFmpeg does not know
            raise ClipRefused(RefusalCode.UNREADABLE, {"kind": "codec"})
        check_size(stream.codec_context.width, stream.codec_context.height)
        stream.codec_context.thread_count = 1
        costs = GIF_COSTS if container.format.name == "gif" else 1
        budget, first, shrink = Budget(size_of(clip), costs), None, Shrinking()
        for number, frame in enumerate(container.decode(stream)):
            told = _seconds(frame)
            first = told if first is None else first
            time = span.since(number, None if told is None or first is None else told - first)
            if time is not None and time >= span.end:
                return
            budget.decode(frame.width, frame.height, time)
            if time is None or time >= span.start:
                budget.keep(time)
                colour = budget.kept % COLOUR_EVERY == 1
                yield Frame(time, shrink.gray(frame), shrink.vivid(frame) if colour else None)


def _longest(streams: Sequence[av.VideoStream]) -> av.VideoStream:
    """A cover picture or a thumbnail's track may come before the clip."""
    moving = [stream for stream in streams if not stream.disposition & Disposition.attached_pic]
    if not moving:
        raise ClipRefused(RefusalCode.UNREADABLE)
    return max(moving, key=lambda stream: (stream.frames, _area(stream)))


def _area(stream: av.VideoStream) -> int:
    context = getattr(stream, "codec_context", None)  # none where FFmpeg does not know the codec
    return 0 if context is None else context.width * context.height


def _seconds(frame: VideoFrame) -> float | None:
    return None if frame.pts is None else float(frame.time)


def shown_size(width: int, height: int, longest: int = SHOWN_SIDE) -> tuple[int, int]:
    """Width and height at a long side of at most 800."""
    scale = min(1.0, longest / max(width, height))
    return max(2, round(width * scale)), max(2, round(height * scale))


def size_of(clip: io.BufferedIOBase) -> int:
    """How many bytes the clip has."""
    place = clip.tell()
    end = clip.seek(0, io.SEEK_END)
    clip.seek(place)
    return end


class Shrinking:
    """Frames to their shown size; making a scaler costs as much as using it, so they are kept."""

    def __init__(self) -> None:
        self._to_gray = VideoReformatter()
        self._to_colours = VideoReformatter()

    def gray(self, frame: VideoFrame) -> Gray:
        """Gray, upright, long side at most 800, sides even (libx264 refuses odd ones)."""
        width, height = shown_size(frame.width, frame.height)
        small = self._to_gray.reformat(frame, width, height, "gray", interpolation="AREA")
        return even(np.rot90(cast("Gray", small.to_ndarray()), frame.rotation // 90))

    def vivid(self, frame: VideoFrame) -> Vivid | None:
        """Where it is strongly coloured; None for gray pixels."""
        if frame.format.name.startswith("gray") or len(frame.format.components) < 3:
            return None
        width, height = shown_size(frame.width, frame.height, COLOUR_SIDE)
        small = self._to_colours.reformat(frame, width, height, "rgb24", interpolation="POINT")
        return np.rot90(vivid(cast("Gray", small.to_ndarray())), frame.rotation // 90)


def even(gray: Gray) -> Gray:
    """Without the last row and column of an odd side."""
    rows, columns = gray.shape
    return np.ascontiguousarray(gray[: rows // 2 * 2, : columns // 2 * 2])


def vivid(colours: Gray) -> Vivid:
    """Where (H, W, 3) red, green and blue are far apart, as colour Doppler paints them.

    Scanners also tint the gray itself: where hardly any pixel is neutral, what counts is how far
    the colour is from the picture's own.
    """
    strongest, weakest = _extremes(colours)
    found = _far_apart(strongest - weakest, strongest)
    tint = _tint(colours) if found.any() else None
    if tint is None:
        return found
    levels = colours.astype(np.float32)
    levels -= (levels @ tint / (tint @ tint))[..., np.newaxis] * tint
    most, least = _extremes(levels)
    return found & _far_apart(most - least, strongest)


def _extremes[Levels: Gray | NDArray[np.float32]](colours: Levels) -> tuple[Levels, Levels]:
    """The strongest and the weakest of red, green and blue in every pixel of (..., 3); NumPy's
    reductions over an axis this short made most of what it costs to survey a clip.
    """
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    strongest = np.maximum(np.maximum(red, green), blue)
    weakest = np.minimum(np.minimum(red, green), blue)
    return cast("Levels", strongest), cast("Levels", weakest)


def _far_apart(apart: Gray | NDArray[np.float32], strongest: Gray) -> Vivid:
    return (apart > VIVID) & (apart > VIVID_SHARE * strongest)


def _tint(colours: Gray) -> NDArray[np.float32] | None:
    """The colour of the middle of the picture, where the sector lies; None where that is gray."""
    rows, columns, _ = colours.shape
    middle = colours[rows // 4 : -rows // 4, columns // 4 : -columns // 4].astype(np.float32)
    strongest, weakest = _extremes(middle)
    lit = strongest > LIT
    shares = middle[lit] / strongest[lit][:, np.newaxis]  # (N, 3)
    tinted = weakest[lit] < NEUTRAL * strongest[lit]
    if tinted.sum() < TINTED_MOSTLY * len(shares) or not len(shares):
        return None
    return np.asarray(np.median(shares[tinted], axis=0), np.float32)


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
