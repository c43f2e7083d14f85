"""What comes out of decoding and encoding."""

import io

import av
import cv2
import numpy as np
import pytest

from inference.prepare import frame_ticks, prepare
from inference.video import encode, frames_of, on_ticks
from tests.unit.inference import clips


def decoded(content: bytes) -> clips.Gray:
    return np.stack([frame.gray for frame in frames_of(io.BytesIO(content))])


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("container", "codec", "pixels"),
    [
        ("mp4", "libx264", "yuv420p"),
        ("mov", "libx264", "yuv420p"),
        ("avi", "mjpeg", "yuvj420p"),
        ("avi", "mpeg4", "yuv420p"),
        ("gif", "gif", "gray"),
        ("webm", "libvpx-vp9", "yuv420p"),
        ("webp", "libwebp_anim", "yuv420p"),
    ],
)
def test_the_formats_of_scanners_and_phones_are_prepared(
    container: str, codec: str, pixels: str
) -> None:
    movie = clips.video(clips.page(clips.heart(36)), container, codec, rate=25, pixels=pixels)
    prepared, masked = prepare(io.BytesIO(movie))
    assert (prepared.width, prepared.height) == (320, 240)
    assert prepared.frames_per_second == pytest.approx(25, abs=0.1)
    assert len(decoded(masked)) == len(prepared.frame_times) == 36


@pytest.mark.breadth
def test_uneven_frame_times_survive_to_the_tick() -> None:
    steps = np.tile([0.030, 0.050, 0.0333], 16)
    times = np.concatenate([[0], np.cumsum(steps)])[:48]
    prepared, masked = prepare(io.BytesIO(clips.timed(clips.page(clips.heart()), times)))
    assert prepared.frame_times == pytest.approx(times, abs=1 / 90_000)
    shown = [frame.time for frame in frames_of(io.BytesIO(masked))]
    assert shown == pytest.approx(prepared.frame_times, abs=1e-6)


@pytest.mark.breadth
def test_sound_and_title_stay_behind() -> None:
    movie = clips.video(clips.page(clips.heart()), title="DOE JANE 123456", sound=True)
    assert b"DOE JANE" in movie
    _, masked = prepare(io.BytesIO(movie))
    assert b"DOE JANE" not in masked
    with av.open(io.BytesIO(masked)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands"}


def test_every_frame_can_be_sought_and_the_index_comes_first() -> None:
    masked = encode(iter(clips.heart()), on_ticks(number / 30 for number in range(48)))
    assert masked.index(b"moov") < masked.index(b"mdat")
    with av.open(io.BytesIO(masked)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert all(frame.key_frame for frame in container.decode(video=0))


def test_encoding_changes_a_frame_by_little() -> None:
    frames = clips.heart()
    shown = decoded(encode(iter(frames), on_ticks(number / 30 for number in range(48))))
    assert np.abs(shown.astype(int) - frames).mean() < 2.5
    assert abs((shown.astype(int) - frames).mean()) < 0.3


@pytest.mark.breadth
def test_the_same_clip_gives_the_same_bytes() -> None:
    movie = clips.video(clips.page(clips.heart()))
    first, masked = prepare(io.BytesIO(movie))
    again, masked_again = prepare(io.BytesIO(movie))
    assert masked == masked_again
    assert (first.sha256, first.code) == (again.sha256, again.code)


def test_odd_sides_lose_their_last_row_and_column() -> None:
    odd = clips.page(clips.heart())[:, :239, :319]
    prepared, _ = prepare(io.BytesIO(clips.video(odd, "avi", "mjpeg", pixels="yuvj444p")))
    assert (prepared.width, prepared.height) == (318, 238)


@pytest.mark.breadth
def test_a_large_clip_is_shown_with_a_long_side_of_800() -> None:
    hearts = [cv2.resize(frame, (640, 640)) for frame in clips.heart(32)]
    large = clips.page(np.stack(hearts), width=1280, height=720)
    prepared, _ = prepare(io.BytesIO(clips.video(large, "avi", "mjpeg", pixels="yuvj420p")))
    assert (prepared.width, prepared.height) == (800, 450)


def test_a_phone_clip_stored_on_its_side_is_turned_upright() -> None:
    upright = clips.page(clips.heart())
    lying = np.ascontiguousarray(np.rot90(upright, 1, (1, 2)))
    shown = decoded(clips.turned(clips.video(lying)))
    assert shown.shape == upright.shape
    assert np.abs(shown.astype(int) - upright).mean() < 6


@pytest.mark.breadth
def test_a_clip_that_breaks_off_is_read_up_to_there() -> None:
    whole = clips.timed(clips.page(clips.heart()), [number / 30 for number in range(48)])
    prepared, _ = prepare(io.BytesIO(whole[: int(len(whole) * 0.9)]))
    assert 36 <= len(prepared.frame_times) < 48


def test_frames_that_do_not_advance_are_dropped() -> None:
    times = [0.0, 0.04, 0.04, None, *(0.08 + number / 25 for number in range(30))]
    ticks, kept = frame_ticks(times)
    assert kept[:5] == [True, True, False, False, True]
    assert ticks == [3600 * number for number in range(32)]
