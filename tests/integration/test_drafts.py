"""What is typed and not locked is kept on the server: it outlives reload, expiry and the device."""

import httpx2
import pytest
from sqlalchemy import update

from service.models import Activity, Draft, Estimate, Score
from service.scoring import CONFIDENCE
from tests.support.walks import (
    a_ready_clip,
    attempt_of,
    carried,
    locks,
    opens_case,
    reloads,
    reviews,
    uploads,
)
from tests.support.world import TOOL, Browser, World, form_to

TYPED = {"lvef": "4", "half_width": "15", "known": "true"}


@pytest.fixture
async def ada(world: World) -> Browser:
    """A learner who looks at a case."""
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await opens_case(ada)
    return ada


async def types(browser: Browser, attempt: str = "", **typed: str) -> httpx2.Response:
    """Type something and do no more: the page sends it as it stands."""
    url = f"{TOOL}{attempt or attempt_of(browser)}/draft"
    return await browser.http.post(url, data=typed, headers=carried(browser.text))


def shows_what_was_typed(page: str) -> bool:
    """Whether the form holds it all again."""
    return (
        'name="lvef" value="4"' in page
        and 'value="15" checked' in page
        and 'name="known" value="true" checked' in page
    )


async def test_half_typed_work_survives_a_reload(ada: Browser) -> None:
    assert 'name="lvef" value=""' in ada.text
    assert (await types(ada, **TYPED)).status_code == 204
    assert shows_what_was_typed(await reloads(ada))


async def test_it_survives_expiry_and_a_new_launch_on_another_device(
    world: World, ada: Browser
) -> None:
    await types(ada, **TYPED)
    world.clock.passes(days=3)
    await reloads(ada)
    assert "Please open the activity again" in ada.text
    phone = await world.learner("practice")
    assert shows_what_was_typed((await opens_case(phone)).text)


async def test_what_was_typed_earlier_and_comes_later_changes_nothing(ada: Browser) -> None:
    await types(ada, lvef="42", half_width="10", turn="k3x-2")
    assert (await types(ada, lvef="4", turn="k3x-1")).status_code == 204
    assert 'name="lvef" value="42"' in await reloads(ada)
    await reviews(ada, "43", turn="k3x-3")
    await types(ada, lvef="42", turn="k3x-2")
    assert 'name="lvef" value="43"' in await reloads(ada)
    await types(ada, lvef="44", turn="k3x-4")
    assert 'name="lvef" value="44"' in await reloads(ada)


async def test_another_tab_or_device_counts_for_itself(ada: Browser) -> None:
    await types(ada, lvef="42", turn="k3x-9")
    await types(ada, lvef="43", turn="p7q-1")
    assert 'name="lvef" value="43"' in await reloads(ada)
    await types(ada, lvef="44")  # without scripts
    assert 'name="lvef" value="44"' in await reloads(ada)
    await types(ada, lvef="45", turn="k3x-10")
    assert 'name="lvef" value="45"' in await reloads(ada)


@pytest.mark.parametrize(
    "odd",
    ["-1", "k3x", "k3x-", "k3x--2", "k3x-1e3", "K-1", "k3x-9999999999", "x" * 33 + "-1", "k-٣"],
)
async def test_a_count_that_no_page_makes_is_as_good_as_none(ada: Browser, odd: str) -> None:
    await types(ada, lvef="42", turn="k3x-5")
    assert (await types(ada, lvef="43", turn=odd)).status_code == 204
    assert 'name="lvef" value="43"' in await reloads(ada)


async def test_without_scripts_the_review_keeps_it_too(ada: Browser) -> None:
    await reviews(ada, "abc", half_width="15")
    page = await reloads(ada)
    assert 'name="lvef" value="abc"' in page
    assert 'value="15" checked' in page


async def test_a_new_clip_is_attested_anew(world: World) -> None:
    ada = await a_ready_clip(world)
    await types(ada, lvef="55", attest="true")
    assert 'name="attest" value="true" required checked' in await reloads(ada)
    await ada.sends(form_to(ada.text, "/replace"))
    await uploads(ada, b"another clip")
    await world.works()
    page = await reloads(ada)
    assert 'name="lvef" value="55"' in page
    assert 'name="attest" value="true" required>' in page


async def test_how_sure_one_is_is_locked_with_the_estimate(world: World, ada: Browser) -> None:
    await reviews(ada, "42", half_width="10")
    assert "within <bdi>±10</bdi>" in ada.text
    await ada.sends(form_to(ada.text, "/lock"))
    (estimate,) = await world.stored(Estimate)
    assert (estimate.lvef, estimate.half_width) == (42, 10)
    assert await world.stored(Draft) == []


