"""The player says which frame is on screen, and when: for every kind of clip that is taken.

Each frame carries its own number, drawn into the tissue. What the page says is compared with what
is read from the pixels that Chromium shows, and with when the source says that this frame comes.
"""

import base64
import io
from collections.abc import AsyncIterator, Callable
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, Page, Playwright

from inference.cards import FOLDER
from inference.prepare import prepare
from inference.reading import PreparedClip
from service.app import templates
from service.pages.views import AttemptView, ClipView, Step
from tests.unit.inference import clips, dicoms
from tests.unit.inference.test_formats import CODECS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

FRAMES = 36  # more than 32: every bit of the number changes, or it would be blanked as a mark
BITS = 6
SIDE = 14  # pixels of the square that stands for a bit
LEFT, TOP = 136, 130  # of the first square: the middle of the sector on `clips.page`
RATE = 25
UNEVEN = [0.03, 0.06, 0.04, 0.05]  # seconds, over and over
STATIC = Path(__file__).parents[2] / "service" / "static"

# Which number the pixels on screen hold.
LIES = """([bits, side, left, top]) => {
    const video = document.querySelector("video");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    let number = 0;
    for (let bit = 0; bit < bits; bit++) {
        const [column, row] = [bit % 3 + 0.5, Math.floor(bit / 3) + 0.5];
        const at = [left + side * column, top + side * row];
        if (context.getImageData(...at, 1, 1).data[0] > 110) number |= 1 << bit;
    }
    return number;
}"""
# Go to a frame with the slider, and tell what the page says and which number the pixels hold.
SHOWN = f"""async ([k, ...where]) => {{
    const scrub = document.querySelector('[data-part="scrub"]');
    const video = document.querySelector("video");
    const there = new Promise(done => video.requestVideoFrameCallback(done));
    scrub.value = k;
    scrub.dispatchEvent(new Event("input", {{ bubbles: true }}));
    await there;
    return [document.querySelector('[data-part="where"]').textContent, ({LIES})(where)];
}}"""


def numbered() -> clips.Gray:
    """A scanner's page whose frames carry their numbers."""
    frames = clips.page(clips.heart(FRAMES)).copy()
    for number, frame in enumerate(frames):
        for bit in range(BITS):
            x, y = LEFT + SIDE * (bit % 3), TOP + SIDE * (bit // 3)
            frame[y : y + SIDE, x : x + SIDE] = 180 if number >> bit & 1 else 40
    return frames


def even(rate: float = RATE) -> list[float]:
    """When frames at a steady rate are shown."""
    return [number / rate for number in range(FRAMES)]


def uneven() -> list[float]:
    """When frames of a variable rate are shown."""
    steps = [UNEVEN[number % len(UNEVEN)] for number in range(FRAMES - 1)]
    return [round(time, 3) for time in accumulate([0.0, *steps])]


def recoded(syntax: str) -> Callable[[Path], tuple[bytes, list[float]]]:
    """A DICOM in this transfer syntax, at 30 frames a second."""
    return lambda folder: (
        dicoms.recoded(dicoms.gray(numbered()), syntax, folder),
        even(1 / 0.033333),
    )


def coded(container: str, codec: str, pixels: str) -> Callable[[Path], tuple[bytes, list[float]]]:
    """A video in this container and codec."""
    return lambda _: (
        clips.video(numbered(), container, codec, rate=RATE, pixels=pixels),
        even(),
    )


def variable_mp4(_: Path) -> tuple[bytes, list[float]]:
    """A phone's MP4, whose frames come when they are ready."""
    return clips.timed(numbered(), uneven()), uneven()


def variable_dicom(_: Path) -> tuple[bytes, list[float]]:
    """A DICOM with a Frame Time Vector."""
    vector = [0.0, *(1000 * step for step in np.diff(uneven()))]
    content = dicoms.gray(numbered(), FrameTime=None, FrameTimeVector=[f"{ms:g}" for ms in vector])
    return content, uneven()


def dicom_of_mpeg(_: Path) -> tuple[bytes, list[float]]:
    """An H.264 stream in a DICOM."""
    content = dicoms.movie(clips.video(numbered(), rate=30), numbered(), dicoms.H264)
    return content, even(1 / 0.033333)


KINDS = {
    **{" ".join(codec): coded(*codec) for codec in CODECS},
    "mp4 of a variable rate": variable_mp4,
    **{f"DICOM {syntax}": recoded(syntax) for syntax in sorted(dicoms.BY_GDCM)},
    "DICOM of a variable rate": variable_dicom,
    "DICOM of H.264": dicom_of_mpeg,
}
USUAL = {"mp4 libx264 yuv420p", "gif gif gray"}


@pytest.fixture
async def player(chrome: tuple[Playwright, Browser]) -> AsyncIterator[Page]:
    """An empty page."""
    context = await chrome[1].new_context()
    yield await context.new_page()
    await context.close()


async def opens(player: Page, prepared: PreparedClip, masked: bytes) -> None:
    """The product's own player, with the clip that its learner and its reader get."""
    clip = ClipView(
        url="data:video/mp4;base64," + base64.b64encode(masked).decode(),
        frame_times=prepared.frame_times,
        opens_at=prepared.opens_at,
        seconds=prepared.seconds,
        frames_per_second=prepared.frames_per_second,
        width=prepared.width,
        height=prepared.height,
        label="clip",
    )
    attempt = AttemptView(
        path="/", step=Step.ESTIMATE, own_clip=True, position=None, of=None, clip=clip
    )
    template = templates(FOLDER).engine.get_template("fragments/player.html.jinja")
    await player.set_content(template.render(attempt=attempt, launch=None))
    await player.add_script_tag(content=(STATIC / "clip.js").read_text())
    await player.wait_for_function("() => document.querySelector('video').readyState >= 4")


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind in USUAL else pytest.mark.breadth) for kind in KINDS],
)
async def test_the_frame_and_time_that_are_said_are_those_on_screen(
    kind: str, player: Page, tmp_path: Path
) -> None:
    content, times = KINDS[kind](tmp_path)
    prepared, masked = prepare(io.BytesIO(content))
    assert len(prepared.frame_times) == FRAMES
    await opens(player, prepared, masked)
    poster = prepared.poster
    assert poster is not None
    assert await player.evaluate(LIES, [BITS, SIDE, LEFT, TOP]) == poster
    assert await player.locator("[data-part='scrub']").input_value() == str(poster)
    order = [*np.random.default_rng(len(kind)).permutation(np.arange(1, FRAMES)), 0]
    for frame in order:
        said, number = await player.evaluate(SHOWN, [int(frame), BITS, SIDE, LEFT, TOP])
        assert number == frame
        assert said == f"frame {frame + 1} of {FRAMES} · {times[frame]:.2f} s"
