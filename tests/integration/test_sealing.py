"""Sealed: before an estimate is locked, nothing that anyone can ask for depends on the answer.

Two deployments are equal but for every reading and every reference. Each route is asked, in every
role and state before the answer, and both have to say the same, byte for byte.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from litestar.routes import HTTPRoute

from tests.support.databases import Databases
from tests.support.every_route import ONLY_AFTERWARDS, READY, TABLE, WELL
from tests.support.scenery import Actor, set_up
from tests.support.twins import CHECKED, Ask, Built, Twins, differences, running_twins, tells
from tests.support.world import running_world


@pytest.fixture(scope="module")
async def built(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Built]:
    """A course in which somebody stands in every state before the answer."""
    url, folder = databases.create(), tmp_path_factory.mktemp("built")
    async with running_world(url, folder, cloud=CHECKED) as world:
        scene = await set_up(world)
    yield Built(url, folder, scene, world.clock())
    databases.drop(url)


@pytest.fixture
async def twins(databases: Databases, built: Built, tmp_path: Path) -> AsyncIterator[Twins]:
    """Two copies of it, whose readings and references differ."""
    async with running_twins(databases, built, tmp_path) as found:
        yield found


def routes(twins: Twins) -> set[tuple[str, str]]:
    """Every path and method that the tool answers; OPTIONS is Litestar's own, and asked for all."""
    return {
        (route.path, method)
        for route in twins.worlds[0].tool.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    }


async def test_every_route_is_asked_and_nothing_else_is_in_the_table(twins: Twins) -> None:
    assert routes(twins) - TABLE.keys() == set(), "say in TABLE how to ask this route"
    assert TABLE.keys() - routes(twins) == set(), "these routes are gone"


@pytest.mark.timeout(900)  # thousands of requests, twice, on a machine that may be busy
async def test_before_the_lock_no_answer_depends_on_a_reading_or_a_reference(
    twins: Twins,
) -> None:
    statuses: dict[tuple[str, str], set[int]] = {}
    asked = 0
    for route, asks in TABLE.items():
        for ask in asks(twins.scene):
            one, other = await twins.ask(ask)
            assert not differences(one, other, fresh=ask.fresh), ask
            assert not tells(one), ask
            assert not tells(other), ask
            assert not any(anchor in one.text for anchor in twins.scene.anchors), ask
            assert one.status_code < 500, (ask, one.text)
            statuses.setdefault(route, set()).add(one.status_code)
            asked += 1
    for route in TABLE:
        options = replace(TABLE[route](twins.scene)[0], method="OPTIONS", sent={})
        one, other = await twins.ask(options)
        assert not differences(one, other), options
    never = {route for route, seen in statuses.items() if min(seen) >= 400}
    assert never == ONLY_AFTERWARDS, "never got in"
    assert asked > 800


def own(twins: Twins, who: str) -> Actor:
    """Somebody in the course."""
    return twins.scene.actors[who]


async def test_after_the_lock_the_answers_do_differ(twins: Twins) -> None:
    for who in ("draft", READY, "draft without cookies", "teacher previews a case"):
        path = f"{own(twins, who).launch}/attempts/{own(twins, who).attempts[0]}"
        before = await twins.ask(Ask(who, "GET", f"{path}/"))
        assert not differences(*before)
        assert "Watch, then estimate" in before[0].text
        await twins.ask(Ask(who, "POST", f"{path}/lock", WELL))
        after = await twins.ask(Ask(who, "GET", f"{path}/"))
        assert differences(*after)
        assert "21.4" in tells(after[0])
        assert "68.9" in tells(after[1])


async def test_a_lock_needs_a_draft_with_a_clip_that_can_be_watched(twins: Twins) -> None:
    for who in ("no clip", "clip awaited", "masking", "refused: no_sector"):
        path = f"{own(twins, who).launch}/attempts/{own(twins, who).attempts[0]}/lock"
        one, other = await twins.ask(Ask(who, "POST", path, WELL))
        assert one.status_code == 409
        assert not differences(one, other)
    who = "locked, no reading yet"
    path = f"{own(twins, who).launch}/attempts/{own(twins, who).attempts[0]}/lock"
    one, other = await twins.ask(Ask(who, "POST", path, WELL))
    assert not differences(one, other)
    assert one.status_code == 303


@pytest.mark.parametrize("fresh", [False, True])
async def test_the_comparison_sees_a_leak_wherever_it_is(twins: Twins, fresh: bool) -> None:
    ask = Ask(READY, "GET", f"{own(twins, READY).launch}")
    page, same = await twins.ask(ask)
    assert not differences(page, same, fresh=fresh)

    def doctored(status: int = 200, text: str = "", **headers: str) -> httpx2.Response:
        body = page.content.replace(b"</main>", f"{text}</main>".encode())
        return httpx2.Response(status, headers={**page.headers, **headers}, content=body)

    assert not differences(page, doctored(), fresh=fresh)
    for leak in (
        doctored(text="<!-- 21.37 -->"),
        doctored(text='<i style="width: 21.4%"></i>'),
        doctored(text=" "),
        doctored(**{"X-Reading": "69"}),
        doctored(**{"Server-Timing": "read;dur=21.37"}),
        doctored(**{"Content-Length": "7"}),
        doctored(status=203),
    ):
        assert differences(page, leak, fresh=fresh)
    assert tells(doctored(text="68.91")) == ["68.91", "68.9"]
