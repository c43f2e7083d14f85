"""The grade drill with real processes: `python -m tests.bench.bench_grades`.

500 grades for 125 learners go to a gradebook over real sockets that answers 200, 429, 500 and 502,
resets connections, hangs, and says yes without keeping anything. Meanwhile two workers are killed
with kill -9 at random moments, and started anew. Ends with 1 if any grade is not where it should
be, or anything was erased, went back in time, or was repeated with other bytes.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from service.clock import utc_now
from service.store.database import Database
from tests.bench.bench_web import machine_facts
from tests.support.databases import running_databases
from tests.support.drill import COLUMN, Class, enrol, unsettled
from tests.support.moods import MoodyGradebook, faults, tally
from tests.support.processes import Machine, answers, machine, until
from tests.support.raw_http import Answer, Answers, Asked, listening

LEARNERS, GRADES_EACH = 125, 4
WRITTEN = Path(__file__).parent / "results" / "grades.json"
KILL_AFTER = (4, 25)  # scores that have come since the last kill
CALM_AFTER, GIVE_UP_AFTER = 100.0, 420.0


def main() -> None:
    """Drill, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--learners", type=int, default=LEARNERS)
    asked = parser.parse_args()
    seed = asked.seed
    book = MoodyGradebook(seed, retry_after=1)
    with running_databases() as databases, tempfile.TemporaryDirectory() as folder:
        url = databases.create()
        try:
            with machine(url, Path(folder)) as found, listening(door(book)) as port:
                figures = asyncio.run(drill(found, book, port, Random(seed), asked.learners))
        finally:
            databases.drop(url)
    text = json.dumps({"seed": seed, **figures, "machine": machine_facts()}, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    sys.exit(1 if figures["faults"] or figures["unsettled"] else 0)


def door(book: MoodyGradebook) -> Answers:
    """The platform's servers."""

    async def answer(asked: Asked) -> Answer | None:
        if asked.path == "/token":
            return Answer({"access_token": "a-token", "expires_in": 3600})
        if asked.path == f"{COLUMN}/scores":
            said = book.takes(b"".join([chunk async for chunk in asked.chunks()]))
        else:
            said = book.shows(asked.query["user_id"])
        if said.mood == "hangs":
            await asyncio.sleep(60)
        if said.mood in {"hangs", "reset before", "reset after"}:
            return None
        return Answer(said.body.decode() or None, said.status, said.headers)

    return answer


async def drill(
    found: Machine, book: MoodyGradebook, port: int, random: Random, learners: int
) -> dict[str, object]:
    """Grades come up while workers die; then it is calm, and all has to arrive."""
    database = Database(found.database_url)
    await database.open()
    began = time.monotonic()
    try:
        web = found.starts("web", "service.cli", "web")  # it makes the key that workers sign with
        await until(lambda: answers(f"{found.tool}/alive"), web)
        class_ = await enrol(database, f"http://127.0.0.1:{port}", learners, utc_now())
        killer = asyncio.create_task(kills(found, book, random))
        await decide_all(class_, random)
        calmed = await settles(class_, book, began)
        killer.cancel()
        with suppress(asyncio.CancelledError):
            await killer
        return {
            "grades": sum(class_.decided.values()),
            "learners": learners,
            "posts": len(book.log),
            "moods_of_posts": tally(book.log),
            "workers_killed": len(found.programs) - 3,
            "seconds": round(time.monotonic() - began, 1),
            "seconds_of_bad_days": round(calmed, 1),
            "states": {str(state): count for state, count in (await class_.states()).items()},
            "unsettled": unsettled(await class_.states()),
            "faults": faults(book, class_.shares, class_.decided),
        }
    finally:
        await database.close()


async def kills(found: Machine, book: MoodyGradebook, random: Random) -> None:
    """Two workers, each killed in the midst of its work, and replaced; none once it is calm."""
    alive = [found.starts_worker("worker-0"), found.starts_worker("worker-1")]
    while not book.is_calm:
        wanted = len(book.log) + random.randint(*KILL_AFTER)
        while len(book.log) < wanted and not book.is_calm:
            await asyncio.sleep(0.05)
        await asyncio.sleep(random.uniform(0, 0.3))
        alive.pop(0).kill()
        alive.append(found.starts_worker(f"worker-{len(found.programs)}"))


async def decide_all(class_: Class, random: Random) -> None:
    """Each learner's grade changes some times, at moments of its own."""
    todo = [*class_.learners] * GRADES_EACH
    random.shuffle(todo)
    for subject in todo:
        await class_.decides(subject, random, utc_now())
        await asyncio.sleep(random.uniform(0, 0.2))


async def settles(class_: Class, book: MoodyGradebook, began: float) -> float:
    """Wait for all to arrive, in spite of everything; how long the gradebook was out of sorts."""
    calmed = 0.0
    while unsettled(await class_.states()) and time.monotonic() - began < GIVE_UP_AFTER:
        if not book.is_calm and time.monotonic() - began > CALM_AFTER:
            book.is_calm, calmed = True, time.monotonic() - began
        await asyncio.sleep(1)
    return calmed or time.monotonic() - began


if __name__ == "__main__":
    main()
