"""`eyeball doctor` tries the view check that is set up, by asking."""

from pathlib import Path

from service.doctor import ask_about, check_view
from service.settings import Settings
from tests.unit.inference import clips
from tests.unit.inference.gemini_server import answers, fails, running_gemini


def settings(home: Path, **environment: str) -> Settings:
    return Settings.from_environment({"EYEBALL_HOME": str(home), **environment})


async def test_it_says_who_checks_where_nobody_is_asked(tmp_path: Path) -> None:
    found = await check_view(settings(tmp_path, EYEBALL_TRIAGE="teacher"))
    assert found.fine
    assert "teacher" in found.sentence


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
