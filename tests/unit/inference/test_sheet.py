"""The picture of what was read: frames side by side, and outlines where there are any."""

import io

import cv2
import numpy as np

from inference.sheet import sheet
from tests.support.fakes import a_tracing
from tests.unit.inference import clips

TIMES = [number / 30 for number in range(24)]


def drawn(*, outlined: bool) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The sheet of a dark clip, as gray pixels."""
    dark = np.full((24, 120, 160), 60, np.uint8)
    clip = io.BytesIO(clips.timed(dark, TIMES))
    png = sheet(clip, TIMES, ["LVEF 51 %"], 8, a_tracing() if outlined else None)
    found = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert found is not None
    return np.asarray(found, np.uint8)


def test_both_ends_of_the_beat_are_drawn_large_with_their_outline() -> None:
    plain, outlined = drawn(outlined=False), drawn(outlined=True)
    assert outlined.shape[0] - plain.shape[0] == 512 + 24
    assert not (plain[:560] > 200).any(), "no line lies over a frame"
    ends = outlined[560 : 560 + 512]
    for end in (ends[:, :512], ends[:, 512:]):
        assert (end > 200).sum() > 60, "a white line runs around the cavity"
