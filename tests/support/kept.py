"""Connections that outlive a test, as the database does that they lead to.

Connecting, and compiling each statement anew for an engine of one's own, takes a fifth of the time
of a test that goes through the whole deployment.
"""

from service.store.database import Database

LENT: set[str] = set()
KEPT: dict[str, tuple["KeptDatabase", "KeptDatabase"]] = {}


class KeptDatabase(Database):
    """A database that stays open when whoever used it is done."""

    is_open = False

    async def open(self) -> None:
        """Open it, unless it is."""
        if not self.is_open:
            await super().open()
            self.is_open = True

    async def close(self) -> None:
        """Stay open for the next one."""

    async def end(self) -> None:
        """Let go of every connection."""
        if self.is_open:
            await super().close()


def ways_to(url: str) -> tuple[Database, Database]:
    """The web process's and the worker's way to the database at this address: kept ones, if the
    database will be lent to others."""
    if url not in LENT:
        return Database(url), Database(url)
    if url not in KEPT:
        KEPT[url] = KeptDatabase(url), KeptDatabase(url)
    return KEPT[url]


async def end_all() -> None:
    """Let go of all that are kept."""
    for ways in KEPT.values():
        for way in ways:
            await way.end()
    KEPT.clear()
