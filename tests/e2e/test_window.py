"""Frames, windows, tabs and cookies: however a launch is opened, it is one person's own."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Frame, Playwright, Route, expect

from tests.support.browser import (
    ARGUMENTS,
    PATIENCE,
    Arrives,
    Person,
    Watch,
    chromium,
    heading,
    link,
    locks,
    lvef_field,
    reloads,
    reviews,
    starts_case,
    unhurt,
)
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
OUR_COOKIE = re.compile("^__Host-eb-")


@pytest.fixture
async def guarded(
    stack: Stack, course: str, chrome: tuple[Playwright, Browser], tmp_path: Path
) -> AsyncIterator[Person]:
    """Someone whose Chromium keeps no cookie of the tool, partitioned or not, inside a course."""
    blocked = {f"{stack.tool_url},{course}": {"setting": 2}}
    preferences = {"profile": {"content_settings": {"exceptions": {"cookies": blocked}}}}
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(preferences))
    context = await chrome[0].chromium.launch_persistent_context(
        profile.parent, executable_path=chromium(), args=ARGUMENTS
    )
    context.set_default_timeout(PATIENCE)
    watch = Watch((stack.tool_url, course))
    watch.over(context)
    person = Person(context.pages[0], course, watch)
    await person.signs_in("learner-1")
    yield person
    await context.close()
    assert watch.wrong == []


async def cookies(person: Person) -> list[str]:
    """The names of our launches' cookies that this browser keeps."""
    kept = await person.page.context.cookies()
    return [one["name"] for one in kept if OUR_COOKIE.match(one["name"])]


async def opens_new_window(person: Person, tool: Frame) -> Person:
    """Press the button that the tool shows, or that the LMS shows."""
    async with person.page.expect_popup() as opened:
        await tool.get_by_role("button", name="Open in a new window").click()
    return Person(await opened.value, person.lms, person.watch)


async def offer_no_storage(route: Route) -> None:
    """The course as Moodle is: its login names no frame that could keep anything."""
    login = route.request.post_data or ""
    await route.continue_(post_data=login.replace("lti_storage_target", "unheard_of"))


@pytest.mark.breadth
async def test_the_tool_opens_in_a_window_of_its_own(course: str, arrives: Arrives) -> None:
    ada = await arrives(course)
    await ada.opens("practice")
    window = await opens_new_window(ada, ada.page.main_frame)
    await expect(heading(window.page.main_frame)).to_have_text("Practice cases")
    await starts_case(window.page.main_frame)
    await locks(window.page.main_frame, 42)


async def test_reload_and_back_after_the_lock_change_nothing(course: str, arrives: Arrives) -> None:
    ada = await arrives(course)
    tool = await ada.opens_whole("practice")
    await starts_case(tool)
    await locks(tool, 42)
    answer = await heading(tool).inner_text()
    await ada.page.reload()
    await expect(heading(tool)).to_have_text(answer)
    await ada.page.go_back()
    await expect(heading(tool)).to_have_text("Practice cases")
    await ada.page.go_forward()
    await expect(heading(tool)).to_have_text(answer)


@pytest.mark.breadth
async def test_a_tab_that_is_left_behind_cannot_lock_a_second_time(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course)
    first = await ada.opens_whole("practice")
    await starts_case(first)
    second = await (ada_again := await ada.another_tab()).opens_whole("practice")
    await link(second, "Continue case 1").click()
    await reviews(second, 61)
    await locks(first, 42)
    await second.get_by_role("button", name="Lock in 61 %").click()
    await expect(heading(second)).to_contain_text("You said 42 %.")
    told = "You had locked in 42 % already, so the 61 % from this window were not taken."
    await expect(second.locator(".caution").get_by_text(told)).to_be_visible()
    await expect(second.get_by_role("button", name="Lock in")).to_have_count(0)
    await ada_again.page.reload()
    await expect(heading(second)).to_contain_text("You said 42 %.")
    await expect(ada_again.page.get_by_text("61 %")).to_have_count(0)


@pytest.mark.breadth
async def test_two_tabs_on_two_activities_do_not_mix(course: str, arrives: Arrives) -> None:
    ada = await arrives(course)
    practice = await ada.opens("practice")
    await starts_case(practice)
    own = await (await ada.another_tab()).opens("own-clip")
    await expect(heading(own)).to_have_text("Choose an apical four-chamber clip")
    await locks(practice, 42)
    for tool, says in [(own, "Choose an apical"), (practice, "You said 42 %.")]:
        await reloads(tool)
        await expect(heading(tool)).to_contain_text(says)


