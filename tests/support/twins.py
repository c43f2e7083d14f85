"""Two deployments that differ in sealed numbers alone, asked the same things in the same order."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from service.cloud_settings import Cloud, ViewCheck
from service.postgres import connection_string
from tests.support.campus import Campus
from tests.support.databases import Databases, name_of
from tests.support.fakes import FakeClock
from tests.support.scenery import Scene
from tests.support.world import TOOL, World, running_world

ONE, OTHER = 21.37, 68.91
CHECKED = Cloud(view_check=ViewCheck.GEMINI)  # so that pages tell of the check
REFERENCE = "(?<=<bdi>)[0-9a-f]{10}(?=</bdi>)"  # of an error page, for its operator
TELLING = ("21.37", "21.4", "68.91", "68.9")


@dataclass(frozen=True)
class Ask:
    """One request. `fresh`: the answer holds ids or secrets that are drawn for it alone."""

    who: str
    method: str
    path: str
    sent: dict[str, Any] = field(default_factory=dict[str, Any])
    fresh: bool = False


def without_fresh(text: str) -> str:
    """The text without ids and secrets drawn at random: UUIDs, and words of 22 or more letters,
    digits, dashes and underscores. No number with a point in it is touched."""
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    return re.sub(rf"{uuid}|[A-Za-z0-9_-]{{22,}}|{REFERENCE}", "…", text)


def differences(one: httpx2.Response, other: httpx2.Response, *, fresh: bool = False) -> list[str]:
    """All that tells two answers apart: status, headers, body."""
    found: list[str] = []
    if one.status_code != other.status_code:
        found.append(f"status {one.status_code} and {other.status_code}")
    for name, left, right in (
        ("headers", str(one.headers.multi_items()), str(other.headers.multi_items())),
        ("body", one.content.decode("latin-1"), other.content.decode("latin-1")),
    ):
        if fresh:
            left, right = without_fresh(left), without_fresh(right)
        if left != right:
            at = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), -1)
            found.append(f"{name}: {left[at - 60 : at + 60]!r} and {right[at - 60 : at + 60]!r}")
    return found


def tells(answer: httpx2.Response) -> list[str]:
    """The sealed numbers that an answer holds."""
    whole = f"{answer.headers.multi_items()} {answer.content.decode('latin-1')}"
    return [number for number in TELLING if number in whole]


@dataclass(frozen=True)
class Built:
    """A deployment that was walked into every state, and is at rest."""

    url: str
    folder: Path
    scene: Scene
    now: datetime


@dataclass
class Twins:
    """Both deployments, and how to ask them."""

    scene: Scene
    worlds: tuple[World, World]

    async def ask(self, ask: Ask) -> tuple[httpx2.Response, httpx2.Response]:
        """The answers of both to one request."""
        one, other = [await self._answer(world, ask) for world in self.worlds]
        return one, other

    async def _answer(self, world: World, ask: Ask) -> httpx2.Response:
        actor = self.scene.actors.get(ask.who)
        headers = {**(actor.headers if actor else {}), **ask.sent.get("headers", {})}
        url = ask.path if ask.path.startswith("https:") else f"{TOOL}{ask.path}"
        rest = {name: value for name, value in ask.sent.items() if name != "headers"}
        async with httpx2.AsyncClient(transport=world.joined) as http:
            return await http.request(ask.method, url, headers=headers, **rest)


def sets_sealed_numbers(url: str, lvef: float) -> None:
    """Change every reading and every reference of a database, and nothing else."""
    with psycopg.connect(connection_string(url)) as connection:
        connection.execute("SET session_replication_role = replica")  # whatever is append-only
        connection.execute(
            """
            UPDATE reading SET lvef = %(lvef)s, body = body || jsonb_build_object(
                'lvef', %(lvef)s::float, 'half_width', %(lvef)s::float / 10,
                'spread', %(lvef)s::float / 7,
                'clip_lvefs', jsonb_build_array(%(lvef)s::float, %(lvef)s::float))
            WHERE lvef IS NOT NULL
            """,
            {"lvef": lvef},
        )
        connection.execute('UPDATE "case" SET reference_lvef = %s', [lvef])
        connection.execute(  # of work that has settled, and whose answers are not shown yet
            """
            UPDATE score SET reference_lvef = %(lvef)s, delta = 42 - %(lvef)s,
                value = %(lvef)s::float / 100
            """,
            {"lvef": lvef},
        )
        connection.execute(
            """
            UPDATE tracing SET body = body || jsonb_build_object(
                'heart_rate', %(lvef)s::float,
                'areas', (SELECT jsonb_agg(%(lvef)s::float + n) FROM generate_series(1, 60) AS n))
            """,
            {"lvef": lvef},
        )
        connection.execute("UPDATE still SET jpeg = %s", [str(lvef).encode()])


@asynccontextmanager
async def running_twins(databases: Databases, built: Built, into: Path) -> AsyncIterator[Twins]:
    """Two copies of what was built, each with sealed numbers of its own, at the same moment."""
    urls = [databases.create(template=name_of(built.url)) for _ in range(2)]
    folders = [into / "one", into / "other"]
    for url, copy, lvef in zip(urls, folders, (ONE, OTHER), strict=True):
        shutil.copytree(built.folder, copy)
        sets_sealed_numbers(url, lvef)
    try:
        async with (
            running_world(urls[0], folders[0], FakeClock(built.now), cloud=CHECKED) as one,
            running_world(urls[1], folders[1], FakeClock(built.now), cloud=CHECKED) as other,
        ):
            for world in (one, other):
                Campus(world)  # shows its keys
            yield Twins(built.scene, (one, other))
    finally:
        for url in urls:
            databases.drop(url)
