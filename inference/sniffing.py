"""What kind of file this is, by its first bytes: names and extensions are not believed."""

import io
import re
from typing import Final

from inference.reading import ClipRefused, RefusalCode

SNIFFED_BYTES: Final = 512
ANIMATED: Final = 0x02  # a flag of WebP's VP8X chunk
GIF_DELAY: Final = re.compile(rb"\x21\xf9\x04.(..).\x00", re.DOTALL)  # its control extension
OTHER_TYPES: Final = (
    (b"%PDF", "PDF"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"PK\x03\x04", "ZIP"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x1f\x8b", "gzip"),
    (b"\x30\x26\xb2\x75", "WMV"),
    (b"FLV", "FLV"),
    (b"\x00\x00\x01\xba", "MPEG"),
    (b"OggS", "Ogg"),
)


def is_dicom(clip: io.BufferedIOBase) -> bool:
    """Whether it says DICM after its preamble, and nothing else before."""
    clip.seek(0)
    head = clip.read(SNIFFED_BYTES)
    return head[128:132] == b"DICM" and not _supported(head)


def refuse_other_types(clip: io.BufferedIOBase) -> None:
    """Let MP4, MOV, AVI, GIF, WebP, Matroska and WebM through; refuse all else by its name."""
    clip.seek(0)
    head = clip.read(SNIFFED_BYTES)
    if not head:
        raise ClipRefused(RefusalCode.UNREADABLE)
    if not _supported(head):
        raise ClipRefused(RefusalCode.UNSUPPORTED_TYPE, {"kind": _named(head)})


def tells_time(clip: io.BufferedIOBase) -> bool:
    """False for a GIF without delays: FFmpeg and browsers make 0.1 s of them, which is a guess."""
    clip.seek(0)
    if clip.read(4) != b"GIF8":
        return True
    delays = GIF_DELAY.findall(clip.read())
    return delays.count(b"\x00\x00") <= len(delays) / 2


def _supported(head: bytes) -> bool:
    riff = head[:4] == b"RIFF" and head[8:12] == b"AVI "
    box = head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}  # old QuickTime too
    image = head[4:8] == b"ftyp" and head[8:12] in {b"avif", b"heic", b"mif1"}
    moving = head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and bool(head[20] & ANIMATED)
    matroska = head[:4] == b"\x1a\x45\xdf\xa3"
    return riff or moving or (box and not image) or matroska or head[:6] in {b"GIF87a", b"GIF89a"}


def _named(head: bytes) -> str:
    if head[:4] == b"RIFF":
        return {b"WEBP": "WebP", b"WAVE": "WAV"}.get(head[8:12], "RIFF")
    if head[4:8] == b"ftyp":
        return "HEIC or AVIF"
    for magic, kind in OTHER_TYPES:
        if head.startswith(magic):
            return kind
    return _text_kind(head)


def _text_kind(head: bytes) -> str:
    if b"\x00" in head:
        return "unknown"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    return "text" if _is_text(head) else "unknown"


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character cut off at the end
    return True
