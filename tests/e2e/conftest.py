"""One running demo and one Chromium for all walks; a course of its own for whoever asks."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Playwright

from tests.support.browser import PATIENCE, Arrives, Person, Watch, chromium, running_chromium
from tests.support.stack import Courses, Stack, running_stack


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The demo: embedded Postgres, web, worker, demo LMS, and the real reader."""
    chromium()
    with running_stack() as found:
        yield found


@pytest.fixture(scope="package")
async def chrome() -> AsyncIterator[tuple[Playwright, Browser]]:
    """Chromium, without a window."""
    async with running_chromium() as found:
        yield found


@pytest.fixture(scope="package")
def courses(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Courses]:
    """Demo LMSs, one after the other."""
    found = Courses(stack, tmp_path_factory.mktemp("courses"))
    yield found
    found.end()


@pytest.fixture
async def course(courses: Courses) -> AsyncIterator[str]:
    """A course in which nobody has done anything yet."""
    async with courses.fresh() as url:
        yield url


@pytest.fixture(
    params=[
        "plain",
        *(pytest.param(lms, marks=pytest.mark.breadth) for lms in ("moodle", "canvas")),
    ]
)
async def course_of_any_lms(request: pytest.FixtureRequest, courses: Courses) -> AsyncIterator[str]:
    """The same in an LMS of each manner."""
    async with courses.fresh(request.param) as url:
        yield url


@pytest.fixture
async def arrives(stack: Stack, chrome: tuple[Playwright, Browser]) -> AsyncIterator[Arrives]:
    """Lets people in; when the test is over, nothing may have gone wrong in their browsers."""
    people: list[Person] = []

    async def let_in(lms: str, user: str = "learner-1", **options: object) -> Person:
        options = {"viewport": {"width": 900, "height": 1000}, **options}
        context = await chrome[1].new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        watch = Watch((stack.tool_url, lms))
        watch.over(context)
        person = Person(await context.new_page(), lms, watch)
        people.append(person)
        await person.signs_in(user)
        return person

    yield let_in
    for person in people:
        await person.page.context.close()
    assert [wrong for person in people for wrong in person.watch.wrong] == []
