"""Clips that are lawful but seldom, and clips that say one thing and hold another."""

import io
import struct

import av
import numpy as np
import pytest

from inference.prepare import prepare
from inference.reading import ClipRefused, RefusalCode
from tests.unit.inference import clips, dicoms

pytestmark = pytest.mark.breadth

FRAMES = 48
SECOND = 1000  # of an edit's length, in the movie's clock
STARTS_AT = 1024  # where the encoder's own edit begins, in the track's clock
FRAME_TICKS = 512


@pytest.fixture(scope="module")
def page() -> clips.Gray:
    """A heart on a scanner's page, at 30 frames per second."""
    return clips.page(clips.heart(FRAMES))


def refusal(content: bytes) -> ClipRefused:
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(content))
    return refused.value


def edited(movie: bytes, length: int, start: int, rate: int = 1 << 16, edits: int = 1) -> bytes:
    """The same MP4 with another edit list: what part of the track a player shows."""
    place = movie.index(b"elst") + 4
    entry = struct.pack(">IIiii", 0, edits, length, start, rate)
    return movie[:place] + entry + movie[place + len(entry) :]


def test_the_two_fields_of_an_interlaced_clip_make_one_frame(page: clips.Gray) -> None:
    file = io.BytesIO()
    fields = {"x264-params": "interlaced=1:tff=1:log=-1"}
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=25, options=fields)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for gray in page:
            picture = av.VideoFrame.from_ndarray(gray, format="gray")
            output.mux(stream.encode(picture.reformat(format="yuv420p")))
        output.mux(stream.encode(None))
    prepared, _ = prepare(io.BytesIO(file.getvalue()))
    assert (prepared.width, prepared.height) == (320, 240)
    assert prepared.frame_times == pytest.approx(np.arange(FRAMES) / 25, abs=1e-4)


def test_what_an_edit_list_cuts_away_is_not_shown_and_time_begins_after_it(
    page: clips.Gray,
) -> None:
    cut = edited(clips.video(page), 1600, STARTS_AT + 10 * FRAME_TICKS)
    prepared, _ = prepare(io.BytesIO(cut))
    assert prepared.frame_times == pytest.approx(np.arange(FRAMES - 10) / 30, abs=1e-4)


@pytest.mark.parametrize(
    ("length", "start", "code"),
    [
        (8 * SECOND // 10, STARTS_AT, RefusalCode.TOO_SHORT),
        (1600, -1, RefusalCode.UNREADABLE),  # nothing but a pause
        (0, STARTS_AT, RefusalCode.UNREADABLE),
        (1600, 2**31 - 1, RefusalCode.UNREADABLE),
    ],
)
def test_an_edit_list_that_leaves_too_little_is_refused(
    page: clips.Gray, length: int, start: int, code: RefusalCode
) -> None:
    assert refusal(edited(clips.video(page), length, start)).code is code


@pytest.mark.parametrize(
    ("length", "rate", "edits"),
    [(2**31 - 1, 1 << 16, 1), (1600, -(1 << 16), 1), (1600, 0, 1), (1600, 1 << 16, 2**31 - 1)],
    ids=["two months long", "backwards", "standing still", "two thousand million edits"],
)
def test_an_edit_list_that_lies_changes_nothing(
    page: clips.Gray, length: int, rate: int, edits: int
) -> None:
    prepared, _ = prepare(io.BytesIO(edited(clips.video(page), length, STARTS_AT, rate, edits)))
    assert prepared.frame_times == pytest.approx(np.arange(FRAMES) / 30, abs=1e-4)


@pytest.mark.parametrize("first", ["a cover picture", "a still thumbnail"])
def test_a_track_without_motion_before_the_clip_is_passed_over(
    page: clips.Gray, first: str
) -> None:
    cover = np.repeat(page[:1, ::2, ::2], 1 if first == "a cover picture" else FRAMES, axis=0)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        tracks = [(output.add_stream("libx264", rate=30), shown) for shown in (cover, page)]
        for stream, shown in tracks:
            stream.height, stream.width = shown.shape[1:]
            stream.pix_fmt = "yuv420p"
        for number in range(FRAMES):
            for stream, shown in tracks:
                if number < len(shown):
                    picture = av.VideoFrame.from_ndarray(shown[number], format="gray")
                    output.mux(stream.encode(picture.reformat(format="yuv420p")))
        for stream, _ in tracks:
            output.mux(stream.encode(None))
    prepared, _ = prepare(io.BytesIO(file.getvalue()))
    assert (prepared.width, len(prepared.frame_times)) == (320, FRAMES)


@pytest.mark.parametrize(
    ("container", "codec", "rate", "pixels"),
    [
        ("webm", "libvpx-vp9", 30, "yuv420p"),
        ("matroska", "libx264", 60, "yuv420p"),
        ("gif", "gif", 30, "gray"),
    ],
)
def test_a_clock_that_rounds_changes_neither_the_rate_nor_the_length(
    page: clips.Gray, container: str, codec: str, rate: int, pixels: str
) -> None:
    """One second in WebM is 30 frames at 33 or 34 ms: as long as it is in MP4, and long enough."""
    second = np.resize(page, (rate, *page.shape[1:]))
    movie = clips.video(second, container, codec, rate=rate, pixels=pixels)
    prepared, _ = prepare(io.BytesIO(movie))
    assert prepared.frames_per_second == pytest.approx(rate, rel=0.01)
    assert prepared.seconds == pytest.approx(1.0, abs=0.01)


def test_a_pause_in_a_clip_changes_neither_its_rate_nor_its_length(page: clips.Gray) -> None:
    times = [number / 30 + (4 if number > 20 else 0) for number in range(FRAMES)]
    prepared, _ = prepare(io.BytesIO(clips.timed(page, times)))
    assert prepared.frames_per_second == pytest.approx(30, rel=0.001)
    assert prepared.seconds == pytest.approx(FRAMES / 30, abs=0.001)


def test_sound_alone_is_no_clip() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=44_100)
        for number in range(60):
            silence = np.zeros((1, 1024), np.float32)
            samples = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            samples.sample_rate, samples.pts = 44_100, 1024 * number
            output.mux(stream.encode(samples))
        output.mux(stream.encode(None))
    assert refusal(file.getvalue()).code is RefusalCode.UNREADABLE


def test_a_dicoms_movie_is_measured_by_itself_and_not_by_the_tags(page: clips.Gray) -> None:
    huge = clips.video(np.zeros((8, 3500, 3500), np.uint8))
    refused = refusal(dicoms.movie(huge, page, dicoms.H264))
    assert refused.code is RefusalCode.TOO_LARGE
    assert refused.detail == {"width": 3500, "height": 3500}
    small = clips.video(page[:, ::2, ::2])
    prepared, _ = prepare(io.BytesIO(dicoms.movie(small, page, dicoms.H264)))
    assert (prepared.width, prepared.height) == (160, 120)
    assert refusal(dicoms.movie(clips.video(page[:20]), page, dicoms.H264)).code is (
        RefusalCode.TOO_SHORT
    )
