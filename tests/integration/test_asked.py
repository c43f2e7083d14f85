"""Statements put to psycopg itself: they answer as SQLAlchemy would, and fail as it does."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.clock import utc_now
from service.demo.platform import DEPLOYMENT_ID
from service.models import Base, Learner, Registration
from service.running import demo_registration
from service.seeding import seed_registration
from service.store import activities, attempts, clips, launches, passbacks, registrations
from service.store.asked import Asked
from service.store.database import Database

BY_NAME = Asked(select(Learner).where(Learner.name == bindparam("name")))
READS = {
    "issuer": registrations.OF_ISSUER,
    "place": activities.PLACE,
    "beside": activities.MEASURING_BESIDE,
    "here": launches.HERE,
    "everywhere": attempts.EVERYWHERE,
    "library": clips.LIBRARY,
    "latest": passbacks.LATEST,
}


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    """A database with a registration and a learner."""
    found = Database(database_url)
    await seed_registration(found, demo_registration("http://lms"), DEPLOYMENT_ID, utc_now())
    async with found.begin() as work:
        row = (await registrations.of_issuer(work.session, "http://lms"))[0]
        await launches.learner_of(work.session, row.id, "ada", "Ada", utc_now())
    yield found
    await found.engine.dispose()


def columns(row: Base) -> dict[str, object]:
    """What an object holds."""
    return {one.key: getattr(row, one.key) for one in inspect(type(row)).column_attrs}


async def test_an_object_is_the_one_that_sqlalchemy_makes(database: Database) -> None:
    async with database.begin() as work:
        asked = await BY_NAME.one_or_none(work.session, {"name": "Ada"})
    async with database.begin() as work:
        made = await work.session.get_one(Learner, asked.id)
        known = await registrations.of_issuer(work.session, "http://lms")
    async with database.begin() as work:
        registered = await work.session.get_one(Registration, known[0].id)
    assert columns(asked) == columns(made)
    assert columns(known[0]) == columns(registered)
    assert inspect(asked).detached


@pytest.mark.parametrize("name", READS)
def test_columns_come_in_the_order_in_which_objects_take_them(name: str) -> None:
    described = READS[name].statement.column_descriptions  # type: ignore[union-attr]
    kinds = [one["expr"] for one in described if isinstance(one["expr"], type)]
    for kind in kinds:
        mapped = [one.key for one in inspect(kind).column_attrs]
        assert mapped == [one.name for one in kind.__table__.columns]


async def test_what_is_changed_in_a_transaction_is_written(database: Database) -> None:
    async with database.begin() as work:
        ada = await BY_NAME.one_or_none(work.session, {"name": "Ada"})
        ada.name = "Countess"
        again = await BY_NAME.one_or_none(work.session, {"name": "Countess"})
        assert again is ada
    async with database.begin() as work:
        assert await BY_NAME.one_or_none(work.session, {"name": "Countess"})


async def test_what_a_join_does_not_find_is_none(database: Database) -> None:
    async with database.begin() as work:
        row = (await registrations.of_issuer(work.session, "http://lms"))[0]
        link = activities.Link(
            registration_id=row.id, deployment_id=DEPLOYMENT_ID, resource_link_id="none"
        )
        assert await activities.place(work.session, link) == activities.Place(
            approved=True, activity=None
        )


async def test_a_refusal_of_the_database_is_sqlalchemys(database: Database) -> None:
    breaking = Asked(text("INSERT INTO learner (id) VALUES (:id)"))
    with pytest.raises(IntegrityError) as refused:
        async with database.begin() as work:
            await breaking.all(work.session, {"id": uuid4()})
    assert refused.value.params is None  # they may hold a name


async def test_a_transaction_that_fails_later_keeps_nothing(database: Database) -> None:
    async def adds_bob_and_fails() -> None:
        async with database.begin() as work:
            row = (await registrations.of_issuer(work.session, "http://lms"))[0]
            await launches.learner_of(work.session, row.id, "bob", "Bob", utc_now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await adds_bob_and_fails()
    async with database.alone() as session:
        assert await BY_NAME.one_or_none(session, {"name": "Bob"}) is None


async def test_a_connection_that_dies_meanwhile_is_replaced(database: Database) -> None:
    ends = Asked(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(DBAPIError):
        async with database.begin() as work:
            await ends.all(work.session)
    with pytest.raises(DBAPIError):
        async with database.alone() as session:
            await ends.all(session)
    async with database.alone() as session:
        assert await BY_NAME.one_or_none(session, {"name": "Ada"})
