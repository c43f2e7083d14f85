"""The check of a clip's view drives the attempt: accepted, another view, unsure, down, a person."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inference.reading import Outcome, ReaderUnavailable
from inference.triaged import TriageUnavailable
from service.cloud_settings import Cloud, ViewCheck
from service.ingest import NO_READING_AFTER
from service.models import (
    Attempt,
    Clip,
    Estimate,
    Hold,
    KeptVerdict,
    Passback,
    Score,
    Spend,
    SpendState,
)
from service.spending import FAILURES_IN_A_ROW
from service.store import clips as clip_rows
from tests.support.view_checks import (
    ACCEPTED,
    BY_GEMINI,
    DOWN,
    UNSURE,
    USAGE,
    WRONG,
    a_world,
    presses,
    verdict,
)
from tests.support.walks import (
    a_ready_clip,
    attempt_of,
    later,
    locks,
    reloads,
    sends_a_clip,
    uploads,
    words_of,
)
from tests.support.world import TOOL, World, form_to

COPY = "This doesn't look like an apical four-chamber view."


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A deployment that asks Gemini."""
    async with a_world(database_url, tmp_path, BY_GEMINI) as found:
        yield found


async def test_who_brings_a_clip_is_told_who_gets_frames_of_it(world: World) -> None:
    ada = await a_ready_clip(world)
    assert "frames of it are sent to Google (Gemini)." in ada.text


def stages_in(page: str) -> list[tuple[str, str]]:
    """The named steps of a wait, and how each stands."""
    found = re.findall(r"<span>([^<]+) <span class=\"unseen\">\(([^)]+)\)", page)
    return [(state, label) for label, state in found]


async def test_a_confirmed_view_is_read_and_its_cost_is_written_down(world: World) -> None:
    world.reader.sees = ACCEPTED
    ada = await sends_a_clip(world)
    assert "View confirmed: apical four-chamber." in ada.text
    await locks(ada, "42", attest="true")
    page = await reloads(ada)
    assert "The software read 51 %" in page
    assert "View confirmed as apical four-chamber." in page
    [spend] = await world.stored(Spend)
    assert spend.state is SpendState.ANSWERED
    assert spend.usage == USAGE.to_primitives()
    assert spend.dollars == pytest.approx((2310 * 0.30 + 61 * 2.50) / 1e6)


async def test_a_picture_that_was_looked_at_once_is_not_asked_about_again(world: World) -> None:
    world.reader.sees = ACCEPTED
    await sends_a_clip(world)
    await sends_a_clip(world, "learner-2")
    assert world.reader.asked == 1
    assert world.reader.reads == 2
    assert len(await world.stored(KeptVerdict)) == 1
    assert len(await world.stored(Spend)) == 1


async def test_another_view_is_never_read_and_costs_neither_attempt_nor_grade(
    world: World,
) -> None:
    world.reader.sees = WRONG
    ada = await sends_a_clip(world)
    page = await reloads(ada)
    assert COPY in page
    assert "Closest match: a parasternal long-axis view (not certain)." in page
    assert "Your grade isn't affected and no attempt was used." in page
    await later(world, hours=30)
    assert world.reader.asked == 1, "nobody asks twice"
    await ada.launches("own-clip")
    page = await presses(ada, "/replace")
    assert "Choose an apical four-chamber clip" in page
    assert len(await world.stored(Attempt)) == 1
    assert not await world.stored(Passback)


async def test_a_view_rejected_after_the_lock_leaves_the_next_clip_on_time(world: World) -> None:
    world.reader.sees = DOWN
    ada = await sends_a_clip(world)
    await locks(ada, "42", attest="true")
    world.reader.sees = WRONG
    await later(world)
    page = await reloads(ada)
    assert COPY in page
    assert "Your estimate of 42 % was locked in at 12:00 UTC" in words_of(page)
    world.clock.passes(hours=2)
    assert "Choose an apical four-chamber clip" in await presses(ada, "/replace")
    # The scripted preparer masks every upload to the same bytes: this one is another picture.
    async with world.worker.database.begin() as work:
        for kept in await world.stored(KeptVerdict):
            await work.session.delete(kept)
    world.reader.sees = ACCEPTED
    await uploads(ada)
    await world.works()
    await reloads(ada)
    await locks(ada, "55", attest="true")
    assert "The software read 51 %" in await reloads(ada)
    await world.works()
    first = min(estimate.locked_at for estimate in await world.stored(Estimate))
    [passback] = await world.stored(Passback)
    assert passback.submitted_at == first
    assert len(await world.stored(Score)) == 1, "the one that was set aside has no score"
    states = sorted(attempt.state for attempt in await world.stored(Attempt))
    assert states == ["set_aside", "settled"]


