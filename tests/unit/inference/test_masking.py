"""Only the moving sector stays."""

import io

import cv2
import numpy as np

from inference.masking import Survey, kept_pixels, still_marks
from inference.painting import cavity_masks
from inference.prepare import prepare
from inference.video import Frame, frames_of
from tests.unit.inference import clips


def masked(frames: clips.Gray) -> clips.Gray:
    _, content = prepare(io.BytesIO(clips.video(frames, "avi", "mjpeg", pixels="yuvj420p")))
    return np.stack([frame.gray for frame in frames_of(io.BytesIO(content))])


def kept(frames: clips.Gray) -> np.ndarray:
    survey = Survey.of(Frame(None, frames[0]))
    for frame in frames[1:]:
        survey.add(Frame(None, frame))
    return kept_pixels(survey)


def test_names_numbers_and_rulers_become_black() -> None:
    page = clips.page(clips.heart())
    shown = masked(page)
    name, probe, ruler = shown[:, :24, :150], shown[:, 220:, :60], shown[:, :, 306:]
    assert max(name.max(), probe.max(), ruler.max()) <= 8


def test_the_left_ventricle_is_kept_whole() -> None:
    frames = clips.heart()
    times = (np.arange(48) / 30).astype(np.float32)
    ventricle = cavity_masks(clips.bright(clips.BRIGHT_HEART), times, 160).any(0)
    assert kept(frames)[ventricle].mean() > 0.999


def test_tissue_is_kept_as_if_there_were_no_page() -> None:
    frames = clips.heart()
    page = kept(clips.page(frames))[60:220, 80:240]
    alone = kept(frames)
    assert (page & alone).sum() / (page | alone).sum() > 0.97


def test_a_clip_that_is_already_masked_passes() -> None:
    once = masked(clips.page(clips.heart()))
    twice = masked(once)
    lit = once.max(0) > 40
    assert (twice.max(0)[lit] > 20).mean() > 0.99


def test_a_still_caliper_over_tissue_is_blanked() -> None:
    frames = clips.heart().copy()
    cv2.line(frames[0], (76, 80), (84, 80), (255,), 1)
    cv2.line(frames[0], (80, 76), (80, 84), (255,), 1)
    cross = frames[0] == 255
    frames[:, cross] = 255
    marks = still_marks(frames.min(0), frames.max(0))
    assert marks[cross].mean() > 0.9
    assert marks.mean() < 0.02
