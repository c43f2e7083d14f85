"""What a teacher has set for an activity: its cases, in its order, by its rule."""

from uuid import UUID

from sqlalchemy import update

from service.models import Activity, Passback, Score
from tests.support.walks import launch_of, locks
from tests.support.world import TOOL, World


async def is_set(world: World, **settings: object) -> None:
    """Change the settings of the only activity, in the database."""
    async with world.worker.database.begin() as work:
        await work.session.execute(update(Activity).values(**settings))


async def with_cases(world: World, *lvefs: float) -> list[UUID]:
    """A library of these cases."""
    return [(await world.adds_case(lvef, place)).id for place, lvef in enumerate(lvefs, start=1)]


async def test_an_activity_has_its_own_cases_in_its_own_order(world: World) -> None:
    one, _, three = await with_cases(world, 30.0, 50.0, 70.0)
    ada = await world.learner("practice")
    await is_set(world, case_ids=[str(three), str(one)])
    await ada.opens(f"{TOOL}{launch_of(ada)}")
    assert "0 of 2 cases done" in ada.text
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    assert "Case 1 of 2" in ada.text
    await locks(ada, "70")
    assert "The reference is 70 %" in ada.text
    assert (await ada.opens(f"{TOOL}{launch_of(ada)}/cases/3")).status_code == 404
    assert (await ada.opens(f"{TOOL}{launch_of(ada)}/cases/0")).status_code == 404
    assert (await ada.opens(f"{TOOL}{launch_of(ada)}/cases/{2**40}")).status_code == 404


async def test_an_estimate_is_scored_by_the_activitys_own_rule(world: World) -> None:
    await with_cases(world, 51.0)
    ada = await world.learner("practice")
    await is_set(world, rule="blend 5/20")
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    await locks(ada, "42")
    [score] = await world.stored(Score)
    assert (score.rule, round(score.value, 4)) == ("blend 5/20", 0.6633)
    assert "That counts 70 %" in ada.text
    [passback] = await world.stored(Passback)
    assert passback.score_given == 66.33
    assert "70 % linear ±5/±20, 30 % category" in passback.comment


async def test_only_cases_of_the_set_count_towards_the_grade(world: World) -> None:
    one, two = await with_cases(world, 30.0, 50.0)
    ada = await world.learner("practice")
    await is_set(world, case_ids=[str(one), str(two)])
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    await locks(ada, "90")
    await is_set(world, case_ids=[str(two)])
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    assert "Case 1 of 1" in ada.text
    await locks(ada, "50")
    [passback] = await world.stored(Passback)
    assert passback.score_given == 100.0
    assert passback.comment.startswith("1/1 cases.")


async def test_a_look_at_a_case_that_left_the_set_is_kept(world: World) -> None:
    one, two = await with_cases(world, 30.0, 50.0)
    ada = await world.learner("practice")
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1")
    await locks(ada, "30")
    path = ada.path
    await is_set(world, case_ids=[str(two)])
    assert (await ada.opens(f"{TOOL}{path}")).status_code == 200
    assert "You said 30 %" in ada.text
    assert str(one) not in ada.text
