"""Every clip that cannot be used is refused by its own name."""

import io

import numpy as np
import pytest

from inference.prepare import prepare
from inference.reading import ClipRefused, RefusalCode
from inference.video import frames_of
from tests.unit.inference import clips


def refusal(content: bytes, told_frame_rate: float | None = None) -> ClipRefused:
    with pytest.raises(ClipRefused) as refused:
        prepare(io.BytesIO(content), told_frame_rate=told_frame_rate)
    return refused.value


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xff\xd8\xff\xe0 ...", "JPEG"),
        (b"\x89PNG\r\n\x1a\n ...", "PNG"),
        (b"PK\x03\x04 ...", "ZIP"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"Dear colleague, see attached.", "text"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(40), "WebP"),
        (bytes(600), "unknown"),
    ],
)
def test_a_file_of_another_type_is_refused_by_its_kind(content: bytes, kind: str) -> None:
    refused = refusal(content)
    assert refused.code is RefusalCode.UNSUPPORTED_TYPE
    assert refused.detail == {"kind": kind}


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x00\x00\x20ftypisom" + b"nonsense" * 90, b"GIF89a", b"\x1a\x45\xdf\xa3" * 40],
    ids=["empty", "broken MP4", "broken GIF", "broken Matroska"],
)
def test_bytes_that_hold_no_video_are_unreadable(content: bytes) -> None:
    assert refusal(content).code is RefusalCode.UNREADABLE


def test_an_mp4_without_its_index_is_unreadable() -> None:
    movie = clips.video(clips.page(clips.heart()))
    assert refusal(movie[:-3000]).code is RefusalCode.UNREADABLE


@pytest.mark.parametrize(
    "playlist",
    [
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n",
    ],
    ids=["ffconcat", "m3u8"],
)
def test_a_playlist_never_reaches_another_file_even_past_the_first_check(playlist: bytes) -> None:
    assert refusal(playlist).code is RefusalCode.UNSUPPORTED_TYPE
    with pytest.raises(ClipRefused) as refused:
        list(frames_of(io.BytesIO(playlist)))
    assert refused.value.code is RefusalCode.UNREADABLE


def test_a_clip_shorter_than_a_second_is_too_short() -> None:
    refused = refusal(clips.video(clips.page(clips.heart(24))))
    assert refused.code is RefusalCode.TOO_SHORT
    assert refused.detail == {"seconds": 0.8, "limit": 1.0}


def test_a_clip_longer_than_twenty_seconds_is_too_long() -> None:
    frames = np.resize(clips.page(clips.heart()), (210, 240, 320))
    refused = refusal(clips.timed(frames, [number / 10 for number in range(210)]))
    assert refused.code is RefusalCode.TOO_LONG
    assert refused.detail == {"seconds": 21.0, "limit": 20.0}


def test_decoding_stops_after_a_minute() -> None:
    frames = np.resize(clips.heart(), (80, 160, 160))
    refused = refusal(clips.timed(frames, [float(number) for number in range(80)]))
    assert refused.code is RefusalCode.TOO_LONG
    assert refused.detail["seconds"] == 61


def test_decoding_stops_after_so_many_frames() -> None:
    refused = refusal(clips.bomb(side=70, frames=3000))
    assert refused.code is RefusalCode.TOO_LONG


def test_a_still_image_saved_as_a_video_is_refused() -> None:
    still = np.repeat(clips.page(clips.heart(1)), 45, axis=0)
    assert refusal(clips.video(still)).code is RefusalCode.STILL_IMAGE


def test_a_single_picture_is_a_still_image() -> None:
    assert refusal(clips.gif(clips.heart(1))).code is RefusalCode.STILL_IMAGE


def test_a_gif_without_delays_needs_its_frame_rate_told() -> None:
    animation = clips.without_delays(clips.gif(clips.page(clips.heart())))
    assert refusal(animation).code is RefusalCode.FRAME_RATE_UNKNOWN
    prepared, _ = prepare(io.BytesIO(animation), told_frame_rate=25)
    assert prepared.frame_rate_told
    assert prepared.frames_per_second == 25


@pytest.mark.parametrize("told", [0.0, -25.0, 9.0, 151.0])
def test_a_told_frame_rate_must_be_one_of_an_ultrasound_machine(told: float) -> None:
    movie = clips.video(clips.page(clips.heart()))
    assert refusal(movie, told).code is RefusalCode.FRAME_RATE_UNKNOWN


def test_a_slide_show_has_no_frame_rate_to_believe() -> None:
    refused = refusal(clips.video(clips.page(clips.heart()), rate=5))
    assert refused.code is RefusalCode.FRAME_RATE_UNKNOWN
    assert refused.detail == {"frames_per_second": 5.0}


def test_a_film_of_something_else_has_no_sector() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 120, 160), dtype=np.uint8)
    assert refusal(clips.video(noise)).code is RefusalCode.NO_SECTOR


def test_a_page_where_only_a_clock_moves_has_no_sector() -> None:
    pages = np.zeros((45, 240, 320), np.uint8)
    for number in range(45):
        pages[number, 10:20, 10 : 20 + number] = 255
    assert refusal(clips.video(pages)).code is RefusalCode.NO_SECTOR


def test_a_frame_too_large_for_any_scanner_is_refused_before_it_is_decoded() -> None:
    refused = refusal(clips.bomb(side=3001, frames=2))
    assert refused.code is RefusalCode.TOO_LARGE
    assert refused.detail == {"width": 3001, "height": 3001}


def test_a_frame_too_small_to_see_is_refused() -> None:
    assert refusal(clips.bomb(side=40, frames=40)).code is RefusalCode.UNREADABLE
