"""Signs of life."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SILENT_AFTER = timedelta(seconds=30)


async def a_worker_is_alive(session: AsyncSession, now: datetime) -> bool:
    """Whether any worker process has shown a heartbeat of late."""
    newest = await session.scalar(text("SELECT max(last_heartbeat) FROM procrastinate_workers"))
    return newest is not None and now - newest < SILENT_AFTER
