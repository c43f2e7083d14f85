"""How often one address, or one LMS, may come: shared by all web processes, and cheap for each.

A process takes a handful at once from the shared row, and spends it from memory: a lecture hall
behind one address costs a statement for every few launches.
"""

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from service.signing import fingerprint
from service.store import allowances
from service.store.allowances import Rate
from service.store.database import Database

HANDFUL = 10
# What is not spent soon is lost: a process must not sit on what others need.
HANDFUL_LASTS = timedelta(seconds=30)
BURST_SECONDS = 180
FORGET_AFTER = timedelta(seconds=4 * BURST_SECONDS)
MOST_REMEMBERED = 10_000


class TooMany(Exception):
    """This address or LMS has asked too often; after some seconds it may again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests; again in {retry_after} s")
        self.retry_after = retry_after


@dataclass(slots=True)
class _Handful:
    """What this process holds for somebody: some to spend, or none before a moment."""

    left: int
    until: datetime


def per_minute(count: int) -> Rate:
    """So many a minute for ever, and the threefold at once: a course comes all at one moment."""
    return Rate(burst=float(count * BURST_SECONDS // 60), per_second=count / 60)


@dataclass(slots=True)
class Limits:
    """The allowances of one web process."""

    database: Database
    clock: Callable[[], datetime]
    rates: dict[str, Rate]
    _held: dict[str, _Handful] = field(default_factory=dict[str, _Handful])

    async def ask(self, kind: str, who: str, session: AsyncSession | None = None) -> None:
        """Spend one of somebody's allowance of this kind, or raise TooMany; in the caller's own
        session, if there is one."""
        holder = f"{kind}:{fingerprint(who)}"
        now = self.clock()
        held = self._held.get(holder)
        if held is None or held.until <= now:
            held = await self._take(holder, self.rates[kind], now, session)
        if held.left <= 0:
            raise TooMany(max(1, math.ceil((held.until - now).total_seconds())))
        held.left -= 1
        if held.left == 0:
            self._held.pop(holder, None)

    async def _take(
        self, holder: str, rate: Rate, now: datetime, session: AsyncSession | None
    ) -> _Handful:
        """A handful from the shared row; where it is empty, the time until there is one."""
        async with nullcontext(session) if session else self.database.alone() as taking:
            taken = await allowances.take(taking, holder, HANDFUL, rate, now)
        wait = timedelta(seconds=HANDFUL / rate.per_second)
        held = _Handful(HANDFUL, now + HANDFUL_LASTS) if taken else _Handful(0, now + wait)
        if len(self._held) >= MOST_REMEMBERED:
            self._held.clear()
        self._held[holder] = held
        return held
