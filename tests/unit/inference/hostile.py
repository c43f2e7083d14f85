"""Clips that are made to hurt: bombs, lies, playlists, polyglots, and damaged good ones."""

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from functools import cache

import av
import numpy as np
import pydicom.examples

from inference.video import TICKS
from tests.unit.inference import clips, dicoms

ELSEWHERE = "/etc/hostname"
TIGHT = 9  # mutations in a header, of ten


@cache
def page() -> clips.Gray:
    """A scanner's page of a second."""
    return clips.page(clips.heart(36))


@cache
def movie() -> bytes:
    """It as an MP4."""
    return clips.video(page())


@cache
def large() -> clips.Gray:
    """Frames that are larger than any scanner's."""
    return np.zeros((30, 3500, 3500), np.uint8)


# Each hostile clip by its name, made when it is asked for.
HOSTILE: dict[str, Callable[[], bytes]] = {
    "GIF of 65535 x 65535": lambda: clips.bomb(side=3001, frames=1).replace(
        (3001).to_bytes(2, "little") * 2, b"\xff\xff\xff\xff"
    ),
    "GIF of 3000 x 3000 x 3000 frames": lambda: clips.bomb(side=3000, frames=3000),
    "GIF of 100,000 frames": lambda: clips.bomb(side=70, frames=100_000),
    "MJPEG of 3500 x 3500": lambda: mjpeg(large()[:4]),
    "AVI header that says 320 x 240": lambda: lying_header(large()),
    "H.264 of 3500 x 3500": lambda: clips.video(large()[:8]),
    "H.264 of 20,000 frames": lambda: fast_movie(80),
    "ffconcat": lambda: f"ffconcat version 1.0\nfile {ELSEWHERE}\n".encode(),
    "m3u8": lambda: f"#EXTM3U\n#EXTINF:1,\n{ELSEWHERE}\n#EXT-X-ENDLIST\n".encode(),
    "MPEG-DASH": lambda: b'<?xml version="1.0"?><MPD><BaseURL>/etc/</BaseURL></MPD>',
    "ftyp before a playlist": lambda: (
        b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom\n#EXTM3U\n" + ELSEWHERE.encode()
    ),
    "MOV that refers to another file": lambda: movie().replace(b"url \x00\x00\x00\x01", alias()),
    "ZIP": lambda: zipped(movie()),
    "ZIP behind an MP4": lambda: movie()[:-2000] + zipped(b"x" * 100),
    "HTML with DICM": lambda: b"<html>" + bytes(122) + b"DICM" + bytes(400),
    "zeros": lambda: bytes(5000),
    "noise": lambda: np.random.default_rng(0).bytes(5000),
    "MP4 cut in its index": lambda: movie()[:-3000],
    "AVI cut in its header": lambda: mjpeg(page())[:150],
    "PDF behind a GIF's magic": lambda: b"GIF89a%PDF-1.7" + bytes(400),
    "DICOM of 65535 x 65535": lambda: dicom(Rows=65535, Columns=65535),
    "DICOM of a million frames": lambda: dicom(NumberOfFrames=1_000_000),
    "DICOM of 2147483647 frames": lambda: dicom(NumberOfFrames=2**31 - 1),
    "DICOM of 9000 frames in 64 bytes": lambda: dicom(NumberOfFrames=9000, FrameTime="7"),
    "DICOM with huge JPEGs": lambda: dicoms.jpegs(large(), Rows=240, Columns=320),
    "DICOM that is deflated": lambda: bytes(128) + b"DICM" + b"1.2.840.10008.1.2.1.99" + bytes(500),
    "DICOM of nested sequences": lambda: bytes(128) + b"DICM" + nested(20_000),
    "DICOM with an MPEG playlist": lambda: dicoms.movie(
        b"#EXTM3U\n/etc/hostname\n", page(), dicoms.H264
    ),
}


def mjpeg(frames: clips.Gray) -> bytes:
    """An AVI of JPEGs."""
    return clips.video(frames, "avi", "mjpeg", pixels="yuvj420p")


def dicom(**tags: object) -> bytes:
    """A header that promises much before 64 bytes of pixels."""
    return dicoms.written(dicoms.described([0] * 30, (240, 320), **tags), bytes(64))


def lying_header(frames: clips.Gray) -> bytes:
    """An AVI whose headers give a small size over large JPEGs."""
    content = mjpeg(frames[:4])
    size = struct.pack("<II", frames.shape[2], frames.shape[1])
    return content.replace(size, struct.pack("<II", 320, 240))


