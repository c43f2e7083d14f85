"""Deep linking for whoever may not pick, and answers that may go nowhere."""

import pytest

from service.models import Launch
from tests.support.campus import (
    INSTRUCTOR,
    LEARNER,
    MENTOR,
    TEST_USER,
    Campus,
)
from tests.support.pickers import TYPED, campus_with_cases, opens
from tests.support.walks import csrf_of, launch_of
from tests.support.world import TOOL, World


@pytest.fixture
async def campus(world: World) -> Campus:
    """A platform that says what a test wants it to say."""
    return await campus_with_cases(world)


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ([LEARNER], 400),
        ([MENTOR], 400),
        ([], 400),
        ([LEARNER, TEST_USER], 400),
        ([INSTRUCTOR], 200),
    ],
)
async def test_only_who_teaches_may_pick(
    world: World, campus: Campus, roles: list[str], said: int
) -> None:
    browser = await campus.picks(roles=roles)
    assert browser.page is not None
    assert browser.page.status_code == said
    assert ("Only somebody who teaches" in browser.text) == (said == 400)
    assert len(await world.stored(Launch)) == (said == 200)


@pytest.mark.parametrize(
    "url",
    [
        "http://campus.test/return",
        "javascript:alert(1)",
        "data:text/html,x",
        "//campus.test/return",
        "/return",
        "",
        "https://campus.test\\@evil.test/",
        "https://u:p@campus.test/",
        "https://a.test;sandbox/x",
        "https://*/x",
        "https://campus.test/" + "x" * 5000,
        "https://campus.test/\u0000",
        "file:///etc/passwd",
    ],
)
async def test_a_hostile_return_address_is_refused(world: World, campus: Campus, url: str) -> None:
    browser = await campus.picks(asked={"deep_link_return_url": url})
    assert browser.page is not None
    assert 400 <= browser.page.status_code < 500
    assert not await world.stored(Launch)


@pytest.mark.parametrize("missing", ["deep_link_return_url", "accept_types"])
async def test_settings_that_lack_something_are_refused(
    world: World, campus: Campus, missing: str
) -> None:
    for browser in (
        await campus.picks(asked={missing: ...}),
        await campus.picks(deep_linking=...),
        await campus.picks(deep_linking=[]),
    ):
        assert browser.page is not None
        assert 400 <= browser.page.status_code < 500
    assert not await world.stored(Launch)


async def test_the_picker_of_one_launch_opens_for_nobody_else(world: World, campus: Campus) -> None:
    teacher = await campus.picks()
    path = launch_of(teacher)
    stranger = world.browser()
    for step in ("", "/pick"):
        assert (await stranger.opens(f"{TOOL}{path}{step}")).status_code == 401
    learner = await opens(campus, "x")
    for step in ("add", "cancel", "more", "drop", "try", "preview"):
        url = f"{TOOL}{launch_of(learner)}/pick/{step}"
        answer = await learner.http.post(url, data={**TYPED, "csrf": csrf_of(learner)})
        assert answer.status_code == 404
        answer = await teacher.http.post(f"{TOOL}{path}/pick/{step}", data=TYPED)
        assert answer.status_code == 401, "without the launch's own token"