async def test_an_attempt_that_was_set_aside_says_so(world: World) -> None:
    world.reader.sees = WRONG
    ada = await sends_a_clip(world)
    old = attempt_of(ada)
    fields = {"csrf": form_to(ada.text, "/replace").fields["csrf"], "lvef": "42", "attest": "true"}
    await ada.http.post(f"{TOOL}{old}/lock", data=fields)  # from a second tab
    assert "Your estimate of 42 % was locked in" in await reloads(ada)
    await presses(ada, "/replace")
    await ada.opens(f"{TOOL}{old}/")
    assert "this one counts for nothing" in ada.text


async def test_an_unsure_view_is_read_labelled_and_never_scored_for_closeness(
    world: World,
) -> None:
    world.reader.sees = UNSURE
    ada = await sends_a_clip(world)
    page = await reloads(ada)
    assert "We can't confirm this is an apical four-chamber view." in page
    assert "closeness won't be scored" in page
    assert "Replace this clip" in page
    await locks(ada, "42", attest="true")
    page = await reloads(ada)
    assert "View not confirmed: the view check was unsure" in page
    [score] = await world.stored(Score)
    assert score.rule == "completion"
    assert score.value == 1.0


async def test_while_the_check_is_down_nothing_is_read_and_it_goes_on_by_itself(
    world: World,
) -> None:
    world.reader.sees = DOWN
    ada = await sends_a_clip(world)
    assert "The view check isn't responding." in await reloads(ada)
    await locks(ada, "42", attest="true")
    page = await reloads(ada)
    assert "Your estimate is locked in and counts as on time." in page
    assert "UNAVAILABLE" not in page
    assert ("now", "Checking the view …") in stages_in(page), "nobody has confirmed it"
    assert not await world.stored(Score)
    world.reader.sees = ACCEPTED
    await later(world)
    assert "The software read 51 %" in await reloads(ada)
    await world.works()
    [passback] = await world.stored(Passback)
    [estimate] = await world.stored(Estimate)
    assert passback.submitted_at == estimate.locked_at


async def test_a_check_that_is_down_for_a_day_gives_credit_without_a_reading(world: World) -> None:
    world.reader.sees = DOWN
    ada = await sends_a_clip(world)
    await locks(ada, "42", attest="true")
    await later(world, seconds=NO_READING_AFTER.total_seconds() + 60)
    await ada.launches("own-clip")
    page = await reloads(ada)
    assert "The view check did not respond for a day" in page
    await world.works()
    assert [grade["score_given"] for grade in (await world.gradebook())["grades"]] == [100.0]


async def test_another_view_is_explained_beside_an_example(world: World) -> None:
    world.reader.sees = WRONG
    page = await reloads(await sends_a_clip(world))
    assert "/static/apical_four_chamber.webp" in page
    assert "the apex is at the top" in page
    assert "Why did this happen?" in page
    assert "Google's Gemini looked at 8 pictures of the masked clip." in page
    assert "It took them for another view." in page


async def test_what_is_no_echo_at_all_is_explained_so(world: World) -> None:
    world.reader.sees = verdict(Outcome.REJECTED, "other", "not_echo", "wrong_view")
    page = await reloads(await sends_a_clip(world))
    assert "It took them for something other than an echocardiogram." in page


