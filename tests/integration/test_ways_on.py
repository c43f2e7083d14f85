"""A page that can't be shown leaves nobody standing: it says whose it is, and where to go on."""

import html
import re

from tests.integration.test_fresh_cases import EXAM, added, course
from tests.integration.test_sealed_elsewhere import at, said
from tests.support.campus import INSTRUCTOR, open_campus
from tests.support.walks import attempt_of, launch_of, locks, opens_case, reloads, uploads
from tests.support.world import TOOL, Browser, World

BACK = "Back to the activity"


def way_on(browser: Browser, label: str = BACK) -> str | None:
    """Where this page's way on leads."""
    found = re.search(rf'<a class="button primary" href="([^"]+)">{label}</a>', browser.text)
    return html.unescape(found[1]) if found else None


async def test_from_a_case_that_waits_one_goes_on_where_one_can(world: World) -> None:
    campus = await course(world)
    practice = await added(campus, "21", which="1-3")
    await added(campus, "22", **EXAM, which="2-4")
    ada = await at(campus, practice, "21")
    launch = launch_of(ada)
    assert (await opens_case(ada, 2)).status_code == 409
    assert "That can't be done now" in said(ada)
    assert way_on(ada) == launch
    assert (await ada.opens(f"{TOOL}{launch}")).status_code == 200
    assert "Start case 1" in ada.text


async def test_a_page_that_is_not_there_has_a_way_on_too(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    launch = launch_of(ada)
    assert (await opens_case(ada, 9)).status_code == 404
    assert way_on(ada) == launch
    assert "Ada Okafor" in ada.text, "the page is hers"


async def test_staff_go_back_to_the_class(world: World) -> None:
    await world.adds_case(51.0)
    campus = await open_campus(world)
    tess = await campus.arrives("tess", roles=[INSTRUCTOR])
    launch = launch_of(tess)
    assert (await tess.opens(f"{TOOL}{launch}/cases/9")).status_code == 404
    assert way_on(tess, "Back to the class") == launch


async def test_who_has_proved_no_launch_is_led_nowhere(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    stranger = world.browser()
    assert (await stranger.opens(f"{TOOL}{launch_of(ada)}/cases/9")).status_code == 401
    assert "/l/" not in stranger.text
    assert "Ada" not in stranger.text


async def test_from_the_next_clip_of_ones_own_one_finds_those_before(world: World) -> None:
    ada = await world.learner("own-clip")
    assert "Your earlier clips" not in ada.text
    await uploads(ada)
    await world.works()
    await reloads(ada)
    await locks(ada, "42", attest="true")
    await world.works()
    answer = attempt_of(ada)
    await reloads(ada)
    assert "42 %" in ada.text
    another = re.search(r'href="([^"]+)">Try another clip</a>', ada.text)
    assert another
    await ada.opens(f"{TOOL}{another[1]}")
    assert "Choose an apical four-chamber clip" in ada.text
    earlier = re.search(r'href="([^"]+)">Your earlier clips</a>', ada.text)
    assert earlier
    await ada.opens(f"{TOOL}{earlier[1]}")
    assert f'href="{answer}' in ada.text
