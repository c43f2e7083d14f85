"""The progress page: what settled cases come to, in words, charts and tables."""

import re

from sqlalchemy import update

from service.models import Activity
from tests.support.walks import (
    attempt_of,
    launch_of,
    locks,
    opens_case,
    sends_a_clip,
    uploads,
    waits_for_a_reading,
    words_of,
)
from tests.support.world import TOOL, Browser, World

PAIRS = [(42, 51.0), (60, 55.0), (35, 22.0), (65, 60.4), (50, 48.0), (30, 33.0)]


async def practises(world: World, browser: Browser, pairs: list[tuple[int, float]]) -> None:
    """Lock one estimate for each case."""
    for position, (estimate, _) in enumerate(pairs, start=1):
        await opens_case(browser, position)
        await locks(browser, str(estimate))
        world.clock.passes(minutes=1)
    await looks_back(browser)


async def looks_back(browser: Browser) -> None:
    """Open the progress page of the same launch."""
    await browser.opens(f"{TOOL}{launch_of(browser)}/progress")


async def with_cases(world: World, references: list[float]) -> None:
    """So many cases."""
    for position, reference in enumerate(references, start=1):
        await world.adds_case(reference, position)


async def test_progress_says_in_words_and_tables_what_the_charts_draw(world: World) -> None:
    await with_cases(world, [reference for _, reference in PAIRS])
    ada = await world.learner("practice")
    await practises(world, ada, PAIRS)
    said = words_of(ada.text)
    # Gaps: -9, +5, +13, +4.6, +2, -3: 36.6 / 6 points off, 12.6 / 6 high.
    assert "Cases: 6. Mean error: 6.1 points." in said
    assert "On average you read 2.1 points high." in said
    # Always 55 would be 4, 0, 33, 5.4, 7 and 22 points off: 71.4 in all.
    assert "49 % smaller than that of always saying 55" in said
    assert "Your last first looks within ±10: 5 of 6" in said
    assert "83 % of your estimates end in 0 or 5" in said
    assert "1 42 51 −9" in said
    assert "3 35 22 +13" in said
    assert "This chart appears after 10 cases." in said
    assert ada.text.count('class="hit"') == 5
    assert ada.text.count('class="miss"') == 1


async def test_progress_begins_empty_and_draws_from_five_cases_on(world: World) -> None:
    await with_cases(world, [reference for _, reference in PAIRS])
    ada = await world.learner("practice")
    await looks_back(ada)
    assert "Your first case starts your history." in ada.text
    await practises(world, ada, PAIRS[:4])
    assert "Your charts appear after 5 cases." in ada.text
    assert "<svg width" not in ada.text.partition("Your latest cases")[0].partition("charts")[2]
    await opens_case(ada, 5)
    await locks(ada, "50")
    await looks_back(ada)
    assert "Error over cases" in ada.text


async def test_the_same_learner_finds_all_activities_and_nobody_elses(world: World) -> None:
    await with_cases(world, [51.0])
    ada = await world.learner("practice")
    await practises(world, ada, [(42, 51.0)])
    elsewhere = await world.learner("own-clip")
    await looks_back(elsewhere)
    assert "Yours 42 %, reference 51 %." in words_of(elsewhere.text)
    assert "Look again" not in elsewhere.text  # it opens from its own activity only
    bob = await world.learner("practice", "learner-2")
    await looks_back(bob)
    assert "Your first case starts your history." in bob.text


async def test_a_case_is_called_by_its_number_in_the_activity_at_hand(world: World) -> None:
    first, second = await world.adds_case(51.0), await world.adds_case(30.0, 2)
    ada = await world.learner("practice")
    async with world.worker.database.begin() as work:
        turned = [str(second.id), str(first.id)]
        await work.session.execute(update(Activity).values(case_ids=turned))
    await opens_case(ada)
    await locks(ada, "35")
    await looks_back(ada)
    assert "Case 1 Practice cases" in words_of(ada.text)
    elsewhere = await world.learner("own-clip")
    await looks_back(elsewhere)
    assert "Practice case Practice cases" in words_of(elsewhere.text)


async def test_a_demo_models_reading_of_a_real_heart_is_listed_and_not_counted(
    world: World,
) -> None:
    ada = await world.learner("own-clip")
    await uploads(ada)
    await world.works()
    await ada.opens(f"{TOOL}{attempt_of(ada)}/")
    await locks(ada, "42", attest="true")
    await looks_back(ada)
    said = words_of(ada.text)
    assert "Yours 42 %, the software's" in said
    assert "Not counted here" in said
    assert "Nothing to show yet." in said


async def test_what_has_not_settled_is_not_on_the_page(world: World) -> None:
    ada = await waits_for_a_reading(world)
    await looks_back(ada)
    assert "42" not in words_of(ada.text)
    assert "Your latest cases" not in ada.text
    assert "Your first case starts your history." in ada.text


