"""Only the moving sector stays."""

import io

import cv2
import numpy as np
import pytest

from inference.first_painting import cavity_masks
from inference.masking import Survey, kept_pixels, still_marks
from inference.prepare import prepare
from inference.reading import ClipRefused, RefusalCode
from inference.video import Frame, frames_of
from tests.unit.inference import clips, scanner


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


@pytest.mark.breadth
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


@pytest.mark.breadth
def test_the_white_dots_of_a_ruler_are_blanked_though_an_encoder_makes_them_flicker() -> None:
    frames = clips.heart(40, 320).copy()
    dots = np.zeros(frames.shape[1:], bool)
    for y in range(80, 210, 24):
        dots[y, 159:162] = dots[y - 1, 160] = True
    flicker = np.random.default_rng(7).integers(225, 256, (len(frames), int(dots.sum())))
    frames[:, dots] = flicker
    marks = still_marks(frames.min(0), frames.max(0))
    assert marks[dots].all()
    assert marks.mean() < 0.01


@pytest.mark.breadth
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("container", "codec"), [("avi", "mjpeg"), ("mp4", "libx264")])
def test_a_page_keeps_its_tissue_and_loses_its_writing(
    seed: int, container: str, codec: str
) -> None:
    page = scanner.scanned(clips.heart(48, 320, seed=9000 + seed), seed)
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    score = scanner.scored(page, clips.video(page.frames, container, codec, pixels=pixels))
    assert score.tissue_kept >= 0.999
    assert score.text_gone == 1


def refusal(frames: clips.Gray, coloured: np.ndarray | None = None) -> RefusalCode:
    survey = Survey.of(Frame(None, frames[0], coloured))
    for frame in frames[1:]:
        survey.add(Frame(None, frame, coloured))
    with pytest.raises(ClipRefused) as refused:
        kept_pixels(survey)
    return refused.value.code


@pytest.mark.parametrize("apart", [0, 20])
def test_two_images_side_by_side_are_refused(apart: int) -> None:
    heart = clips.heart(36)
    gap = np.zeros((36, 160, apart), np.uint8)
    assert refusal(np.concatenate([heart, gap, heart], axis=2)) is RefusalCode.TWO_IMAGES


def test_a_small_second_image_is_blacked_out() -> None:
    heart = clips.heart(36)
    page = np.zeros((36, 240, 320), np.uint8)
    page[:, 60:220, 20:180] = heart
    page[:, 10:90, 220:300] = heart[:, ::2, ::2]
    mask = kept(page)
    assert mask[60:220, 20:180].mean() > 0.4
    assert not mask[10:90, 230:300].any()


def test_colour_doppler_over_a_part_of_the_sector_is_refused() -> None:
    box = np.zeros((128, 128), np.bool_)
    box[50:80, 45:80] = True
    assert refusal(clips.heart(36), box) is RefusalCode.COLOUR_DOPPLER


def test_a_picture_that_is_tinted_as_a_whole_is_kept() -> None:
    everywhere = np.ones((128, 128), np.bool_)
    survey = Survey.of(Frame(None, clips.heart(36)[0], everywhere))
    for frame in clips.heart(36)[1:]:
        survey.add(Frame(None, frame, everywhere))
    assert kept_pixels(survey).mean() > 0.3


def flowing(frames: clips.Gray, radius: int = 18) -> np.ndarray:
    """Red towards the probe and blue away from it, over the dark of a cavity, beat by beat."""
    colours = np.repeat(frames[..., np.newaxis], 3, axis=3)
    _, y, x = np.indices(frames.shape)
    jet = (np.hypot((y - 90) / 1.6, x - 85) < radius) & (frames < 110)
    towards = np.sin(np.arange(len(frames)) / 4)[:, np.newaxis, np.newaxis]
    colours[jet & (towards > 0.3)] = (210, 40, 10)
    colours[jet & (towards < -0.3)] = (10, 60, 220)
    return colours


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("container", "codec", "pixels"),
    [
        ("mp4", "libx264", "yuv420p"),
        ("avi", "mjpeg", "yuvj420p"),
        ("webm", "libvpx-vp9", "yuv420p"),
    ],
)
def test_flow_that_comes_and_goes_over_a_heart_is_refused(
    container: str, codec: str, pixels: str
) -> None:
    movie = clips.coloured(flowing(clips.heart(36)), container, codec, pixels=pixels)
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(movie))
    assert refused.value.code is RefusalCode.COLOUR_DOPPLER


def test_a_small_jet_is_refused() -> None:
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(clips.coloured(flowing(clips.heart(36), radius=6))))
    assert refused.value.code is RefusalCode.COLOUR_DOPPLER


SEPIA, ORANGE, AMBER = (1, 0.8, 0.5), (1, 0.6, 0.25), (1, 0.7, 0)
BLUE, STEEL, GREEN = (0.2, 0.4, 1), (0.5, 0.7, 1), (0.3, 1, 0.4)


def tinted(colours: np.ndarray, tint: tuple[float, float, float]) -> np.ndarray:
    if colours.ndim == 3:
        colours = np.repeat(colours[..., np.newaxis], 3, axis=3)
    return (colours * np.array(tint)).astype(np.uint8)


@pytest.mark.breadth
@pytest.mark.parametrize("tint", [SEPIA, ORANGE, AMBER, BLUE, STEEL, GREEN])
def test_a_picture_in_a_scanners_own_colour_is_kept(tint: tuple[float, float, float]) -> None:
    prepared, _ = prepare(io.BytesIO(clips.coloured(tinted(clips.heart(36), tint))))
    assert prepared.width == 160


@pytest.mark.breadth
@pytest.mark.parametrize("tint", [SEPIA, ORANGE, STEEL])
def test_flow_over_a_tinted_heart_is_refused(tint: tuple[float, float, float]) -> None:
    heart = clips.heart(36)
    colours, flow = tinted(heart, tint), flowing(heart)
    there = flow.max(axis=3) != flow.min(axis=3)
    colours[there] = flow[there]
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(clips.coloured(colours)))
    assert refused.value.code is RefusalCode.COLOUR_DOPPLER


@pytest.mark.breadth
def test_a_coloured_trace_over_the_sector_is_no_flow() -> None:
    large = np.stack([cv2.resize(frame, (640, 640)) for frame in clips.heart(36, 320)])
    colours = np.repeat(large[..., np.newaxis], 3, axis=3)
    x = np.arange(640)
    beat = 500 - np.where(np.abs(x % 160 - 80) < 3, 40, 0)
    trace = np.stack([x, beat], axis=1).astype(np.int32)
    for picture in colours:
        cv2.polylines(picture, [trace], False, (0, 255, 0), 2)
    prepared, _ = prepare(io.BytesIO(clips.coloured(colours)))
    assert prepared.width == 640
