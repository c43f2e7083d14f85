"""Memory of the web process after a round of mixed pages: `python -m tests.bench.bench_web`."""

import asyncio
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import httpx2
import psutil

from tests.support.databases import running_databases
from tests.support.processes import Machine, add_case, machine
from tests.support.visitors import LocalhostTransport, Visitor
from tests.support.walks import launch_of

REQUESTS = 200
GOAL_MEGABYTES = 160
WRITTEN = Path(__file__).parent / "results" / "web.json"
HEAVY = {"torch", "cv2", "av", "numpy", "modal", "google"}
LIBRARIES = ("litestar", "granian", "sqlalchemy", "psycopg", "procrastinate", "pylti1p3", "httpx2")


def main() -> None:
    """Measure, print and write."""
    with running_databases() as databases, tempfile.TemporaryDirectory() as folder:
        url = databases.create()
        try:
            with machine(url, Path(folder)) as found:
                figures = asyncio.run(measure(found))
        finally:
            databases.drop(url)
    text = json.dumps({**figures, "machine": machine_facts()}, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


async def measure(found: Machine) -> dict[str, object]:
    """The web process before and after the requests."""
    await add_case(found.database_url, found.home, 51.0)
    await found.registers_lms()
    await found.starts_web_and_lms()
    before = megabytes(found)
    statuses = await walk(found)
    after = megabytes(found)
    heaviest = max(one["resident"] for one in after.values())
    return {
        "requests": sum(statuses.values()),
        "statuses": statuses,
        "megabytes_at_start": before,
        "megabytes_after": after,
        "megabytes_of_all_after": round(sum(one["proportional"] for one in after.values()), 1),
        "heavy_libraries_loaded": heavy(found),
        "goal_megabytes_of_the_web_process": GOAL_MEGABYTES,
        "goal_met": heaviest <= GOAL_MEGABYTES,
    }


def megabytes(found: Machine) -> dict[str, dict[str, float]]:
    """Resident and proportional (shared pages divided by their users) memory of each process."""
    parent = psutil.Process(found.programs["web"].process.pid)
    named = {"granian parent": parent}
    named |= {f"granian worker {n}": one for n, one in enumerate(parent.children(), start=1)}
    figures: dict[str, dict[str, float]] = {}
    for name, process in named.items():
        memory = process.memory_full_info()
        figures[name] = {
            "resident": round(memory.rss / 1024**2, 1),
            "proportional": round(memory.pss / 1024**2, 1),
        }
    return figures


def heavy(found: Machine) -> list[str]:
    """Which libraries that belong to workers and readers lie in the web process's memory."""
    workers = psutil.Process(found.programs["web"].process.pid).children()
    mapped = {
        part for one in workers for file in one.memory_maps() for part in Path(file.path).parts
    }
    return sorted(mapped & HEAVY)


async def walk(found: Machine) -> dict[int, int]:
    """Launches and pages in turn; how often each status was answered."""
    statuses: dict[int, int] = {}

    async def count(answer: httpx2.Response) -> None:
        if answer.request.url.port == found.ports["web"]:
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    hooks = {"response": [count]}
    while sum(statuses.values()) < REQUESTS:
        async with httpx2.AsyncClient(
            transport=LocalhostTransport(), event_hooks=hooks, timeout=30
        ) as http:
            await visit(found, Visitor(http))
    return statuses


async def visit(found: Machine, ada: Visitor) -> None:
    """One launch, and the pages that a learner opens then."""
    await ada.goes_to(found.lms, "practice")
    home = f"{found.tool}{launch_of(ada)}"
    await ada.opens_case(found.tool)
    if "/review" in ada.text:
        await ada.locks("42")
    for address in ("/static/base.css", "/static/clip.js", "/lti/jwks", "/alive", "/nowhere"):
        await ada.opens(f"{found.tool}{address}")
    for _ in range(5):
        await ada.opens(f"{home}/")
        await ada.opens(f"{home}/cases/1")


def machine_facts() -> dict[str, object]:
    """On what and when this was measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processors": os.cpu_count(),
        "processor": processor(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in LIBRARIES},
    }


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