async def test_whoever_does_not_say_how_sure_they_are_is_not_asked_again(
    world: World, ada: Browser
) -> None:
    await locks(ada, "42")
    (estimate,) = await world.stored(Estimate)
    assert estimate.half_width is None


@pytest.mark.parametrize("odd", ["7", "0", "5.0", "-5", "x", "٥"])
async def test_a_band_that_is_not_offered_is_not_kept_and_locks_nothing_in(
    world: World, ada: Browser, odd: str
) -> None:
    assert (await types(ada, lvef="42", half_width=odd)).status_code == 204
    (draft,) = await world.stored(Draft)
    assert (draft.lvef, draft.half_width) == ("42", None)
    for step in ("review", "lock"):
        url, fields = f"{TOOL}{attempt_of(ada)}/{step}", {"lvef": "42", "half_width": odd}
        answer = await ada.http.post(url, data=fields, headers=carried(ada.text))
        assert answer.status_code == 422
        assert "Choose how sure you are from what is offered." in answer.text
    assert not await world.stored(Estimate)


async def test_the_review_says_that_no_range_was_given(world: World, ada: Browser) -> None:
    await reviews(ada, "42")
    assert "You gave no range around it." in ada.text
    await reloads(ada)
    await reviews(ada, "42", half_width="10")
    assert "You gave no range around it." not in ada.text


@pytest.mark.parametrize(
    ("estimate", "half_width", "range_is", "near"),
    [
        ("48", "5", "43–53 %: it held the reference.", True),
        ("43", "5", "38–48 %: it missed the reference.", True),
        ("38", "15", "23–53 %: it held the reference.", False),
        ("8", "10", "0–18 %: it missed the reference.", False),
        ("48", "", None, True),
    ],
)
async def test_the_answer_keeps_ones_own_range_and_how_near_one_was_apart(
    ada: Browser, estimate: str, half_width: str, range_is: str | None, *, near: bool
) -> None:
    sure = {"half_width": half_width} if half_width else {}
    page = (await locks(ada, estimate, **sure)).text  # the reference is 51 %
    assert ("Within 10 points of the reference" in page) is near
    assert ("Your range" in page) is (range_is is not None)
    assert range_is is None or range_is in page
    assert "±" not in page.partition("Look at this next time")[0].partition('class="gap"')[2]


async def test_where_confidence_is_scored_it_has_to_be_chosen(world: World, ada: Browser) -> None:
    async with world.worker.database.begin() as work:
        await work.session.execute(update(Activity).values(rule=CONFIDENCE))
    await reviews(ada, "42")
    assert "Choose how sure you are: this activity scores it." in ada.text
    await locks(ada, "42", half_width="10")
    (score,) = await world.stored(Score)
    assert (score.rule, score.value) == (CONFIDENCE, pytest.approx(0.9))


async def test_what_no_keyboard_types_is_left_out(world: World, ada: Browser) -> None:
    assert (await types(ada, lvef="4\x002\x1b[31m" + "9" * 5000)).status_code == 204
    (draft,) = await world.stored(Draft)
    assert draft.lvef == "42[31m99"


async def test_after_the_lock_nothing_is_kept(world: World, ada: Browser) -> None:
    await locks(ada, "42")
    assert (await types(ada, **TYPED)).status_code == 204
    assert await world.stored(Draft) == []


async def test_nobody_types_into_an_attempt_of_somebody_else(world: World, ada: Browser) -> None:
    bea = await world.learner("practice", "learner-2")
    tail = attempt_of(ada).partition("/attempts/")[2]
    await opens_case(bea)
    own = attempt_of(bea).partition("/attempts/")[0]
    assert (await types(bea, f"{own}/attempts/{tail}", **TYPED)).status_code == 404
    assert await world.stored(Draft) == []


@pytest.mark.parametrize("step", ["review", "lock"])
async def test_a_number_that_comes_after_another_was_locked_in_is_told_so(
    world: World, ada: Browser, step: str
) -> None:
    """From a second window, which still shows the form."""
    attempt, form = attempt_of(ada), carried(ada.text)
    await locks(ada, "55")
    assert "were not taken" not in ada.text
    late = {**TYPED, "lvef": "70"}
    answer = await ada.http.post(f"{TOOL}{attempt}/{step}", data=late, headers=form)
    assert answer.status_code == 200
    assert "You had locked in 55 % already, so the 70 % from this window were not" in answer.text
    assert 'data-step="reveal"' in answer.text
    same = await ada.http.post(f"{TOOL}{attempt}/{step}", data={"lvef": "55"}, headers=form)
    assert "were not taken" not in same.text
    wrong = await ada.http.post(f"{TOOL}{attempt}/{step}", data={"lvef": "x"}, headers=form)
    assert "were not taken" not in wrong.text
    assert "were not taken" not in await reloads(ada)
    (estimate,) = await world.stored(Estimate)
    assert estimate.lvef == 55
