"""The database, in transactions that also remember which work they made due."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
from procrastinate.exceptions import ConnectorException
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from service.store.liveness import look_before_use
from service.store.queue import Nudge, Queue

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Work:
    """One transaction, and the jobs to nudge once it is committed."""

    session: AsyncSession
    nudges: list[Nudge] = field(default_factory=list[Nudge])

    def nudge(self, task: str, subject: object, *, lock: str | None = None) -> None:
        """Have a job look at this row soon after the commit; one job a row (or lock) at a time."""
        self.nudges.append(Nudge(task=task, subject=str(subject), lock=lock or str(subject)))


class Database:
    """The engine and the queue of one process."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        # prepare_threshold=None: prepared statements break behind transaction poolers.
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_recycle=300,
            # And no `options`, which such poolers refuse at start-up.
            connect_args={"prepare_threshold": None},
            # An error's text goes to the log, and must not take names there.
            hide_parameters=True,
        )
        look_before_use(self.engine)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._alone = async_sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False
        )
        self.queue = Queue(url)

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[AsyncSession]:
        """A session in which every statement is a transaction by itself: for one statement, or for
        reading before it. Beginning and committing one would be two more trips to the server."""
        async with self._alone() as session:
            yield session

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Work]:
        """One transaction; its nudges go out after the commit, and only then."""
        async with self.sessions.begin() as session:
            work = Work(session)
            yield work
        for nudge in work.nudges:
            await self.send(nudge)

    async def send(self, nudge: Nudge) -> None:
        """A lost nudge costs seconds: the sweep finds the row by its state."""
        try:
            await self.queue.send(nudge)
        except (ConnectorException, psycopg.Error):
            log.warning("could not nudge %s; the sweep will", nudge.task)

    async def open(self) -> None:
        """Open the queue's connections; the engine opens its own when asked."""
        await self.queue.open()

    async def close(self) -> None:
        """Let go of every connection."""
        await self.queue.close()
        await self.engine.dispose()
