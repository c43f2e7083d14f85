"""Allowances, taken in one statement, so that processes never give away the same twice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Allowance
from service.store.asked import Asked

TAKE = Asked(
    text(
        """
    INSERT INTO allowance AS known (holder, "left", at)
    VALUES (:holder, CAST(:burst AS float8) - :wanted, :now)
    ON CONFLICT (holder) DO UPDATE SET
        "left" = least(:burst, known.left
            + greatest(0, extract(epoch FROM :now - known.at)) * :per_second) - :wanted,
        at = greatest(known.at, :now)
    WHERE least(:burst, known.left
        + greatest(0, extract(epoch FROM :now - known.at)) * :per_second) >= :wanted
    RETURNING "left"
    """
    )
)


@dataclass(frozen=True, slots=True)
class Rate:
    """How much there is at most, and how fast it comes back."""

    burst: float
    per_second: float


async def take(session: AsyncSession, holder: str, wanted: int, rate: Rate, now: datetime) -> bool:
    """Take this much of somebody's allowance, or nothing where it does not suffice."""
    given = {
        "holder": holder,
        "wanted": wanted,
        "burst": rate.burst,
        "per_second": rate.per_second,
        "now": now,
    }
    return await TAKE.one_or_none(session, given) is not None


async def forget_before(session: AsyncSession, moment: datetime) -> None:
    """Drop what has filled up again long ago."""
    await session.execute(delete(Allowance).where(Allowance.at < moment))
