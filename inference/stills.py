"""`python -m inference.stills FD`: some frames of a masked clip as JPEG pictures."""

import io
from collections.abc import Sequence
from typing import Final, cast

import cv2

from inference import child
from inference.prepare import CPU_SECONDS, IMPORTED_LATE, MEMORY
from inference.reading import ClipRefused, RefusalCode
from inference.video import frames_of

JPEG_QUALITY: Final = 90


def main() -> None:
    """Answer one request: as many answers as frames were asked for, in their order."""
    cv2.setNumThreads(0)
    request = child.begin(cpu_seconds=CPU_SECONDS, memory=MEMORY)
    child.seal(*IMPORTED_LATE)
    try:
        pictures = stills(child.clip(), cast("list[int]", request["frames"]))
    except ClipRefused as refused:
        child.refuse(refused)
    else:
        sizes = [len(picture) for picture in pictures]
        child.tell("stills", {"sizes": sizes}, b"".join(pictures))


def stills(masked: io.BufferedIOBase, numbers: Sequence[int]) -> list[bytes]:
    """The frames with these numbers, as JPEGs without metadata.

    raises: ClipRefused: UNREADABLE when the clip has no such frame.
    """
    wanted = set(numbers)
    found: dict[int, bytes] = {}
    for number, frame in enumerate(frames_of(masked)):
        if number in wanted:
            _, coded = cv2.imencode(".jpg", frame.gray, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            found[number] = coded.tobytes()
    if wanted - found.keys():
        raise ClipRefused(RefusalCode.UNREADABLE, {"frames": len(found)})
    return [found[number] for number in numbers]


if __name__ == "__main__":
    main()