async def test_a_case_is_due_again_after_two_days_and_its_second_look_is_not_graded(
    world: World,
) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await practises(world, ada, [(42, 51.0)])
    assert "Due again" not in ada.text
    await world.works()
    world.clock.passes(days=3)
    ada = await world.learner("practice")
    assert "Due again" in ada.text  # where a launch arrives
    assert f'href="{launch_of(ada)}/cases/1/again"' in ada.text
    await looks_back(ada)
    assert "Due again" in ada.text
    await ada.opens(f"{TOOL}{launch_of(ada)}/cases/1/again")
    assert "This look is practice" in ada.text
    assert "51" not in words_of(ada.text).partition("Watch, then estimate")[2]
    await locks(ada, "51")
    assert "You read exactly the same." in ada.text
    assert "a further look is not graded" in ada.text
    await world.works()
    book = await world.gradebook()
    assert [grade["score_given"] for grade in book["grades"]] == [73.33]
    assert len(book["posts"]) == 1
    await looks_back(ada)
    assert "Due again" not in ada.text
    assert "within ±10: 1 of 1; 26 of 30" in ada.text


async def test_what_is_due_in_another_activity_of_the_course_is_named_and_no_more(
    world: World,
) -> None:
    await with_cases(world, [reference for _, reference in PAIRS])
    ada = await world.learner("practice")
    await practises(world, ada, PAIRS[:2])
    world.clock.passes(days=3)
    elsewhere = await world.learner("own-clip")
    arrived, own = elsewhere.text, attempt_of(elsewhere)
    await looks_back(elsewhere)
    for page in (arrived, elsewhere.text):
        said = words_of(page).replace("&#34;", '"')
        assert 'In other activities of this course: "Practice cases": 2 cases' in said
        assert "/again" not in page
    await elsewhere.opens(f"{TOOL}{own}/")
    assert "Due again" not in elsewhere.text, "it is said at arrival, and not over one's work"
    await sends_a_clip(world)
    arrives = await world.learner("own-clip")
    assert "Watch, then estimate" in arrives.text
    assert "Due again" not in arrives.text
    bob = await world.learner("practice", "learner-2")
    assert "Due again" not in bob.text


async def test_what_is_due_in_another_course_is_not_named(world: World) -> None:
    await with_cases(world, [51.0])
    ada = await world.learner("practice")
    await practises(world, ada, PAIRS[:1])
    async with world.worker.database.begin() as work:
        await work.session.execute(update(Activity).values(context_id="another course"))
    world.clock.passes(days=3)
    elsewhere = await world.learner("own-clip")
    await looks_back(elsewhere)
    assert "Due again" not in elsewhere.text


async def test_an_open_second_look_is_gone_on_with_and_an_open_first_one_is_no_second(
    world: World,
) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    again = f"{TOOL}{launch_of(ada)}/cases/1/again"
    await ada.opens(again)
    first = attempt_of(ada)
    assert "This look is practice" not in ada.text
    await locks(ada, "42")
    await ada.opens(again)
    second = attempt_of(ada)
    assert second != first
    await ada.opens(again)
    assert attempt_of(ada) == second
    await ada.opens(f"{TOOL}{launch_of(ada)}/")
    assert "1 of 1 case done" in ada.text


async def test_how_often_each_band_held_is_said_and_drawn(world: World) -> None:
    # Gaps: -9, +5, +13, +4.6, +2, -3. Of three ±5: 5 and 3 held, 9 did not; of two ±10 one did.
    await with_cases(world, [reference for _, reference in PAIRS])
    ada = await world.learner("practice")
    widths = ("5", "5", "10", "10", "", "5")
    for position, ((estimate, _), width) in enumerate(zip(PAIRS, widths, strict=True), start=1):
        await opens_case(ada, position)
        await locks(ada, str(estimate), **({"half_width": width} if width else {}))
    await looks_back(ada)
    said = words_of(ada.text)
    assert "Your ±5 held 2 of 3 times (67 %). Aim for 80 %." in said
    assert "Your ±10 held 1 of 2 times (50 %). Aim for 80 %." in said
    assert "±15" not in said
    bars = re.findall(r'<rect class="done" width="(\d+)%" height="16" rx="4"/>', ada.text)
    assert bars == ["67", "50"]


async def test_a_case_that_comes_again_in_another_activity_is_no_first_look(world: World) -> None:
    await with_cases(world, [reference for _, reference in PAIRS])
    ada = await world.learner("practice")
    await practises(world, ada, PAIRS[:3])
    assert " of 3; 26 of 30 are needed" in words_of(ada.text)
    async with world.worker.database.begin() as work:  # as if these had been made elsewhere
        await work.session.execute(update(Activity).values(resource_link_id="another link"))
    again = await world.learner("practice")
    await practises(world, again, PAIRS[:4])
    said = words_of(again.text)
    assert "Cases: 4." in said
    assert "A further look at a case is practice, and not counted here." in said
    assert " of 4; 26 of 30 are needed" in said