@pytest.mark.breadth
async def test_two_people_in_one_browser_do_not_mix(course: str, arrives: Arrives) -> None:
    ada = await arrives(course)
    adas = await ada.opens("practice")
    await starts_case(adas)
    bea = await ada.another_tab()
    await bea.signs_in("learner-2")
    beas = await bea.opens("practice")
    await expect(beas.get_by_text("0 of 12 cases done")).to_be_visible()
    await starts_case(beas)
    await locks(adas, 42)
    await locks(beas, 60)
    for tool, name, says in [(adas, "Ada Okafor", 42), (beas, "Bea Lind", 60)]:
        await reloads(tool)
        await expect(tool.locator(".who")).to_have_text(name)
        await expect(heading(tool)).to_contain_text(f"You said {says} %.")


@pytest.mark.breadth
async def test_a_course_that_offers_no_storage_needs_none_where_cookies_are_kept(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course)
    await ada.page.context.route("**/lti/login", offer_no_storage)
    tool = await ada.opens("practice")
    await expect(heading(tool)).to_have_text("Practice cases")
    assert len(await cookies(ada)) == 1


@pytest.mark.parametrize("with_htmx", [True, pytest.param(False, marks=pytest.mark.breadth)])
async def test_without_cookies_the_courses_own_storage_carries_a_launch_to_the_answer(
    guarded: Person, with_htmx: bool
) -> None:
    if not with_htmx:
        await guarded.page.context.route("**/htmx.min.js*", lambda route: route.fulfill(body=""))
    tool = await guarded.opens("practice")
    # Playwright may lose hold of a frame that changes its process several times on the way here.
    framed = guarded.page.frame_locator("[name=tool]").locator("main h1")
    await expect(framed).to_have_text("Practice cases")
    await starts_case(tool)
    await reviews(tool, "abc")
    await expect(tool.locator("#lvef-error")).to_contain_text("whole number")
    await reviews(tool, 42)
    await tool.get_by_role("button", name="Go back").click()
    await expect(lvef_field(tool)).to_have_value("42")
    await locks(tool, 42)
    await expect(tool.locator(".stage video")).to_have_js_property("readyState", 4)
    await link(tool, "Next case").click()
    await expect(tool.get_by_text("Case 2 of 12", exact=True)).to_be_visible()
    assert await cookies(guarded) == []
    handle = await tool.locator("input[name=launch]").first.get_attribute("value")
    assert handle
    assert [sent for sent in guarded.watch.sent if handle in sent.split()[0]] == []


@pytest.mark.breadth
@pytest.mark.parametrize(
    "course_says",
    ["nothing", pytest.param("that it has storage, and never answers", marks=pytest.mark.breadth)],
)
async def test_without_cookies_and_storage_a_new_window_is_offered_and_works(
    guarded: Person, course_says: str
) -> None:
    await guarded.page.context.route("**/static/frame.js", lambda route: route.fulfill(body=""))
    if course_says == "nothing":
        await guarded.page.context.route("**/lti/login", offer_no_storage)
    tool = await guarded.opens("practice")
    await expect(tool.get_by_text("Your browser blocked sign-in inside this page.")).to_be_visible()
    assert await unhurt(tool) == []
    window = (await opens_new_window(guarded, tool)).page.main_frame
    await expect(heading(window)).to_have_text("Practice cases")
    assert len(await cookies(guarded)) == 1
    await starts_case(window)
    await locks(window, 42)


@pytest.mark.breadth
async def test_the_frame_grows_with_what_is_in_it_and_does_not_go_on_growing(
    course: str, arrives: Arrives
) -> None:
    ada = await arrives(course)
    tool = await ada.opens("practice")
    await expect(link(tool, "Start case 1")).to_be_visible()
    await ada.page.wait_for_function(
        "() => parseFloat(document.getElementById('tool').style.height) > 700"
    )
    whole = "() => document.documentElement.scrollHeight <= window.innerHeight + 1"
    await tool.wait_for_function(whole)  # nothing has to be scrolled inside the frame
    frame = ada.page.locator("#tool")
    heights = [await frame.evaluate("frame => frame.offsetHeight")]
    while len(heights) < 3 or len(set(heights[-3:])) > 1:
        assert len(heights) < 20, f"a frame that changes for ever is a loop: {heights}"
        await ada.page.wait_for_timeout(300)
        heights.append(await frame.evaluate("frame => frame.offsetHeight"))
