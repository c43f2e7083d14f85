"""Writing over the picture is found, and covered on demand."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.client import LocalPreparer
from inference.prepare import prepare
from inference.reading import Box, ClipRefused, PreparedClip, RefusalCode
from inference.text import Sample, text_boxes
from inference.video import encode, frames_of, on_ticks
from tests.unit.inference import clips

TIMES = [number / 30 for number in range(36)]


def found(frames: clips.Gray) -> tuple[Box, ...]:
    sample = Sample(len(frames))
    assert len(list(sample.of(iter(frames)))) == len(frames)
    return text_boxes(sample.inks())


def named(frames: clips.Gray, words: str = "DOE JANE", size: float = 0.6) -> clips.Gray:
    written = frames.copy()
    for frame in written:
        cv2.putText(frame, words, (90, 200), 0, size, (220,), 1, cv2.LINE_AA)
    return written


@pytest.mark.parametrize(
    "seed", [9000, *(pytest.param(seed, marks=pytest.mark.breadth) for seed in (9003, 9007, 9014))]
)
def test_a_heart_without_writing_raises_no_alarm(seed: int) -> None:
    assert found(clips.heart(36, 320, seed=seed)) == ()


@pytest.mark.breadth
@pytest.mark.parametrize(
    "words",
    [
        "DOE JANE",
        *(
            pytest.param(words, marks=pytest.mark.breadth)
            for words in ("MRN 482913", "23/11/2026", "EF 35 %")
        ),
    ],
)
def test_writing_over_tissue_is_found(words: str) -> None:
    boxes = found(named(clips.heart(36, 320), words))
    assert boxes
    assert any(box.x < 150 and box.y < 200 < box.y + box.height + 6 for box in boxes)


@pytest.mark.breadth
@pytest.mark.parametrize("shown", [range(12), range(15, 20), range(28, 36)])
def test_writing_that_comes_or_goes_is_found(shown: range) -> None:
    frames = clips.heart(36, 320).copy()
    frames[shown] = named(frames, "DOE JANE")[shown]
    assert found(frames)


@pytest.mark.breadth
@pytest.mark.parametrize("shown", [0, 17, 35])
def test_a_page_of_names_in_a_single_frame_is_found(shown: int) -> None:
    frames = clips.heart(36, 320).copy()
    frames[shown] = 0
    for line in range(6):
        cv2.putText(
            frames[shown], f"DOE JANE 48291{line}", (60, 100 + 30 * line), 0, 0.6, (230,), 1
        )
    assert sum(box.legible for box in found(frames)) > 3


@pytest.mark.breadth
@pytest.mark.parametrize("seed", [9000, 9003])
@pytest.mark.parametrize("turn", ["mirrored", "standing"])
def test_a_still_line_is_found_that_no_model_of_ours_can_read(turn: str, seed: int) -> None:
    """As Cyrillic, Greek and Arabic are: the recogniser knows none of them."""
    heart = clips.heart(36, 320, seed=seed)
    written = named(np.zeros((1, 320, 320), np.uint8), "DOE JANE 4829")[0, 170:220, 80:280]
    letters = np.fliplr(written) if turn == "mirrored" else np.rot90(written)
    frames = heart.copy()
    part = frames[:, 100 : 100 + letters.shape[0], 70 : 70 + letters.shape[1]]
    np.maximum(part, letters, out=part)
    [box] = found(frames)
    assert not box.legible, "whoever has looked at it may still say that it is none"


@pytest.mark.breadth
def test_a_wall_that_hardly_moves_is_no_writing() -> None:
    prepared, _ = prepare(io.BytesIO(clips.video(clips.page(clips.heart(45)))))
    assert prepared.text_boxes == ()


@pytest.mark.breadth
def test_a_scale_of_still_dots_over_tissue_is_no_writing() -> None:
    frames = clips.heart(36, 320).copy()
    frames[:, 60:280:24, 158:162] = 230
    assert found(frames) == ()


@pytest.mark.breadth
@pytest.mark.parametrize(("container", "codec"), [("avi", "mjpeg"), ("mp4", "libx264")])
def test_writing_is_found_in_a_clip_whose_still_marks_are_blanked(
    container: str, codec: str
) -> None:
    frames = clips.heart(36, 320).copy()
    for frame in frames:
        cv2.putText(frame, "DOE JANE", (105, 150), 0, 0.7, (235,), 2, cv2.LINE_AA)
        cv2.putText(frame, "RV", (120, 225), 0, 0.7, (235,), 2, cv2.LINE_AA)
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    prepared, _ = prepare(io.BytesIO(clips.video(frames, container, codec, pixels=pixels)))
    name, label = sorted(prepared.text_boxes, key=lambda box: box.y)
    assert name.legible
    assert name.x <= 106 < 200 <= name.x + name.width
    assert not label.legible
    assert label.y <= 208 < 224 <= label.y + label.height


@pytest.mark.breadth
async def test_what_is_covered_is_black_and_no_longer_found(tmp_path: Path) -> None:
    masked, covered = tmp_path / "masked.mp4", tmp_path / "covered.mp4"
    masked.write_bytes(encode(iter(named(clips.heart(36, 320))), on_ticks(TIMES)))
    box = Box(80, 175, 130, 35)
    prepared = await LocalPreparer().cover(masked, covered, TIMES, [box])
    assert prepared.text_boxes == ()
    assert prepared.frame_times == pytest.approx(TIMES, abs=1e-5)
    shown = np.stack([frame.gray for frame in frames_of(io.BytesIO(covered.read_bytes()))])
    assert shown[:, 177:208, 82:208].max() <= 8
    assert shown[:, :160].max() > 60
    assert PreparedClip.from_primitives(prepared.to_primitives()) == prepared


async def test_a_clip_that_is_covered_whole_is_refused(tmp_path: Path) -> None:
    masked = tmp_path / "masked.mp4"
    masked.write_bytes(encode(iter(clips.heart(36)), on_ticks(TIMES)))
    with pytest.raises(ClipRefused) as refused:
        await LocalPreparer().cover(masked, tmp_path / "out", TIMES, [Box(-5, -5, 999, 999)])
    assert refused.value.code is RefusalCode.NO_SECTOR


def test_a_row_from_before_the_text_check_is_still_read() -> None:
    row = {"sha256": "ab", "frame_times": [0.0], "width": 2, "height": 2, "code": "c"}
    row |= {"frames_per_second": 25.0, "seconds": 1.0, "frame_rate_told": False, "stages": {}}
    assert PreparedClip.from_primitives(row).text_boxes == ()
