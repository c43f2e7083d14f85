"""How often a page asks the database: a launch seldom, and no list more often than it has to."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from service.pages.site import Site
from tests.support.world import TOOL, Browser, World, form_to

OF_A_LAUNCH = 14  # login, launch and first page: twelve, and two where an allowance has run out

OF_A_LOCK = 48  # the lock, and the answer to which it leads


@contextmanager
def asked(world: World) -> Generator[list[str]]:
    """Every statement that the web process sends meanwhile, by whichever way."""
    site: Site = world.tool.state.site
    pool, statements = site.database.engine.sync_engine.pool, list[str]()

    class Noting(psycopg.AsyncCursor[Any]):
        async def execute(self, query: Any, *given: Any, **options: Any) -> Any:
            statements.append(query)
            return await super().execute(query, *given, **options)

    def note(connection: Any, *_: Any) -> None:
        connection.driver_connection.cursor_factory = Noting

    event.listen(pool, "checkout", note)
    try:
        yield statements
    finally:
        event.remove(pool, "checkout", note)


async def does(ada: Browser, home: str, position: int) -> None:
    """Do one case of the list."""
    await ada.opens(f"{TOOL}{home}/cases/{position}")
    await ada.sends(form_to(ada.text, "/review"), lvef="42")
    await ada.sends(form_to(ada.text, "/lock"))


async def test_a_launch_asks_the_database_few_times(world: World) -> None:
    await world.adds_case(51.0)
    await world.learner("practice")  # what the first launch of a link makes is there afterwards
    bob = world.browser()
    await bob.signs_in("learner-2")
    with asked(world) as statements:
        await bob.launches("practice")
    assert "Practice cases" in bob.text
    assert len(statements) <= OF_A_LAUNCH, statements


async def test_no_transaction_asks_twice_what_else_measures_learners(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    await ada.opens(f"{TOOL}{ada.path.rstrip('/')}/cases/1")
    await ada.sends(form_to(ada.text, "/review"), lvef="42")
    with asked(world) as statements:
        await ada.sends(form_to(ada.text, "/lock"))
    assert "You said 42 %" in ada.text
    assert (
        sum("activity.kind IN" in one for one in statements) == 3
    )  # what is typed, the lock, the answer
    assert len(statements) <= OF_A_LOCK, statements


async def test_a_list_of_many_cases_done_asks_no_more_often_than_one_of_few(world: World) -> None:
    for position in (1, 2, 3, 4):
        await world.adds_case(50.0 + position, position)
    ada = await world.learner("practice")
    home, counts = ada.path.rstrip("/"), list[int]()
    for position in (1, 2, 3):
        await does(ada, home, position)
        with asked(world) as statements:
            await ada.opens(f"{TOOL}{home}/")
        assert f"{position} of 4 cases done" in ada.text
        counts.append(len(statements))
    assert counts == [counts[0]] * 3
