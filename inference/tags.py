"""The header of a multi-frame ultrasound DICOM: size, times and tissue regions, checked.

No other tag is kept or looked at. All is checked before any pixel is touched.
"""

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, cast

import pydicom
from pydicom.dataset import FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.tag import Tag

from inference.budget import MOST_DECODED, MOST_PIXELS_IN_ALL, check_size
from inference.reading import DECODED_SECONDS, ClipRefused, RefusalCode, too_long

# What pydicom raises on malformed files is nowhere listed: these were seen under mutation.
MALFORMED: Final = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
DEFLATED: Final = b"1.2.840.10008.1.2.1.99"  # a bomb by design, and no scanner writes it
VIDEO_SYNTAXES: Final = "1.2.840.10008.1.2.4.10"  # MPEG-2: 100, 101; H.264: 102-106; HEVC: 107, 108
GRAYS: Final = {"MONOCHROME1", "MONOCHROME2"}
COLOURS: Final = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420"}
PALETTE: Final = "PALETTE COLOR"
TISSUE: Final = 1  # (0018,6014) of a region
TWO_DIMENSIONAL: Final = 1  # (0018,6012)
HEADER_TAGS: Final = (
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames"),
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("RecommendedDisplayFrameRate", "CineRate", "FrameTime", "FrameTimeVector"),
    "SequenceOfUltrasoundRegions",
)
PIXEL_TAGS: Final = (
    *HEADER_TAGS,
    *("PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
    *(f"{channel}PaletteColorLookupTableDescriptor" for channel in ("Red", "Green", "Blue")),
    *(f"{channel}PaletteColorLookupTableData" for channel in ("Red", "Green", "Blue")),
)


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of tissue, in shares of the frame's width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """All that is kept of the tags; times in seconds from 0, None where no tag tells them."""

    width: int
    height: int
    frames: int
    colours: str
    bits: int
    syntax: str
    times: tuple[float, ...] | None
    regions: tuple[Region, ...]

    @property
    def is_video(self) -> bool:
        """Whether the frames are one MPEG stream."""
        return self.syntax.startswith(VIDEO_SYNTAXES)


def opened(clip: io.BufferedIOBase) -> tuple[Header, FileDataset]:
    """The checked header, and what the frames are decoded from."""
    try:
        header = _header(_tags(clip, HEADER_TAGS, stop_before_pixels=True))
        _check(header)
        pictures = _tags(clip, PIXEL_TAGS, stop_before_pixels=False)
        if "PixelData" not in pictures:
            raise ClipRefused(RefusalCode.UNREADABLE)
    except MALFORMED as error:
        raise ClipRefused(RefusalCode.UNREADABLE) from error
    return header, pictures


def _tags(
    clip: io.BufferedIOBase, names: tuple[str, ...], *, stop_before_pixels: bool
) -> FileDataset:
    clip.seek(0)
    if DEFLATED in clip.read(4096):
        raise _unsupported("a deflated DICOM file")
    clip.seek(0)
    return pydicom.dcmread(
        cast("io.BufferedReader", clip),
        specific_tags=[int(Tag(name)) for name in names],
        stop_before_pixels=stop_before_pixels,
    )


def _header(tags: FileDataset) -> Header:
    width, height = int(tags.Columns), int(tags.Rows)
    frames = int(tags.get("NumberOfFrames") or 1)
    colours = str(tags.PhotometricInterpretation)
    return Header(
        width=width,
        height=height,
        frames=frames,
        colours=colours if _known(tags, colours) else "",
        bits=int(tags.BitsStored),
        syntax=str(tags.file_meta.TransferSyntaxUID),
        times=_times(tags, frames) if 0 < frames <= MOST_DECODED else None,
        regions=tuple(_regions(tags, width, height)),
    )


def _known(tags: FileDataset, colours: str) -> bool:
    samples = 3 if colours in COLOURS else 1
    depths = {8} if samples == 3 else {8, 16}
    return (
        colours in GRAYS | COLOURS | {PALETTE}
        and tags.SamplesPerPixel == samples
        and tags.BitsAllocated in depths
        and 8 <= int(tags.BitsStored) <= int(tags.BitsAllocated)
        and tags.PixelRepresentation == 0
    )


def _check(header: Header) -> None:
    """Refuse a bomb in words, before its first pixel."""
    check_size(header.width, header.height)
    if header.frames < 1:
        raise ClipRefused(RefusalCode.UNREADABLE)
    if header.frames == 1 and not header.is_video:
        raise ClipRefused(RefusalCode.STILL_IMAGE)
    pixels = header.frames * header.width * header.height
    if header.frames > MOST_DECODED or pixels > MOST_PIXELS_IN_ALL:
        raise ClipRefused(RefusalCode.TOO_LARGE, {"frames": header.frames})
    if header.times is not None and header.times[-1] > DECODED_SECONDS:
        raise too_long(header.times[-1])
    if not header.colours:
        raise _unsupported("a DICOM file with unusual pixels")


def _unsupported(kind: str) -> ClipRefused:
    return ClipRefused(RefusalCode.UNSUPPORTED_TYPE, {"kind": kind})


def _times(tags: FileDataset, frames: int) -> tuple[float, ...] | None:
    """By (0008,2144), (0018,0040), (0018,1063) or (0018,1065), in this order."""
    for name in ("RecommendedDisplayFrameRate", "CineRate", "FrameTime"):
        value = float(tags.get(name) or 0)
        if 0 < value < float("inf"):
            interval = value / 1000 if name == "FrameTime" else 1 / value
            return tuple(interval * number for number in range(frames))
    steps = [float(step) / 1000 for step in _listed(tags.get("FrameTimeVector"))]
    return tuple(accumulate([0.0, *steps[1:]])) if len(steps) == frames else None


def _listed(value: object) -> Iterable[float]:
    if value is None or isinstance(value, int | float | str):
        return () if value is None else (float(value),)
    return cast("Iterable[float]", value)


def _regions(tags: FileDataset, width: int, height: int) -> Iterator[Region]:
    """Regions of 2D tissue that fit the matrix: some describe a larger image than is stored."""
    for item in tags.get("SequenceOfUltrasoundRegions") or ():
        kind = item.get("RegionSpatialFormat"), item.get("RegionDataType")
        if kind == (TWO_DIMENSIONAL, TISSUE):
            left, right = item.RegionLocationMinX0, item.RegionLocationMaxX1
            top, bottom = item.RegionLocationMinY0, item.RegionLocationMaxY1
            if 0 <= left < right < width and 0 <= top < bottom < height:
                yield Region(left / width, top / height, (right + 1) / width, (bottom + 1) / height)
