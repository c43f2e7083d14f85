"""A gradebook of the tests' own on the campus: it keeps what it is sent, and lies when told to."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from service import passback
from service.models import Activity, Passback
from tests.support.campus import AGS, CAMPUS, Campus
from tests.support.world import World

COLUMN = "/columns/1/lineitem"
ALL_SCOPES = [f"{AGS}scope/{name}" for name in ("score", "result.readonly", "lineitem.readonly")]
ENDPOINT = {"scope": ALL_SCOPES, "lineitem": f"{CAMPUS}{COLUMN}"}


class Gradebook:
    """One column: what it holds by user, every score that came, and answers laid out beforehand."""

    def __init__(self, campus: Campus, *, maximum: float = 100.0) -> None:
        self.campus = campus
        self.maximum = maximum
        self.held: dict[str, dict[str, Any]] = {}
        self.posts: list[bytes] = []
        self.made: list[dict[str, Any]] = []
        self.answers: list[Callable[[], httpx2.Response] | None] = []
        campus.script |= {
            COLUMN: self._column,
            f"{COLUMN}/scores": self._takes,
            f"{COLUMN}/results": self._shows,
        }

    @property
    def scores(self) -> list[dict[str, Any]]:
        """Every score that came, as it was written."""
        return [json.loads(body) for body in self.posts]

    def share(self, user: str) -> float | None:
        """The grade that it holds."""
        held = self.held.get(user)
        return held and held["resultScore"] / held["resultMaximum"]

    def teacher_sets(self, user: str, points: float) -> None:
        """A teacher types a grade."""
        self.held[user] = {"userId": user, "resultScore": points, "resultMaximum": self.maximum}

    def opens_container(self) -> None:
        """From now on its columns can be listed, and made."""
        self.campus.script["/columns"] = self._lists_or_makes

    def _lists_or_makes(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, json=self.made)
        self.made.append({**json.loads(request.content), "id": ENDPOINT["lineitem"]})
        return httpx2.Response(201, json=self.made[-1])

    def _column(self, _: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"label": "x", "scoreMaximum": self.maximum})

    def _takes(self, request: httpx2.Request) -> httpx2.Response:
        self.posts.append(request.content)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            return answer()
        score = self.scores[-1]
        points = score["scoreGiven"] / score["scoreMaximum"] * self.maximum
        self.teacher_sets(score["userId"], points)
        return httpx2.Response(200)

    def _shows(self, request: httpx2.Request) -> httpx2.Response:
        held = self.held.get(request.url.params["user_id"])
        return httpx2.Response(200, json=[held] if held else [])


async def regrades(world: World, points: float) -> None:
    """The one learner's grade changes, as after a further attempt."""
    newest = max(await world.stored(Passback), key=lambda row: row.number)
    async with world.worker.database.begin() as work:
        activity = await work.session.get_one(Activity, newest.activity_id)
        grade = passback.Grade(points, f"now {points:g}")
        row = passback.due(activity, grade, after=newest, now=world.clock())
        for name in ("learner_id", "line_item_url", "platform_family"):
            setattr(row, name, getattr(newest, name))
        row.started_at = row.submitted_at = world.clock()
        await passback.put(work, row)


def says(status: int, **headers: str) -> Callable[[], httpx2.Response]:
    """An answer that keeps nothing."""
    return lambda: httpx2.Response(
        status, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
