"""A clip of any kind, once its first bytes told which: frames that can be played again."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inference import dicom, tags
from inference.sniffing import is_dicom, refuse_other_types, tells_time
from inference.video import Frame, Span, frames_of


@dataclass(frozen=True, slots=True)
class Footage:
    """What is known before the first frame.

    timed:   whether the file itself tells when its frames are shown.
    regions: the tissue by a DICOM's tags; empty where unknown.
    """

    frames: Callable[[Span], Iterator[Frame]]
    timed: bool
    regions: tuple[tags.Region, ...] = ()


def footage_of(clip: io.BufferedIOBase) -> Footage:
    """The clip, ready to be played; ClipRefused where it is of a kind that we do not read."""
    if is_dicom(clip):
        header, pictures = tags.opened(clip)
        timed = header.times is not None or header.is_video
        return Footage(lambda span: dicom.frames_of(header, pictures, span), timed, header.regions)
    refuse_other_types(clip)
    return Footage(lambda span: frames_of(clip, span), tells_time(clip))