async def test_a_wait_names_the_step_that_it_is_at(world: World) -> None:
    world.reader.fails = ReaderUnavailable("down")
    ada = await a_ready_clip(world)
    await locks(ada, "42", attest="true")
    page = await reloads(ada)
    assert stages_in(page) == [
        ("done", "Estimate locked"),
        ("done", "Everything around the picture hidden"),
        ("now", "Checking the view (usually 5–15 seconds)"),
        ("to come", "Reading the clip"),
    ]
    async with world.worker.database.begin() as work:
        [clip] = [clip for clip in await world.stored(Clip) if not clip.phantom]
        found = await clip_rows.by_id(work.session, clip.id)
        found.triage = ACCEPTED.to_primitives()
    page = await reloads(ada)
    assert stages_in(page)[2:] == [
        ("done", "View checked"),
        ("now", "Reading the clip (usually 5–15 seconds)"),
    ]


async def test_a_covered_clip_is_another_picture_and_looked_at_anew(world: World) -> None:
    world.reader.sees = DOWN
    ada = await sends_a_clip(world)
    fields = form_to(ada.text, "/replace").fields
    box = {"left": "0", "top": "0", "width": "9", "height": "9"}
    await ada.http.post(f"{TOOL}{attempt_of(ada)}/covered", data={**fields, **box})
    [clip] = await world.stored(Clip)
    assert clip.hold is None, "what was said was said of another picture"
    world.reader.sees = ACCEPTED
    await world.works()
    [clip] = await world.stored(Clip)
    assert clip.hold is None
    assert clip.triage is not None
    assert world.reader.asked == 2


async def test_after_failures_in_a_row_the_check_rests_and_is_probed(world: World) -> None:
    world.reader.sees = DOWN
    await a_ready_clip(world)
    for _try in range(FAILURES_IN_A_ROW - 1):
        await later(world)
    assert world.reader.asked == FAILURES_IN_A_ROW
    await later(world)
    assert world.reader.asked == FAILURES_IN_A_ROW, "it rests"
    await later(world, minutes=3)
    assert world.reader.asked == FAILURES_IN_A_ROW + 1, "one is let through"
    await later(world)
    assert world.reader.asked == FAILURES_IN_A_ROW + 1
    world.reader.sees = ACCEPTED
    await later(world, minutes=3)
    await later(world)
    [clip] = await world.stored(Clip)
    assert clip.hold is None


async def test_clips_that_the_service_will_not_look_at_keep_it_from_no_others(
    world: World,
) -> None:
    """Whoever sends what it blocks would otherwise stop the check for everybody."""
    world.reader.sees = TriageUnavailable("blocked: SAFETY", usage=USAGE, of_clip=True)
    await a_ready_clip(world)
    for _try in range(FAILURES_IN_A_ROW):
        await later(world)
    assert world.reader.asked == FAILURES_IN_A_ROW + 1
    assert {spend.state for spend in await world.stored(Spend)} == {SpendState.ANSWERED}
    world.reader.sees = ACCEPTED
    await later(world)
    [clip] = await world.stored(Clip)
    assert clip.hold is None


async def test_a_useless_answer_is_paid_for_and_holds_the_clip(world: World) -> None:
    world.reader.sees = TriageUnavailable("the answer does not fit the schema", usage=USAGE)
    await a_ready_clip(world)
    [spend] = await world.stored(Spend)
    assert spend.state is SpendState.FAILED
    assert spend.usage == USAGE.to_primitives()


async def test_a_day_costs_no_more_than_its_cap(database_url: str, tmp_path: Path) -> None:
    cloud = Cloud(view_check=ViewCheck.GEMINI, triage=BY_GEMINI.triage, gemini_dollars=0.004)
    async with a_world(database_url, tmp_path, cloud) as world:
        world.reader.sees = ACCEPTED
        ada = await sends_a_clip(world)
        assert world.reader.asked == 0
        assert "The view check isn't responding." in await reloads(ada)
        [clip] = await world.stored(Clip)
        assert clip.hold is Hold.UNAVAILABLE
        assert not await world.stored(Spend)


async def test_a_check_that_is_switched_off_is_stamped_on_the_reading(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, Cloud(view_check=ViewCheck.OFF)) as world:
        ada = await a_ready_clip(world)
        await locks(ada, "42", attest="true")
        assert "the view check is switched off here" in await reloads(ada)