def fast_movie(groups: int) -> bytes:
    """Very many equal frames, a few bytes each: a group of 250, again and again."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=100, options={"preset": "ultrafast"})
        stream.width = stream.height = 112
        stream.pix_fmt = "yuv420p"
        black = av.VideoFrame.from_ndarray(np.zeros((168, 112), np.uint8), format="yuv420p")
        encoded: list[av.Packet] = []
        for number in range(250):
            black.pts, black.time_base = number * 900, TICKS
            encoded += stream.encode(black)
        encoded += stream.encode(None)
        for start in range(0, groups * 250, 250):
            for number, packet in enumerate(encoded, start):
                again = av.Packet(bytes(packet))
                again.stream, again.is_keyframe = stream, packet.is_keyframe
                again.pts = again.dts = number * 900
                again.time_base = TICKS
                output.mux(again)
    return file.getvalue()


def size_changes() -> bytes:
    """Raw H.264 whose second half is smaller, in Matroska's place: MJPEG in an AVI."""
    first = page()
    whole, small = mjpeg(first), mjpeg(first[:, ::2, ::2])
    start = whole.index(b"\xff\xd8", len(whole) // 2)
    end = whole.index(b"00dc", start)
    picture = small[small.index(b"\xff\xd8") : small.index(b"00dc", small.index(b"\xff\xd8"))]
    return whole[:start] + picture[: end - start].ljust(end - start, b"\x00") + whole[end:]


def alias() -> bytes:
    """A data reference to a file of this machine instead of `in this file`."""
    return b"url \x00\x00\x00\x00"


def zipped(content: bytes) -> bytes:
    """The content in a ZIP."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("clip.mp4", content)
    return file.getvalue()


def nested(depth: int) -> bytes:
    """Sequences within sequences: each an implicit-length item."""
    meta = struct.pack("<HH2sHI", 2, 0x10, b"UI", 20, 0)[:8] + b"1.2.840.10008.1.2.1\x00"
    item = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return meta + item * depth


@cache
def good() -> tuple[bytes, ...]:
    """Small clips of each kind, to be damaged."""
    small = clips.page(clips.heart(34, 96), width=160, height=128)
    return (
        clips.video(small),
        clips.video(small, "mov", "libx265"),
        mjpeg(small),
        clips.video(small, "avi", "mpeg4"),
        clips.video(small, "webm", "libvpx-vp9"),
        clips.video(small, "matroska", "libx264"),
        clips.video(small, "webp", "libwebp_anim"),
        clips.gif(small),
        dicoms.gray(small),
        dicoms.jpegs(small),
        dicoms.movie(clips.video(small), small, dicoms.H264),
        pydicom.examples.get_path("ybr_color").read_bytes(),
    )


def mutated(seed: int, originals: Sequence[bytes]) -> bytes:
    """A good clip, damaged in one of several ways; the same for the same seed."""
    rng = np.random.default_rng([seed, 99])
    content = bytearray(originals[seed % len(originals)])
    ways: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
        _flip,
        _flip,
        _overwrite,
        _cut,
        _repeat,
        _extreme,
    )
    for _ in range(int(rng.integers(1, 4))):
        ways[int(rng.integers(len(ways)))](content, rng)
    return bytes(content)


def _place(content: bytearray, rng: np.random.Generator) -> int:
    """Mostly where headers and indexes are."""
    size = len(content)
    near = min(size, 2000)
    places = int(rng.integers(near)), size - 1 - int(rng.integers(near)), int(rng.integers(size))
    return max(0, places[int(rng.choice(3, p=[0.5, 0.3, 0.2]))])


def _flip(content: bytearray, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 20))):
        content[_place(content, rng)] ^= 1 << int(rng.integers(8))


def _overwrite(content: bytearray, rng: np.random.Generator) -> None:
    start = _place(content, rng)
    end = min(len(content), start + int(rng.integers(1, 64)))
    content[start:end] = rng.bytes(end - start)


def _cut(content: bytearray, rng: np.random.Generator) -> None:
    del content[max(200, int(len(content) * rng.uniform(0.1, 1))) :]


def _repeat(content: bytearray, rng: np.random.Generator) -> None:
    start = _place(content, rng)
    content[start:start] = content[start : start + int(rng.integers(1, 500))]


def _extreme(content: bytearray, rng: np.random.Generator) -> None:
    start = min(_place(content, rng), len(content) - 4)
    content[start : start + 4] = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4))[
        int(rng.integers(3))
    ]
