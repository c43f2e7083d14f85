"""`eyeball read`: any file from the shell, read as the service would, or refused in a sentence."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from inference.prepare import prepare
from inference.reader import Request, read
from inference.reading import PHANTOM_OUTLINES
from service.cli import main
from service.trying import REFUSED, TEXT_FOUND, UNAVAILABLE
from tests.unit.inference import clips


def a_page() -> bytes:
    """A drawn heart on a scanner's page, with a name around it."""
    return clips.video(clips.page(clips.heart(frames=60)))


def eyeball_read(folder: Path, content: bytes, *options: str, **environment: str) -> Result:
    clip = folder / "anything.bin"
    clip.write_bytes(content)
    known = {"EYEBALL_HOME": str(folder / "home"), **environment}
    return CliRunner().invoke(main, ["read", str(clip), *options], env=known)


def test_it_reads_exactly_what_the_service_would_and_draws_what_it_saw(tmp_path: Path) -> None:
    picture = tmp_path / "seen.png"
    answer = eyeball_read(tmp_path, a_page(), "--json", "--picture", str(picture))
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    prepared, masked = prepare(io.BytesIO(a_page()))
    request = Request(frame_times=prepared.frame_times, phantom=False, frame_rate_told=False)
    expected = read(io.BytesIO(masked), request).to_primitives()
    assert {**told["reading"], "stages": 0} == {**expected, "stages": 0}
    assert told["clip"]["sha256"] == prepared.sha256
    assert "phantom model: not for real hearts" in " ".join(told["says"])
    assert "range unknown" in told["says"][0]
    drawn = cv2.imdecode(np.frombuffer(picture.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert drawn is not None
    assert drawn.shape[1] == 1024
    assert (drawn[:256, :256] > 40).mean() > 0.05, "the first frame is in its corner"
    assert str(tmp_path) not in answer.stdout
    assert told["tracing"] is None
    assert "Not outlined: no model that outlines real hearts is installed." in told["says"]


@pytest.mark.breadth
def test_what_is_told_to_be_a_phantom_is_outlined_and_the_picture_shows_both_ends(
    tmp_path: Path,
) -> None:
    """No picture says that it is a phantom: without the option, the same file has no outline."""
    picture, plain = tmp_path / "seen.png", tmp_path / "plain.png"
    answer = eyeball_read(tmp_path, a_page(), "--json", "--phantom", "--picture", str(picture))
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["phantom"] is True
    assert told["tracing"]["source"] == PHANTOM_OUTLINES
    assert "as told that this is a phantom" in " ".join(told["says"])
    assert "demo_model_on_real_heart" not in told["reading"]["warnings"]
    assert eyeball_read(tmp_path, a_page(), "--picture", str(plain)).exit_code == 0
    with_outlines, without = (
        cv2.imdecode(np.frombuffer(each.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
        for each in (picture, plain)
    )
    assert with_outlines is not None
    assert without is not None
    assert with_outlines.shape[0] > without.shape[0] + 512
    rows = with_outlines[2 * 280 : 2 * 280 + 512]
    for end in (rows[:, :512], rows[:, 512:]):
        assert (end > 225).sum() > 60, "a white line runs around the cavity"


@pytest.mark.breadth
def test_an_outliner_that_is_broken_costs_no_reading(tmp_path: Path) -> None:
    outliners = tmp_path / "home" / "outliners"
    outliners.mkdir(parents=True)
    (outliners / "outlines.json").write_text("{}")
    answer = eyeball_read(tmp_path, a_page())
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("LVEF ")
    assert "Not outlined: the outliner's card outlines.json is broken." in answer.stdout


@pytest.mark.breadth
def test_the_view_check_may_be_off_and_the_reading_says_so(tmp_path: Path) -> None:
    answer = eyeball_read(tmp_path, a_page(), "--view-check", "off")
    assert answer.exit_code == 0, answer.output
    assert "the view check is switched off here" in answer.stdout
    assert answer.stdout.startswith("LVEF ")
    assert answer.stdout.rstrip().endswith("Not a medical device.")


@pytest.mark.breadth
@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"%PDF-1.7 ...", (), "This is a PDF."),
        (b"", (), "We couldn't open this file."),
        (clips.video(clips.heart(frames=20)), (), "too short"),
        (clips.without_delays(clips.gif(clips.heart())), (), "--frame-rate"),
        (a_page(), ("--frame-rate", "3"), "--frame-rate"),
        (a_page(), ("--trim", "3", "1"), "cannot be picked"),
    ],
    ids=["a PDF", "nothing", "a blink", "no rate", "a rate that is none", "a part that is none"],
)
def test_every_refusal_is_a_sentence_that_says_what_helps(
    tmp_path: Path, content: bytes, options: tuple[str, ...], sentence: str
) -> None:
    answer = eyeball_read(tmp_path, content, *options)
    assert answer.exit_code == REFUSED
    assert answer.stdout == ""
    assert sentence in answer.stderr
    assert "Traceback" not in answer.output
    assert "grade" not in answer.output


@pytest.mark.breadth
def test_a_refusal_as_json_has_its_code(tmp_path: Path) -> None:
    answer = eyeball_read(tmp_path, b"%PDF-1.7 ...", "--json")
    assert answer.exit_code == REFUSED
    assert json.loads(answer.stdout)["code"] == "unsupported_type"


def with_a_name_over_the_heart() -> bytes:
    frames = clips.page(clips.heart(frames=37))
    wide = np.stack([cv2.resize(frame, (640, 480)) for frame in frames])
    for frame in wide:
        cv2.putText(frame, "MEIER ANNA", (230, 290), 0, 1.0, (255,), 2)
    return clips.video(wide)


@pytest.mark.breadth
def test_writing_over_the_picture_stops_it_until_it_is_covered(tmp_path: Path) -> None:
    content = with_a_name_over_the_heart()
    stopped = eyeball_read(tmp_path, content)
    assert stopped.exit_code == TEXT_FOUND
    assert "--cover" in stopped.stderr
    assert "MEIER" not in stopped.output, "where it lies is told, not what it says"
    told = json.loads(eyeball_read(tmp_path, content, "--cover", "--json").stdout)
    assert told["covered"] >= 1
    assert told["clip"]["text_boxes"] == []
    assert "short_clip" in told["reading"]["warnings"]


@pytest.mark.breadth
def test_without_a_verified_model_nothing_is_read(tmp_path: Path) -> None:
    models = tmp_path / "home" / "models"
    models.mkdir(parents=True)
    answer = eyeball_read(tmp_path, a_page())
    assert answer.exit_code == UNAVAILABLE
    assert "the model's card" in answer.stderr
    assert "LVEF" not in answer.stdout
