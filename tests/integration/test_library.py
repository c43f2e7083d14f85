"""The library of practice cases: drawn once, in whole dozens, and enlarged later."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from inference.client import PhantomCase
from service.models import Case
from service.seeding import seed_cases
from tests.support.fakes import MASKED, a_prepared_clip
from tests.support.world import World

type Seeds = Callable[[int], Awaitable[int]]


class Dozens:
    """Draws at once, and notes which dozen it was asked for."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    async def __call__(
        self, folder: Path, *, on_progress: Callable[[int, int], None], batch: int
    ) -> list[PhantomCase]:
        """Twelve cases, whose LVEF names their dozen."""
        self.batches.append(batch)
        path = folder / "case.mp4"
        cases: list[PhantomCase] = []
        for number in range(12):
            path.write_bytes(MASKED)
            one = folder / f"{batch}-{number}.mp4"
            path.rename(one)
            cases.append(
                PhantomCase(
                    lvef=10.0 * batch + number,
                    heart_rate=70.0,
                    prepared=a_prepared_clip(),
                    path=one,
                    seed=number,
                )
            )
            on_progress(number + 1, 12)
        return cases


@pytest.fixture
def heard() -> list[tuple[int, int]]:
    """What was told of the progress."""
    return []


@pytest.fixture
def draws() -> Dozens:
    """Who draws."""
    return Dozens()


@pytest.fixture
def seeds(world: World, draws: Dozens, heard: list[tuple[int, int]]) -> Seeds:
    """Bring the library to so many cases; how many were drawn."""

    async def seed(wanted: int) -> int:
        return await seed_cases(
            world.worker.database,
            world.worker.clips,
            wanted=wanted,
            workspace=world.settings.home / "drawing",
            clock=world.clock,
            on_progress=lambda done, of: heard.append((done, of)),
            draw=draws,
        )

    return seed


async def test_a_library_is_drawn_once_and_enlarged_when_more_is_wanted(
    world: World, seeds: Seeds, draws: Dozens, heard: list[tuple[int, int]]
) -> None:
    assert await seeds(12) == 12
    assert heard[-1] == (12, 12)
    assert await seeds(12) == 0
    assert await seeds(48) == 36
    assert heard[-1] == (48, 48)
    assert await seeds(24) == 0, "nothing is taken away"
    assert draws.batches == [0, 1, 2, 3]
    cases = sorted(await world.stored(Case), key=lambda case: case.position)
    assert [case.position for case in cases] == list(range(1, 49))
    assert cases[13].reference_lvef == 11.0


async def test_a_library_of_other_cases_is_left_as_it_is(
    world: World, seeds: Seeds, draws: Dozens
) -> None:
    await world.adds_case(51.0)
    assert await seeds(12) == 0
    assert await seeds(24) == 12
    assert draws.batches == [1]
