"""How an operator's command reaches the database: the one that is set, or the embedded one."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

from service.migrations import migrate
from service.postgres import EmbeddedPostgres, PostgresFailed
from service.settings import Settings, SettingsRefused
from service.store.database import Database


def with_database[T](settings: Settings, act: Callable[[Database], Awaitable[T]]) -> T:
    """Do something with the database, whether or not the tool is running."""

    async def run(url: str) -> T:
        database = Database(url)
        try:
            return await act(database)
        finally:
            await database.engine.dispose()

    with database_url(settings) as url:
        return asyncio.run(run(url))


@contextmanager
def database_url(settings: Settings) -> Generator[str]:
    """The URL of the database; an embedded one is started for as long as the command takes."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings.home / "postgres")
    if running := server.running_url():
        yield running
        return
    try:
        url = server.start()
    except PostgresFailed as error:
        raise SettingsRefused(str(error)) from error
    try:
        migrate(url)
        yield url
    finally:
        server.stop()
