"""Mastery: case after case until the rule is met; the grade goes the way with the learner."""

from datetime import timedelta

from service.models import (
    Activity,
    Answers,
    Attempt,
    AttemptState,
    Case,
    Estimate,
    Kind,
    Learner,
    Passback,
    Score,
)
from service.passback import decide
from tests.integration.test_activity_settings import is_set, with_cases
from tests.support.walks import launch_of, locks, opens_case
from tests.support.world import TOOL, Browser, World

RULE = "within 10"


async def on_the_way(world: World, *gaps: int) -> Browser:
    """A learner who has settled so many cases of a mastery activity, this far off."""
    cases = await with_cases(world, *[50.0] * (len(gaps) + 1))
    ada = await world.learner("practice")
    await is_set(world, kind=Kind.MASTERY, rule=RULE, answers=Answers.AT_ONCE, case_ids=None)
    [activity] = await world.stored(Activity)
    [learner] = [one for one in await world.stored(Learner) if one.subject == "learner-1"]
    async with world.worker.database.begin() as work:
        for number, (case_id, gap) in enumerate(zip(cases, gaps, strict=False)):
            case = await work.session.get_one(Case, case_id)
            at = world.clock() - timedelta(minutes=len(gaps) - number)
            attempt = Attempt(
                activity_id=activity.id,
                learner_id=learner.id,
                case_id=case.id,
                clip_id=case.clip_id,
                look=1,
                state=AttemptState.SETTLED,
                preview=False,
                line_item_url=None,
                created_at=at,
                settled_at=at,
            )
            work.session.add(attempt)
            await work.session.flush()
            work.session.add(
                Estimate(
                    attempt_id=attempt.id,
                    lvef=50 + gap,
                    half_width=None,
                    known=False,
                    attested=False,
                    locked_at=at,
                )
            )
            work.session.add(
                Score(
                    attempt_id=attempt.id,
                    rule=RULE,
                    value=float(abs(gap) <= 10),
                    reference_lvef=50.0,
                    reference_source="phantom",
                    delta=float(gap),
                    created_at=at,
                )
            )
    return ada


async def locks_the_next(ada: Browser, position: int, lvef: str = "50") -> None:
    """One more case, by hand."""
    await opens_case(ada, position)
    await locks(ada, lvef)


async def test_the_fortieth_good_look_reaches_mastery_and_full_marks(world: World) -> None:
    ada = await on_the_way(world, *[3, -3] * 19, 3)
    await ada.opens(f"{TOOL}{launch_of(ada)}")
    assert "Mastery reached" not in ada.text
    assert "Your last first looks within ±10: 30 of 30; 26 of 30 are needed." in ada.text
    await locks_the_next(ada, 40)
    assert "You said 50 %. The reference is 50 %." in ada.text
    assert "Within 10 points counts as a hit." in ada.text
    [passback] = await world.stored(Passback)
    assert passback.score_given == 100.0
    assert passback.comment.startswith("Mastery reached. 30 of the last 30")
    await ada.opens(f"{TOOL}{launch_of(ada)}")
    assert "Mastery reached" in ada.text


async def test_a_bias_keeps_mastery_away_and_the_grade_below_full(world: World) -> None:
    ada = await on_the_way(world, *[8] * 39)
    await locks_the_next(ada, 40, "58")
    [passback] = await world.stored(Passback)
    assert passback.score_given == 90.0
    assert "bias +8.0" in passback.comment


async def test_the_grade_goes_a_tenth_of_the_way_at_a_time(world: World) -> None:
    ada = await on_the_way(world, *[0] * 7)
    await locks_the_next(ada, 8)
    [passback] = await world.stored(Passback)
    assert passback.score_given == 20.0
    assert passback.comment.startswith("20 % of the way to mastery. 8 of the last 8")


async def test_so_few_looks_that_no_tenth_is_done_send_nothing(world: World) -> None:
    ada = await on_the_way(world, 0, 0)
    await locks_the_next(ada, 3)
    assert not await world.stored(Passback)


async def test_what_the_learner_knew_does_not_count_and_no_grade_falls(world: World) -> None:
    ada = await on_the_way(world, *[0] * 7)
    await locks_the_next(ada, 8)
    [passback] = await world.stored(Passback)
    async with world.worker.database.begin() as work:
        newest = max(await world.stored(Attempt), key=lambda one: one.created_at)
        estimate = await work.session.get_one(Estimate, newest.id)
        assert estimate.lvef == 50
        await is_set(world, case_ids=[])
        await decide(work, newest, world.clock())
    assert [one.id for one in await world.stored(Passback)] == [passback.id]
