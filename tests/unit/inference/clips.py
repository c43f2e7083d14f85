"""Clips that the tests make themselves: drawn hearts in pages of text, in many containers."""

import dataclasses
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from inference.first_painting import paint
from inference.first_phantom import Phantom, draw_phantom
from inference.video import encode, on_ticks

type Gray = NDArray[np.uint8]

BRIGHT_HEART = 4_125  # a seed whose whole sector moves visibly
FRAME_RATE = 30


@cache
def heart(frames: int = 48, side: int = 160, seed: int = BRIGHT_HEART) -> Gray:
    """A drawn heart at 30 frames per second: (frames, side, side)."""
    return paint(bright(seed), (np.arange(frames) / FRAME_RATE).astype(np.float32), side)


def bright(seed: int, lvef: float | None = None) -> Phantom:
    """A phantom in a whole sector, bright enough that all of it is seen to move."""
    phantom = draw_phantom(seed, lvef=lvef)
    scan = dataclasses.replace(
        phantom.scan, gain=1.4, gamma=0.9, noise=6.0, background=60.0, shadows=(), apex_y=6.0
    )
    return dataclasses.replace(phantom, scan=scan)


def page(frames: Gray, *, width: int = 320, height: int = 240) -> Gray:
    """The heart on a scanner's page, with a name, a number and a ruler around it."""
    pages = np.zeros((len(frames), height, width), np.uint8)
    side = frames.shape[1]
    top, left = (height - side) // 2 + 20, (width - side) // 2
    for number, frame in enumerate(frames):
        pages[number, top : top + side, left : left + side] = frame[: height - top]
        cv2.putText(pages[number], "DOE JANE 123456", (4, 16), 0, 0.45, (230,), 1)
        cv2.putText(pages[number], "X5-1", (4, 230), 0, 0.4, (200,), 1)
        pages[number, 40:220:12, width - 12 : width - 4] = 255
    return pages


@contextmanager
def _scheduled_as_before() -> Iterator[None]:
    """Undo what SVT-AV1 does where root runs it: real-time priority for the whole process.

    All its later children inherit it, and between them they starve the machine.
    """
    if sys.platform != "linux":
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


@_scheduled_as_before()
def video(
    frames: Gray,
    container: str = "mp4",
    codec: str = "libx264",
    *,
    rate: int = FRAME_RATE,
    title: str = "",
    sound: bool = False,
    pixels: str = "yuv420p",
) -> bytes:
    """The frames in a container, as a scanner or a phone would write them."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        output.metadata["title"] = title
        stream = output.add_stream(codec, rate=rate)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        if codec in {"mjpeg", "mpeg4"}:
            stream.codec_context.qmin = stream.codec_context.qmax = 2
        hum = output.add_stream("aac", rate=8000, layout="mono") if sound else None
        for gray in frames:
            frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format=pixels)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if hum is not None:
            output.mux(hum.encode(_hum()))
            output.mux(hum.encode(None))
    return file.getvalue()


def _hum() -> av.AudioFrame:
    samples = np.sin(np.arange(8000, dtype=np.float32) / 20)[np.newaxis]
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = 8000, Fraction(1, 8000), 0
    return frame


def coloured(
    frames: NDArray[np.uint8],
    container: str = "mp4",
    codec: str = "libx264",
    *,
    pixels: str = "yuv420p",
) -> bytes:
    """(T, H, W, 3) red, green and blue in a container."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=FRAME_RATE)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        for colours in frames:
            frame = av.VideoFrame.from_ndarray(colours, format="rgb24").reformat(format=pixels)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def timed(frames: Gray, times: Sequence[float]) -> bytes:
    """An MP4 whose frames are shown at these seconds."""
    return encode(iter(frames), on_ticks(times))


def gif(frames: Gray, *, rate: int = 25) -> bytes:
    """An animated GIF."""
    return video(frames, "gif", "gif", rate=rate, pixels="gray")


def without_delays(animation: bytes) -> bytes:
    """The same GIF, whose graphic control extensions give no delay."""
    start, content = 0, bytearray(animation)
    while (start := content.find(b"\x21\xf9\x04", start)) >= 0:
        content[start + 4 : start + 6] = b"\x00\x00"
        start += 8
    return bytes(content)


def turned(movie: bytes) -> bytes:
    """The same MP4, with a matrix that tells players to turn it by 90 degrees."""
    matrix = movie.index(b"tkhd") + 44
    one, none = (1 << 16).to_bytes(4), bytes(4)
    minus = (-(1 << 16)).to_bytes(4, signed=True)
    turn = none + one + none + minus + none + none
    return movie[:matrix] + turn + movie[matrix + len(turn) :]


def bomb(*, side: int, frames: int) -> bytes:
    """A GIF of a few kilobytes whose frames are huge: one black frame, repeated."""
    size = side.to_bytes(2, "little") * 2
    control = b"\x21\xf9\x04\x00\x02\x00\x00\x00"
    picture = control + b"\x2c" + bytes(4) + size + b"\x00" + b"\x02" + _blocks(_black(side * side))
    return b"GIF89a" + size + b"\x80\x00\x00" + bytes(6) + picture * frames + b"\x3b"


def _black(pixels: int) -> bytes:
    """LZW for one colour: after each clear, runs of 1, 2, 3 … pixels."""
    bits, filled = 0, 0
    out = bytearray()

    def put(code: int, width: int) -> None:
        nonlocal bits, filled
        bits |= code << filled
        filled += width
        while filled >= 8:
            out.append(bits & 255)
            bits >>= 8
            filled -= 8

    width = 3
    put(4, width)
    run, upcoming = 1, 6
    while pixels > 0:
        run = min(run, pixels)
        put(0 if run == 1 else run + 4, width)
        pixels -= run
        run, upcoming = run + 1, upcoming + 1
        width = max(width, (upcoming - 1).bit_length())
        if upcoming > 4000:
            put(4, min(width, 12))
            run, upcoming, width = 1, 6, 3
    put(5, width)
    out.append(bits & 255)
    return bytes(out)


def _blocks(content: bytes) -> bytes:
    pieces = [content[start : start + 255] for start in range(0, len(content), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\x00"


def stored(folder: Path, content: bytes) -> Path:
    """The bytes as an upload without a name."""
    path = folder / "raw"
    path.write_bytes(content)
    return path
