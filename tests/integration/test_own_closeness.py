"""A teacher lets closeness count for clips of learners' own: only where the reading is certain."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from inference.reading import Outcome, Verdict
from inference.triaged import Triaged
from service.models import Counting, Passback, Score
from tests.integration.test_activity_settings import is_set
from tests.integration.test_view_check import BY_GEMINI
from tests.support.databases import Databases
from tests.support.walks import attempt_of, launch_of, locks, uploads
from tests.support.world import TOOL, Browser, World, running_world

ACCEPTED = Triaged(
    verdict=Verdict(outcome=Outcome.ACCEPTED, view="A4C", checked_by="gemini", reasons=()),
    version="scripted",
)
UNSURE = replace(ACCEPTED, verdict=replace(ACCEPTED.verdict, outcome=Outcome.UNSURE))


@pytest.fixture
async def hospital(databases: Databases, tmp_path: Path) -> AsyncIterator[World]:
    """A deployment with a model for real hearts, and a check that accepts every view."""
    with databases.lent() as url:
        async with running_world(url, tmp_path, cloud=BY_GEMINI) as world:
            world.reader.of_real_hearts = True
            world.reader.sees = ACCEPTED
            yield world


async def by_closeness(world: World, *, clips: int = 1, counting: Counting = Counting.BEST) -> None:
    """The course's own clips count by closeness."""
    await world.learner("own-clip")
    await is_set(world, rule="linear 10/25", clips_wanted=clips, counting=counting)


async def sends(world: World, browser: Browser, lvef: str) -> None:
    """One more clip, unlike those before, and its estimate."""
    world.preparer.salt = str(len(await world.stored(Score))).encode()
    world.clock.passes(seconds=60)
    await browser.opens(f"{TOOL}{launch_of(browser)}/another")
    await uploads(browser)
    await world.works()
    await browser.opens(f"{TOOL}{attempt_of(browser)}/")
    await locks(browser, lvef, attest="true")


async def grades(world: World) -> list[float]:
    """What was sent, one after the other."""
    found = sorted(await world.stored(Passback), key=lambda one: one.number)
    return [one.score_given for one in found]


async def test_full_marks_lie_within_ten_points_and_the_best_clip_counts(hospital: World) -> None:
    await by_closeness(hospital)
    ada = await hospital.learner("own-clip")
    await sends(hospital, ada, "34")  # 17 off: (25 - 17) / 15
    assert "Full marks within 10 points, none beyond 25" in ada.text
    await sends(hospital, ada, "42")
    await sends(hospital, ada, "20")
    assert await grades(hospital) == [53.33, 100.0]
    [first, _] = sorted(await hospital.stored(Passback), key=lambda one: one.number)
    assert first.comment == (
        "1/1 clips, 1 by closeness. Mean error 17.0, bias −17.0 (reads low). "
        "Linear ±10/±25. Reference: the software's reading. Educational use only."
    )


@pytest.mark.parametrize(
    ("counting", "sent"),
    [
        (Counting.BEST, [76.67, 100.0]),
        (Counting.LATEST, [76.67, 100.0]),
        (Counting.FIRST, [76.67]),
        (Counting.MEAN, [76.67, 84.44]),
    ],
)
async def test_which_clips_count_is_the_teachers_choice(
    hospital: World, counting: Counting, sent: list[float]
) -> None:
    await by_closeness(hospital, clips=2, counting=counting)
    ada = await hospital.learner("own-clip")
    for lvef in ("34", "51", "50"):
        await sends(hospital, ada, lvef)
    assert await grades(hospital) == sent


@pytest.mark.parametrize("why", ["demo model", "unsure view", "low agreement", "short clip"])
async def test_a_reading_that_is_not_certain_grades_nobody(hospital: World, why: str) -> None:
    hospital.reader.of_real_hearts = why != "demo model"
    hospital.reader.low_agreement = why == "low agreement"
    hospital.reader.warns = ("short_clip",) if why == "short clip" else ()
    hospital.reader.sees = UNSURE if why == "unsure view" else ACCEPTED
    await by_closeness(hospital)
    ada = await hospital.learner("own-clip")
    await sends(hospital, ada, "5")
    assert "Taking part: complete. How close you were is not scored." in ada.text
    [score] = await hospital.stored(Score)
    assert (score.rule, score.value) == ("completion", 1.0)
    assert await grades(hospital) == [100.0]


async def test_untouched_taking_part_is_all(hospital: World) -> None:
    ada = await hospital.learner("own-clip")
    await sends(hospital, ada, "5")
    assert await grades(hospital) == [100.0]
