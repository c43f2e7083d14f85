"""Containers and codecs of scanners and phones: frames, times and orientation come out right."""

import io
import os
import sys

import av
import numpy as np
import pytest

from inference.prepare import prepare
from inference.reading import ClipRefused, RefusalCode
from inference.video import frames_of
from tests.unit.inference import clips

pytestmark = pytest.mark.breadth

CODECS = [
    ("mp4", "libx264", "yuv420p"),
    ("mp4", "libx264", "yuv444p"),
    ("mp4", "libx264", "yuv420p10le"),
    ("mov", "libx265", "yuv420p"),
    ("mp4", "libx265", "yuv420p10le"),
    ("matroska", "libx264", "yuv420p"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("webm", "libsvtav1", "yuv420p"),
    ("mp4", "libsvtav1", "yuv420p10le"),
    ("avi", "mpeg4", "yuv420p"),
    ("avi", "mjpeg", "yuvj420p"),
    ("mov", "prores_ks", "yuv422p10le"),
    ("avi", "rawvideo", "yuv420p"),
    ("matroska", "ffv1", "gray"),
    ("gif", "gif", "gray"),
    ("webp", "libwebp_anim", "yuv420p"),
]


@pytest.mark.parametrize(("container", "codec", "pixels"), CODECS)
def test_every_codec_is_prepared(container: str, codec: str, pixels: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV cannot encode {codec}")
    page = clips.page(clips.heart(32))
    movie = clips.video(page, container, codec, rate=25, pixels=pixels)
    prepared, masked = prepare(io.BytesIO(movie))
    assert (prepared.width, prepared.height) == (320, 240)
    assert prepared.frame_times == pytest.approx(np.arange(32) / 25, abs=0.0011)
    shown = [frame.time for frame in frames_of(io.BytesIO(masked))]
    assert shown == pytest.approx(prepared.frame_times, abs=1e-6)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's policy")
def test_making_a_clip_leaves_the_tests_own_priority_alone() -> None:
    before = os.sched_getscheduler(0)
    clips.video(clips.heart(32), "webm", "libsvtav1")
    assert os.sched_getscheduler(0) == before


@pytest.mark.parametrize(("container", "codec"), [("mp4", "libx264"), ("mov", "libx265")])
def test_a_turned_phone_video_is_upright(container: str, codec: str) -> None:
    lying = np.ascontiguousarray(np.rot90(clips.page(clips.heart(32)), 1, (1, 2)))
    prepared, _ = prepare(io.BytesIO(clips.turned(clips.video(lying, container, codec))))
    assert (prepared.width, prepared.height) == (320, 240)


@pytest.mark.parametrize("size", [(239, 319), (241, 321), (240, 322)])
def test_odd_sizes_are_made_even(size: tuple[int, int]) -> None:
    page = clips.page(clips.heart(32), width=size[1], height=size[0])
    prepared, _ = prepare(io.BytesIO(clips.video(page, "avi", "mjpeg", pixels="yuvj444p")))
    assert (prepared.width, prepared.height) == (size[1] // 2 * 2, size[0] // 2 * 2)


def test_a_long_clip_is_too_long_unless_it_is_trimmed() -> None:
    frames = np.resize(clips.page(clips.heart(30)), (330, 240, 320))
    times = [number / 15 for number in range(330)]
    movie = clips.timed(frames, times)
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(movie))
    assert refused.value.code is RefusalCode.TOO_LONG
    prepared, masked = prepare(io.BytesIO(movie), trim=(4.0, 7.0))
    assert prepared.frame_times == pytest.approx(np.arange(45) / 15, abs=1e-4)
    assert len(list(frames_of(io.BytesIO(masked)))) == 45


def test_a_trim_that_leaves_too_little_is_too_short() -> None:
    movie = clips.video(clips.page(clips.heart(60)))
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(movie), trim=(0.5, 1.0))
    assert refused.value.code is RefusalCode.TOO_SHORT
