"""Multi-frame ultrasound DICOM: pixels, rate and region come out, and nothing else."""

import io
import logging
from pathlib import Path

import numpy as np
import pydicom.examples
import pytest
from pydicom.dataset import Dataset

from inference.client import LocalPreparer
from inference.prepare import prepare
from inference.reading import ClipRefused, RefusalCode
from inference.video import frames_of
from tests.unit.inference import clips, dicoms

LOSSY = {"JPEG Baseline", "JPEG 2000"}


@pytest.fixture(scope="module")
def page() -> clips.Gray:
    return clips.page(clips.heart(32))


def shown(content: bytes) -> clips.Gray:
    prepared, masked = prepare(io.BytesIO(content))
    assert prepared.frames_per_second == pytest.approx(30, abs=0.01)
    assert b"DOE" not in masked
    return np.stack([frame.gray for frame in frames_of(io.BytesIO(masked))])


def refusal(content: bytes) -> ClipRefused:
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(content))
    return refused.value


@pytest.fixture(scope="module")
def expected(page: clips.Gray) -> clips.Gray:
    return shown(dicoms.gray(page))


def assert_alike(one: clips.Gray, other: clips.Gray, *, within: float = 0.5) -> None:
    assert one.shape == other.shape
    assert np.abs(one.astype(int) - other).mean() < within


def test_the_page_is_masked_and_the_heart_kept(page: clips.Gray, expected: clips.Gray) -> None:
    assert expected.shape == page.shape
    assert expected[:, :24, :150].max() <= 8
    assert np.abs(expected[:, 100:180, 120:200].astype(int) - page[:, 100:180, 120:200]).mean() < 3


@pytest.mark.breadth
@pytest.mark.parametrize("syntax", sorted(dicoms.BY_GDCM))
def test_every_transfer_syntax_of_pictures_is_read(
    syntax: str, page: clips.Gray, expected: clips.Gray, tmp_path: Path
) -> None:
    content = dicoms.recoded(dicoms.gray(page), syntax, tmp_path)
    assert_alike(shown(content), expected, within=2.5 if syntax in LOSSY else 0.01)


@pytest.mark.breadth
@pytest.mark.parametrize("colours", ["RGB", "YBR_FULL", "YBR_FULL_422"])
def test_uncompressed_colours_are_read(
    colours: str, page: clips.Gray, expected: clips.Gray
) -> None:
    assert_alike(shown(dicoms.colour(page, colours)), expected)


@pytest.mark.breadth
@pytest.mark.parametrize("syntax", sorted(dicoms.BY_GDCM))
def test_compressed_rgb_is_read(
    syntax: str, page: clips.Gray, expected: clips.Gray, tmp_path: Path
) -> None:
    content = dicoms.recoded(dicoms.colour(page), syntax, tmp_path)
    assert_alike(shown(content), expected, within=2.5 if syntax in LOSSY else 0.5)


@pytest.mark.breadth
def test_a_palette_is_looked_up(page: clips.Gray, expected: clips.Gray) -> None:
    assert_alike(shown(dicoms.palette(page)), expected)


@pytest.mark.breadth
def test_white_on_black_may_be_stored_as_black_on_white(
    page: clips.Gray, expected: clips.Gray
) -> None:
    inverted = dicoms.gray(255 - page, PhotometricInterpretation="MONOCHROME1")
    assert_alike(shown(inverted), expected)


@pytest.mark.breadth
def test_twelve_bits_become_eight(page: clips.Gray, expected: clips.Gray) -> None:
    deep = page.astype("<u2") << 4
    tagged = dicoms.described(page, (240, 320), BitsAllocated=16, BitsStored=12, HighBit=11)
    assert_alike(shown(dicoms.written(tagged, deep.tobytes())), expected)


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("codec", "container", "syntax"),
    [
        ("libx264", "mp4", dicoms.H264),
        ("libx264", "mpegts", dicoms.H264),
        ("libx264", "h264", dicoms.H264),
        ("libx265", "mp4", dicoms.HEVC),
        ("libx265", "hevc", dicoms.HEVC),
        ("mpeg2video", "mpeg2video", "1.2.840.10008.1.2.4.100"),
    ],
)
def test_an_mpeg_stream_is_read_as_a_video(
    codec: str, container: str, syntax: str, page: clips.Gray, expected: clips.Gray
) -> None:
    stream = clips.video(page, container, codec)
    assert_alike(shown(dicoms.movie(stream, page, syntax)), expected, within=8)


def test_a_real_sonosite_clip_of_one_second_is_prepared_with_a_region_that_does_not_fit() -> None:
    content = Path(pydicom.examples.get_path("ybr_color")).read_bytes()
    prepared, masked = prepare(io.BytesIO(content))
    assert (prepared.width, prepared.height) == (320, 240)
    assert len(prepared.frame_times) == 30
    assert prepared.seconds == pytest.approx(1.0, abs=0.001)
    frames = np.stack([frame.gray for frame in frames_of(io.BytesIO(masked))])
    assert frames[:, :12, :60].max() <= 12
    assert frames[:, 140:150, 60:75].max(0).mean() > 2  # a dim flank of the fan


