"""A gradebook that answers as bad days are: late, wrongly, not at all; and is strict beneath.

A score that it takes is later, in whole seconds, than the one it holds, as in Moodle 4.5 (seen).
Its moods come from a seed. It knows no transport: `decide` says what happens to a request.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Literal

type Mood = Literal[
    "well", "busy", "broken", "lost after", "reset before", "reset after", "hangs", "lies"
]

MOODS: dict[Mood, int] = {
    "well": 46,
    "busy": 10,  # 429, with Retry-After
    "broken": 9,  # 500, and nothing kept
    "lost after": 8,  # kept, and answered with a 502
    "reset before": 7,
    "reset after": 7,  # kept, and the connection is reset
    "hangs": 5,
    "lies": 8,  # 200, and nothing kept
}
CLOSE = 1e-4
KEEPS: set[Mood] = {"well", "lost after", "reset after"}


@dataclass(frozen=True)
class Arrival:
    """One score that came: whose, its bytes, what was held before, and what became of it."""

    user: str
    body: bytes
    at: datetime
    held_before: datetime | None
    mood: Mood
    status: int | None  # None where no answer goes out

    @property
    def score(self) -> dict[str, Any]:
        """What it says."""
        return json.loads(self.body)


@dataclass
class Said:
    """What goes out: a status with its body, or nothing, by a reset or by silence."""

    mood: Mood
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


class MoodyGradebook:
    """One column, whoever's; and the log of all that came."""

    def __init__(self, seed: int, *, maximum: float = 100.0, retry_after: int = 30) -> None:
        self.random = Random(seed)
        self.maximum = maximum
        self.retry_after = {"Retry-After": str(retry_after)}
        self.held: dict[str, dict[str, Any]] = {}
        self.log: list[Arrival] = []
        self.is_calm = False

    def mood(self) -> Mood:
        """How it feels about the next request."""
        if self.is_calm:
            return "well"
        return self.random.choices([*MOODS], [*MOODS.values()])[0]

    def takes(self, body: bytes) -> Said:
        """A score comes."""
        mood, score = self.mood(), json.loads(body)
        user, at = score["userId"], datetime.fromisoformat(score["timestamp"])
        before = self.held.get(user)
        said = self._answer(mood, at, before)
        outwardly = None if mood in {"reset before", "reset after", "hangs"} else said.status
        held_at = before and datetime.fromisoformat(before["timestamp"])
        self.log.append(Arrival(user, body, at, held_at, mood, outwardly))
        if mood in KEEPS and said.status != 409:
            self.held[user] = score
        return said

    def _answer(self, mood: Mood, at: datetime, before: dict[str, Any] | None) -> Said:
        if mood == "busy":
            return Said(mood, 429, headers=self.retry_after)
        if mood == "broken":
            return Said(mood, 500, b"<h1>Error</h1>")
        stored = before and datetime.fromisoformat(before["timestamp"])
        if mood in KEEPS and stored and int(at.timestamp()) <= int(stored.timestamp()):
            return Said(mood, 409, b"Refusing score with an earlier timestamp")
        return Said(mood, 502 if mood == "lost after" else 200)

    def shows(self, user: str) -> Said:
        """Somebody asks what it holds for a learner."""
        mood = self.mood()
        if mood == "busy":
            return Said(mood, 429, headers=self.retry_after)
        if mood in {"broken", "lost after"}:
            return Said(mood, 503)
        score = self.held.get(user)
        entry = score and {
            "userId": user,
            "resultScore": self.share(user) * self.maximum,
            "resultMaximum": self.maximum,
            "comment": score["comment"],
        }
        return Said(mood, body=json.dumps([entry] if entry else []).encode())

    def share(self, user: str) -> float:
        """The grade that it holds."""
        score = self.held[user]
        return score["scoreGiven"] / score["scoreMaximum"]


def faults(book: MoodyGradebook, shares: dict[str, float], decided: dict[str, int]) -> list[str]:
    """What went wrong, in words: nothing may.

    shares: what this tool says each learner has. decided: how many grades of each there were.
    """
    found = [
        f"{user}: the gradebook holds {book.share(user) if user in book.held else None}, not {own}"
        for user, own in shares.items()
        if user not in book.held or abs(book.share(user) - own) > CLOSE
    ]
    for came in book.log:
        score = came.score
        if score["gradingProgress"] != "FullyGraded" or score.get("scoreGiven") is None:
            found.append(f"{came.user}: erased by {score}")
        if not score.get("comment"):
            found.append(f"{came.user}: the comment is erased by {score}")
        if came.held_before and came.at < came.held_before:
            found.append(f"{came.user}: {came.at} is older than {came.held_before}")
    return found + _unlike_repeats(book.log) + _needless_bodies(book.log, decided)


def _unlike_repeats(log: list[Arrival]) -> list[str]:
    """A repeat has the time of what it repeats: then it is the same, byte for byte."""
    bodies: dict[tuple[str, datetime], set[bytes]] = {}
    for came in log:
        bodies.setdefault((came.user, came.at), set()).add(came.body)
    return [
        f"{user}: {len(unlike)} bodies of {at}"
        for (user, at), unlike in bodies.items()
        if len(unlike) > 1
    ]


def _needless_bodies(log: list[Arrival], decided: dict[str, int]) -> list[str]:
    """A grade is written once, and anew only where the platform said that its time is used up."""
    found: list[str] = []
    for user, grades in decided.items():
        bodies = {came.body for came in log if came.user == user}
        outdated = sum(came.user == user and came.status == 409 for came in log)
        if len(bodies) > grades + outdated:
            found.append(f"{user}: {len(bodies)} bodies for {grades} grades")
    return found


def tally(log: list[Arrival]) -> dict[str, int]:
    """How often each mood was met."""
    return dict(Counter(came.mood for came in log).most_common())
