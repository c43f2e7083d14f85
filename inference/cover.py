"""`python -m inference.cover FD`: black out rectangles of a masked clip, look for text again."""

import dataclasses
import io
import time
from collections.abc import Iterator, Sequence
from typing import Final, cast

import cv2
import numpy as np

from inference import child
from inference.poster import Poster
from inference.prepare import CPU_SECONDS, IMPORTED_LATE, MEMORY, described
from inference.reading import Box, ClipRefused, PreparedClip, RefusalCode
from inference.sampling import BLACK_UP_TO
from inference.text import Sample, text_boxes
from inference.video import Gray, encode, frames_of, on_ticks

MOST_BOXES: Final = 100


def main() -> None:
    """Answer one request."""
    cv2.setNumThreads(0)
    request = child.begin(cpu_seconds=CPU_SECONDS, memory=MEMORY)
    child.seal(*IMPORTED_LATE)
    boxes = [Box.from_primitives(box) for box in cast("list[dict[str, object]]", request["boxes"])]
    times = cast("list[float]", request["frame_times"])
    try:
        prepared, covered = cover(child.clip(), times, boxes)
    except ClipRefused as refused:
        child.refuse(refused)
    else:
        child.tell("prepared", prepared.to_primitives(), covered)


def cover(
    masked: io.BufferedIOBase, frame_times: Sequence[float], boxes: Sequence[Box]
) -> tuple[PreparedClip, bytes]:
    """Black in every frame where the boxes are: the new clip's facts, and its MP4.

    raises: ClipRefused: NO_SECTOR when nothing is left, UNREADABLE when the frames are not as many
            as the times.
    """
    began = time.perf_counter()
    looked_at, poster = Sample(len(frame_times)), Poster(frame_times)
    ticks = on_ticks(frame_times)
    try:
        covered = poster.of(looked_at.of(_covered(masked, boxes[:MOST_BOXES])))
        content = encode(covered, ticks)
    except ValueError as error:
        raise ClipRefused(RefusalCode.UNREADABLE, {"frames": len(ticks)}) from error
    if max(int(gray.max()) for gray in looked_at.taken) <= BLACK_UP_TO:
        raise ClipRefused(RefusalCode.NO_SECTOR)
    encoded = time.perf_counter()
    found = text_boxes(looked_at.inks())
    stages = {"encode": encoded - began, "text": time.perf_counter() - encoded}
    facts = described(content, ticks, looked_at.taken[0].shape, stages)
    return dataclasses.replace(facts, text_boxes=found, poster=poster.frame()), content


def _covered(masked: io.BufferedIOBase, boxes: Sequence[Box]) -> Iterator[Gray]:
    for frame in frames_of(masked):
        gray = np.array(frame.gray)
        for box in boxes:
            top, left = max(0, box.y), max(0, box.x)
            gray[top : max(0, box.y + box.height), left : max(0, box.x + box.width)] = 0
        yield gray


if __name__ == "__main__":
    main()
