"""What a check of a view says, a deployment that asks, and a teacher who decides."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from inference.reading import Outcome, Verdict
from inference.triaged import GEMINI, Triaged, TriageSettings, TriageUnavailable, Usage
from service.cloud_settings import Cloud, ViewCheck
from tests.support.world import TOOL, Browser, World, form_to, running_world

USAGE = Usage(
    requested_model="gemini-3.5-flash-lite",
    served_model="gemini-3.5-flash-lite",
    response="r-1",
    prompt_tokens=2310,
    answer_tokens=61,
    thought_tokens=0,
    seconds=0.5,
)
BY_GEMINI = Cloud(
    view_check=ViewCheck.GEMINI, triage=TriageSettings(provider=GEMINI, api_key="k-1")
)


def verdict(outcome: Outcome, view: str = "A4C", *reasons: str) -> Triaged:
    """What Gemini says."""
    said = Verdict(outcome=outcome, view=view, checked_by=GEMINI, reasons=reasons)
    return Triaged(verdict=said, version="gemini-3.5-flash-lite, prompt 1, schema 1", usage=USAGE)


ACCEPTED = verdict(Outcome.ACCEPTED)
WRONG = verdict(Outcome.REJECTED, "PLAX", "wrong_view")
UNSURE = verdict(Outcome.UNSURE, "A4C", "low_confidence")
DOWN = TriageUnavailable("gemini-3.5-flash-lite answered 503 UNAVAILABLE")


def a_world(url: str, folder: Path, cloud: Cloud) -> AbstractAsyncContextManager[World]:
    """A deployment that checks views so."""
    return running_world(url, folder, cloud=cloud)


async def presses(browser: Browser, ending: str) -> str:
    """Press the button of a form; what the page says then."""
    await browser.sends(form_to(browser.text, ending))
    return browser.text.replace("&#39;", "'")


async def teacher_of(world: World) -> Browser:
    """The teacher, on the class page of the activity."""
    return await world.learner("own-clip", "teacher-1")


async def decides(world: World, word: str) -> str:
    """The teacher looks at the one clip that waits, and decides."""
    teacher = await teacher_of(world)
    assert "Clips whose view is not confirmed" in teacher.text
    path = attempt_path_in_queue(teacher)
    await teacher.opens(f"{TOOL}{path}")
    assert "Is this an apical four-chamber view?" in teacher.text
    assert "<video" in teacher.text
    return await presses(teacher, f"/{word}")


def attempt_path_in_queue(teacher: Browser) -> str:
    """Where the first clip of the queue is looked at."""
    start = teacher.text.index("/views/")
    begin = teacher.text.rindex('"', 0, start) + 1
    return teacher.text[begin : teacher.text.index('"', start)]
