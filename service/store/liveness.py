"""Whether a pooled connection can be used, found out without a round trip to the server.

SQLAlchemy's own pre-ping asks the server at every checkout, which costs a launch as much as the
work itself. A server that has closed a connection has said so on its socket already, and one whose
machine has vanished is only met after a rest.
"""

import select
import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

RESTED_SECONDS = 10.0
RESTS_SINCE = "rests_since"


def look_before_use(engine: AsyncEngine) -> None:
    """Replace connections that have died, before anybody is given one."""
    dialect, pool = engine.dialect, engine.sync_engine.pool

    @event.listens_for(pool, "checkin")
    def rest(connection: Any, record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        record.info[RESTS_SINCE] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def look(connection: Any, record: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        since = record.info.get(RESTS_SINCE)
        if since is None:  # made just now
            return
        rested = time.monotonic() - since > RESTED_SECONDS
        if not rested and not has_something_to_say(connection.driver_connection.fileno()):
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def has_something_to_say(socket: int) -> bool:
    """Whether a server has sent what nobody asked for: that it goes, or only a notice."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
