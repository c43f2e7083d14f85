"""Events: each login and launch leaves a trace that an operator finds and that tells on nobody."""

import logging
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from service import events
from service.models import Event, EventKind, EventOutcome, Learner
from service.models.base import Base
from tests.support.campus import Campus, open_campus
from tests.support.world import TOOL, World


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await open_campus(world)


async def seen(world: World) -> list[tuple[str, str, str | None]]:
    """Kind, outcome and code of every event, oldest first."""
    found = sorted(await world.stored(Event), key=lambda event: event.at)
    return [(event.kind, event.outcome, event.code) for event in found]


async def test_a_login_and_its_launch_are_found_under_one_reference(
    world: World, campus: Campus
) -> None:
    await campus.launches(world.browser(), sub="8")
    login, launch = await world.stored(Event)
    assert {login.kind, launch.kind} == {EventKind.LOGIN, EventKind.LAUNCH}
    assert {login.outcome, launch.outcome} == {EventOutcome.OK}
    assert login.reference == launch.reference
    assert login.registration_id == launch.registration_id


async def test_the_same_person_is_seen_to_be_the_same_and_not_who(
    world: World, campus: Campus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for sub in ("sub-of-ada", "sub-of-ada", "sub-of-bea"):
        await campus.launches(world.browser(), sub=sub, name="Ada Okafor", email="ada@x.test")
    people = [event.person for event in await world.stored(Event) if event.person]
    assert len(people) == 3
    assert len(set(people)) == 2
    rows = " ".join(
        str(getattr(event, column.name))
        for event in await world.stored(Event)
        for column in Base.metadata.tables["event"].columns
    )
    ids = [str(learner.id) for learner in await world.stored(Learner)]
    for told in (rows, caplog.text):
        assert not re.search("sub-of|Ada|ada@|eyJ", told)
        assert not [one for one in ids if one in told]
    assert "launch outcome=ok reference=" in caplog.text


async def test_a_refusal_shows_a_reference_that_is_found_again(
    world: World, campus: Campus
) -> None:
    answer = await campus.launches(world.browser(), aud="another-tool")
    assert answer.status_code == 400
    shown = re.search(r"<bdi>(\w+)</bdi>", answer.text)
    assert shown
    found = [event for event in await world.stored(Event) if event.reference == shown[1]]
    assert {(event.kind, event.outcome) for event in found} == {
        ("login", "ok"),
        ("launch", "refused"),
    }
    assert all(event.registration_id for event in found)


async def test_a_launch_whose_cookie_stayed_away_is_seen_with_its_login(
    world: World, campus: Campus
) -> None:
    """What people report as a launch that does not work, an operator finds by its code."""
    form = campus.signs(await campus.begins(world.browser()))
    assert (await campus.posts(world.browser(), form)).status_code == 403
    assert ("launch", "refused", "no_cookie") in await seen(world)
    login, launch = await world.stored(Event)
    assert (login.reference, login.registration_id) == (launch.reference, launch.registration_id)


async def test_a_stranger_is_recorded_without_what_they_sent(world: World) -> None:
    browser = world.browser()
    answer = await browser.http.post(
        f"{TOOL}/lti/login", data={"iss": "https://evil.test", "login_hint": "x"}
    )
    assert answer.status_code == 400
    assert await seen(world) == [("login", "refused", "unknown_issuer")]


async def test_strangers_cannot_fill_the_table(world: World) -> None:
    browser = world.browser()
    for _ in range(events.STRANGERS_PER_MINUTE + 5):
        await browser.http.post(f"{TOOL}/lti/login", data={"iss": "https://evil.test"})
    assert len(await world.stored(Event)) == events.STRANGERS_PER_MINUTE
    world.clock.passes(minutes=2)
    await browser.http.post(f"{TOOL}/lti/login", data={"iss": "https://evil.test"})
    assert len(await world.stored(Event)) == events.STRANGERS_PER_MINUTE + 1


async def test_a_platform_that_is_down_is_a_failure_that_may_pass(
    world: World, campus: Campus
) -> None:
    browser = world.browser()
    form = campus.signs(await campus.begins(browser))
    del world.joined.apps["campus.test"]
    assert (await campus.posts(browser, form)).status_code == 502
    assert ("launch", "failed", "PlatformUnreachable") in await seen(world)


async def test_events_are_forgotten_after_their_time(world: World, campus: Campus) -> None:
    await campus.launches(world.browser())
    world.clock.passes(days=events.KEPT_FOR.days - 1)
    await world.worker.sweep()
    assert await world.stored(Event)
    world.clock.passes(days=2)
    await world.worker.sweep()
    assert not await world.stored(Event)


async def test_a_score_is_noted_in_one_line(world: World, campus: Campus) -> None:
    learner, now = uuid4(), world.clock()
    async with world.worker.database.begin() as work:
        reference = events.note(
            work,
            EventKind.SCORE,
            EventOutcome.FAILED,
            now + timedelta(seconds=1),
            learner_id=learner,
            code="PlatformUnreachable",
        )
    [event] = await world.stored(Event)
    assert (event.kind, event.code, event.reference) == ("score", "PlatformUnreachable", reference)
    assert event.person not in {None, str(learner)}
    assert isinstance(event.id, UUID)
