"""Clips that people bring: drawn ones, and real ones where this machine has them."""

import io
import os
from pathlib import Path

import numpy as np
import pytest

from inference.video import frames_of
from tests.unit.inference import clips

NAME = "DOE_JANE_1961"  # what a learner's file may be called, and nobody else may see
FOLDER = Path(os.environ.get("EYEBALL_REAL_CLIPS", Path(__file__).parents[3] / "shared" / "clips"))
REAL = "0X129133A90A61A59D.mp4"
MASKED_BY_ECHONET = 112  # pixels: the left half is the clip, the right half shows a mask


def drawn(folder: Path, frames: int = 45) -> Path:
    """A drawn heart on a scanner's page, with a name burnt in, a title and sound."""
    content = clips.video(clips.page(clips.heart(frames)), title=NAME, sound=True)
    return named(folder, "mp4", content)


def scanner(folder: Path) -> Path:
    """A real scanner's page."""
    return named(folder, "mp4", real("Example1.mp4").read_bytes())


def animation(folder: Path) -> Path:
    """A real clip as an animated GIF."""
    return named(folder, "gif", clips.video(left_half(), "gif", "gif", rate=50, pixels="gray"))


def motion_jpeg(folder: Path) -> Path:
    """A real clip as older scanners export it."""
    content = clips.video(left_half(), "avi", "mjpeg", rate=50, pixels="yuvj420p")
    return named(folder, "avi", content)


def left_half() -> clips.Gray:
    """EchoNet's own frames, two seconds of them."""
    content = io.BytesIO(real(REAL).read_bytes())
    shown = [frame.gray[:, :MASKED_BY_ECHONET] for frame in frames_of(content)]
    return np.ascontiguousarray(np.stack(shown[:100]))


def real(name: str) -> Path:
    """A real clip, or a reason to skip."""
    if not (FOLDER / name).exists():
        pytest.skip(f"no real clips in {FOLDER}")
    return FOLDER / name


def a_pdf(folder: Path) -> Path:
    """A PDF that says that it is a video."""
    return named(folder, "mp4", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n")


def a_still(folder: Path) -> Path:
    """One picture, shown for two seconds."""
    frames = np.repeat(clips.page(clips.heart(1)), 50, axis=0)
    return named(folder, "gif", clips.gif(np.ascontiguousarray(frames)))


def a_blink(folder: Path) -> Path:
    """Less than half a heartbeat."""
    return drawn(folder, frames=12)


def named(folder: Path, kind: str, content: bytes) -> Path:
    """The clip under the name that a learner gave it."""
    path = folder / f"{NAME}.{kind}"
    path.write_bytes(content)
    return path
