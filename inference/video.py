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
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from inference.reading import DECODED_SECONDS, ClipRefused, RefusalCode, too_long

type Gray = NDArray[np.uint8]

SHORTEST_SIDE: Final = 64
LONGEST_SIDE: Final = 8192
MOST_PIXELS: Final = 9_000_000  # of one frame: 4K has 8.3 million
MOST_PIXELS_IN_ALL: Final = 2_500_000_000
MOST_FRAMES: Final = 3000  # kept: twenty seconds at 150 frames per second
MOST_DECODED: Final = 9000  # a minute of it, from which twenty seconds are trimmed
SHOWN_SIDE: Final = 800
TICKS: Final = Fraction(1, 90_000)  # MP4's usual clock; every frame time is a whole number of it

GIF_COSTS: Final = 5  # times as much as other codecs: four bytes a pixel, converted one by one
UNFOLDED: Final = 200_000_000  # pixels, from which on the file must be worth them:
PIXELS_PER_BYTE: Final = 5000  # a dark page at 0.5 Mbit/s in 1080p has 1000, a bomb 36,000
COLOUR_SIDE: Final = 128
COLOUR_EVERY: Final = 4  # frames
VIVID: Final = 64  # levels between the strongest and the weakest of red, green and blue
VIVID_SHARE: Final = 0.6  # of the strongest: a tinted gray stays below it

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


@dataclass(slots=True)
class Budget:
    """What may be decoded of a clip of `size` bytes, whatever its header says.

    costs: of a pixel in this codec.
    """

    size: int
    costs: int = 1
    frames: int = 0
    kept: int = 0
    pixels: int = 0

    def decode(self, width: int, height: int, seconds: float | None) -> None:
        """Count one decoded frame; ClipRefused beyond a limit."""
        check_size(width, height)
        self.frames += 1
        self.pixels += width * height * self.costs
        if self.frames > MOST_DECODED or (seconds or 0) > DECODED_SECONDS:
            raise too_long(seconds or 0)
        bomb = self.pixels > UNFOLDED and self.pixels > PIXELS_PER_BYTE * self.size
        if bomb or self.pixels > MOST_PIXELS_IN_ALL:
            raise ClipRefused(RefusalCode.TOO_LARGE, {"pixels": self.pixels})

    def keep(self, seconds: float | None) -> None:
        """Count one frame that is kept; ClipRefused beyond the limit."""
        self.kept += 1
        if self.kept > MOST_FRAMES:
            raise too_long(seconds or 0)


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
        if not container.streams.video:
            raise ClipRefused(RefusalCode.UNREADABLE)
        stream = container.streams.video[0]
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


def check_size(width: int, height: int) -> None:
    """The kernel's limits are the wall; this refuses a bomb in words, before its first frame."""
    sides: dict[str, float | str] = {"width": width, "height": height}
    if min(width, height) < SHORTEST_SIDE:
        raise ClipRefused(RefusalCode.UNREADABLE, sides)
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise ClipRefused(RefusalCode.TOO_LARGE, sides)


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
    """Where (H, W, 3) red, green and blue are far apart, as colour Doppler paints them."""
    strongest = colours.max(axis=2)
    apart = strongest - colours.min(axis=2)
    return (apart > VIVID) & (apart > VIVID_SHARE * strongest)


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
