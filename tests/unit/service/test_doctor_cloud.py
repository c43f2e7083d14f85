"""`eyeball doctor` tries the view check that is set up, by asking."""

import io
import sys
from pathlib import Path

import pytest

import inference
from inference.looking import look
from inference.modal_reader import ModalAccess, ModalReader, ModalUnavailable, Then
from inference.reading import InferenceError
from inference.triaged import GEMINI, TriageSettings, TriageUnavailable
from service.doctor_reading import ask_about, check_view
from service.settings import Settings
from tests.unit.inference import clips
from tests.unit.inference.gemini_server import answers, fails, running_gemini


def settings(home: Path, **environment: str) -> Settings:
    return Settings.from_environment({"EYEBALL_HOME": str(home), **environment})


async def test_it_says_who_checks_where_nobody_is_asked(tmp_path: Path) -> None:
    undrawn = InferenceError("no heart is needed for this")
    found = await check_view(settings(tmp_path, EYEBALL_TRIAGE="teacher"), undrawn)
    assert found.fine
    assert "teacher" in found.sentence


@pytest.mark.breadth
async def test_it_asks_gemini_and_tells_a_refusal_without_the_key(tmp_path: Path) -> None:
    clip = clips.stored(tmp_path, clips.timed(clips.heart(), [frame / 30 for frame in range(48)]))
    with running_gemini() as gemini:
        gemini.replies[:] = [answers(), fails(403, "PERMISSION_DENIED")]
        asks = settings(
            tmp_path,
            EYEBALL_TRIAGE="gemini",
            GEMINI_API_KEY="k-secret",
            EYEBALL_GEMINI_URL=gemini.url,
        ).cloud.triage
        assert (await ask_about(clip, asks)).fine
        refused = await ask_about(clip, asks)
    assert not refused.fine
    assert "403" in refused.sentence
    assert "k-secret" not in refused.sentence


async def test_a_client_that_is_not_installed_is_told_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = clips.stored(tmp_path, clips.timed(clips.heart(), [frame / 30 for frame in range(48)]))
    monkeypatch.setitem(sys.modules, "google", None)
    monkeypatch.setitem(sys.modules, "modal", None)
    monkeypatch.delitem(sys.modules, "inference.gemini", raising=False)
    monkeypatch.delattr(inference, "gemini", raising=False)  # where another test has loaded it
    with pytest.raises(TriageUnavailable, match=r"google-genai is not .* requirements-cloud\.lock"):
        await look(io.BytesIO(clip.read_bytes()), TriageSettings(provider=GEMINI, api_key="k"))
    reader = ModalReader(ModalAccess(token_id="ak-1", token_secret="as-1"))
    with pytest.raises(ModalUnavailable, match=r"modal is not .* requirements-cloud\.lock") as told:
        await reader.read(clip, [frame / 30 for frame in range(48)])
    assert told.value.then is Then.OPERATOR
