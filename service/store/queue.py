"""The queue of jobs: procrastinate on the same Postgres, and how the rest of us nudges it."""

from dataclasses import dataclass

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

QUICK = "default"  # procrastinate's own name: periodic jobs go there too
ON_CLIPS = "clips"
TAKE_LONG = frozenset({"prepare", "read", "draw", "outline"})
# Until their clip is masked learners can only wait; while it is read they look and think.
# For anchors nobody waits, and only one is drawn at a time: among what is quick they take the last
# place, since among clips they would begin when a whole library has been read.
PRIORITY = {"prepare": 1, "anchor": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """A wish that a job looks at a row; the row itself says which work is due."""

    task: str
    subject: str
    lock: str


def make_app(url: str, *, pool_size: int = 4) -> App:
    """procrastinate on this database."""
    connector = PsycopgConnector(
        conninfo=url.replace("postgresql+psycopg://", "postgresql://", 1),
        min_size=1,
        max_size=pool_size,
        kwargs={"prepare_threshold": None},
    )
    return App(connector=connector)


class Queue:
    """Enqueues by task name: what works on clips in a queue of its own, so that no grade stands
    behind it."""

    def __init__(self, url: str) -> None:
        self.app = make_app(url, pool_size=2)

    async def open(self) -> None:
        """Open the connections."""
        await self.app.open_async()

    async def close(self) -> None:
        """Close the connections."""
        await self.app.close_async()

    async def send(self, nudge: Nudge) -> None:
        """Enqueue, unless the same job waits already."""
        job = self.app.configure_task(
            nudge.task,
            lock=nudge.lock,
            queueing_lock=f"{nudge.task}:{nudge.subject}",
            queue=ON_CLIPS if nudge.task in TAKE_LONG else QUICK,
            priority=PRIORITY.get(nudge.task, 0),
        )
        try:
            await job.defer_async(subject=nudge.subject)
        except AlreadyEnqueued:
            return