def test_nothing_outside_the_tissue_region_is_kept(page: clips.Gray, expected: clips.Gray) -> None:
    inside = [dicoms.region(90, 70, 200, 210)]
    frames = shown(dicoms.gray(page, SequenceOfUltrasoundRegions=inside))
    assert frames[:, :68].max() <= 12
    assert frames[:, :, 204:].max() <= 12
    assert_alike(frames[:, 110:190, 130:180], expected[:, 110:190, 130:180], within=3)


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("tags", "rate"),
    [
        ({"FrameTime": None, "RecommendedDisplayFrameRate": 25}, 25),
        ({"FrameTime": None, "CineRate": 28}, 28),
        ({"CineRate": 24, "FrameTime": "20"}, 24),
        ({"FrameTime": None, "FrameTimeVector": [0, *[40.0] * 31]}, 25),
    ],
)
def test_the_frame_rate_is_taken_from_the_tags(
    tags: dict[str, object], rate: float, page: clips.Gray
) -> None:
    prepared, _ = prepare(io.BytesIO(dicoms.gray(page, **tags)))
    assert prepared.frames_per_second == pytest.approx(rate, abs=0.01)


@pytest.mark.breadth
@pytest.mark.parametrize("wrong", [None, "0", "-5", "300"])
def test_without_a_rate_that_can_be_true_it_must_be_told(
    wrong: str | None, page: clips.Gray
) -> None:
    content = dicoms.gray(page, FrameTime=wrong)
    assert refusal(content).code is RefusalCode.FRAME_RATE_UNKNOWN
    prepared, _ = prepare(io.BytesIO(content), told_frame_rate=30)
    assert prepared.frame_rate_told


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"Rows": 65535, "Columns": 65535}, RefusalCode.TOO_LARGE),
        ({"NumberOfFrames": 1_000_000}, RefusalCode.TOO_LARGE),
        ({"NumberOfFrames": 1}, RefusalCode.STILL_IMAGE),
        ({"NumberOfFrames": -4}, RefusalCode.UNREADABLE),
        ({"NumberOfFrames": 3000, "FrameTime": "100"}, RefusalCode.TOO_LONG),
        ({"Rows": 8}, RefusalCode.UNREADABLE),
        ({"SamplesPerPixel": 4}, RefusalCode.UNSUPPORTED_TYPE),
        ({"BitsAllocated": 32, "BitsStored": 32}, RefusalCode.UNSUPPORTED_TYPE),
        ({"PixelRepresentation": 1}, RefusalCode.UNSUPPORTED_TYPE),
        ({"PhotometricInterpretation": "HSV"}, RefusalCode.UNSUPPORTED_TYPE),
    ],
)
def test_a_header_that_cannot_be_used_is_refused_before_any_pixel(
    tags: dict[str, object], code: RefusalCode
) -> None:
    tagged = dicoms.described([0] * 30, (240, 320), **tags)
    assert refusal(dicoms.written(tagged, bytes(64))).code is code


def test_a_file_without_pictures_is_unreadable() -> None:
    report = Dataset()
    report.Modality = "SR"
    tagged = dicoms.described([0] * 30, (240, 320))
    del tagged.Rows
    assert refusal(dicoms.written(tagged, bytes(64))).code is RefusalCode.UNREADABLE


def test_pixels_of_a_kind_that_no_standard_knows_are_unreadable(page: clips.Gray) -> None:
    content = dicoms.gray(page).replace(b"\xe0\x7f\x10\x00OB", b"\xe0\x7f\x10\x00OR")
    assert refusal(content).code is RefusalCode.UNREADABLE


def test_a_jpeg_inside_that_is_larger_than_the_header_says_is_unreadable() -> None:
    large = np.zeros((30, 2000, 2000), np.uint8)
    content = dicoms.jpegs(large, Rows=240, Columns=320)
    assert refusal(content).code is RefusalCode.UNREADABLE


@pytest.mark.breadth
async def test_a_sealed_child_prepares_every_transfer_syntax(
    page: clips.Gray, tmp_path: Path
) -> None:
    for syntax in sorted(dicoms.BY_GDCM):
        raw = clips.stored(tmp_path, dicoms.recoded(dicoms.colour(page), syntax, tmp_path))
        prepared = await LocalPreparer().prepare(raw, tmp_path / "masked.mp4")
        assert len(prepared.frame_times) == 32


async def test_a_name_in_a_wrong_tag_reaches_no_log_and_the_log_goes_on(
    page: clips.Gray, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = dicoms.gray(page).replace(b"33.333", b"D^JANE")
    with pytest.raises(ClipRefused):
        await LocalPreparer().prepare(clips.stored(tmp_path, content), tmp_path / "masked.mp4")
    assert refusal(content).code is RefusalCode.UNREADABLE
    assert "JANE" not in caplog.text
    logging.getLogger(__name__).warning("This process may still speak.")
    assert "speak" in caplog.text
