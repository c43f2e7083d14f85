"""Real apical four-chamber clips, where this machine has them: never in the repository."""

import io
import os
from pathlib import Path

import numpy as np
import pytest

from inference.prepare import prepare
from inference.reader import Request, read
from inference.reading import Reading
from inference.video import frames_of
from tests.unit.inference import clips

FOLDER = Path(os.environ.get("EYEBALL_REAL_CLIPS", Path(__file__).parents[4] / "shared" / "clips"))
pytestmark = pytest.mark.skipif(
    not (FOLDER / "Example1.mp4").exists(), reason=f"no real clips in {FOLDER}"
)


def left_half(name: str, frames: int | None = None) -> clips.Gray:
    """EchoNet's own frames: the right half of these files holds its mask."""
    content = io.BytesIO((FOLDER / name).read_bytes())
    shown = [frame.gray[:, :112] for frame in frames_of(content)]
    return np.ascontiguousarray(np.stack(shown[:frames]))


def prepared_and_read(content: bytes) -> tuple[clips.Gray, Reading]:
    prepared, masked = prepare(io.BytesIO(content))
    request = Request(frame_times=prepared.frame_times, phantom=False, frame_rate_told=False)
    shown = np.stack([frame.gray for frame in frames_of(io.BytesIO(masked))])
    return shown, read(io.BytesIO(masked), request)


def test_a_scanners_page_is_masked_to_its_sector_and_read() -> None:
    shown, reading = prepared_and_read((FOLDER / "Example1.mp4").read_bytes())
    assert shown.shape == (120, 582, 582)
    assert 0.4 < (shown.max(0) > 12).mean() < 0.7
    assert reading.half_width is None


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("container", "codec", "pixels"),
    [("gif", "gif", "gray"), ("avi", "mjpeg", "yuvj420p"), ("mp4", "libx264", "yuv420p")],
)
def test_an_echonet_clip_passes_as_gif_avi_and_mp4(container: str, codec: str, pixels: str) -> None:
    frames = left_half("0X129133A90A61A59D.mp4", 100)
    content = clips.video(frames, container, codec, rate=50, pixels=pixels)
    shown, reading = prepared_and_read(content)
    lit = frames.max(0) > 60
    assert (shown.max(0)[lit] > 30).mean() > 0.97
    assert reading.lvef > 0


@pytest.mark.breadth
def test_different_hearts_give_different_readings() -> None:
    lvefs = {
        prepared_and_read(clips.timed(frames, [n / 50 for n in range(len(frames))]))[1].lvef
        for frames in (left_half(path.name) for path in sorted(FOLDER.glob("0X*.mp4")))
    }
    assert len(lvefs) == 5
