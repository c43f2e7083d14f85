"""What an LMS does where specifications leave it free: the demo's own manner, the others' base.

Everything here is pure, but for what it is told: handlers and the store ask it what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response

from service.demo.errors import ServiceRefused, TokenRefused
from service.demo.platform import (
    COURSE_ID,
    DEPLOYMENT_ID,
    SCOPES,
    Activity,
    Column,
    User,
)
from service.demo.scores import Score, check_later

GRADED = "graded"
ERASED = "erased the grade: it was not a final score"
OVERRIDDEN = "taken, but the teacher's own grade stands"


@dataclass(frozen=True)
class Held:
    """What the gradebook holds for a learner; `by_hand` where a teacher typed it."""

    given: float
    maximum: float
    points: float
    comment: str | None
    at: datetime
    by_hand: bool = False


@dataclass(frozen=True)
class Place:
    """A learner's place in a column: what it holds, and how much work was handed in."""

    activity: Activity
    held: Held | None
    submissions: int


@dataclass(frozen=True)
class Ruling:
    """What becomes of a place, in the log's words; `submits` where it counts as work handed in."""

    held: Held | None
    words: str = GRADED
    submits: bool = False


class Plain:
    """The demo's own manner: strict, and easy to read."""

    family = "eyeball-demo"
    manners: str | None = None  # whose they are, as the course page says it
    substitutes: tuple[str, ...] = ("$ResourceLink.",)  # of the variables that links ask for
    scopes: tuple[str, ...] = SCOPES
    stranger = (400, "Incorrect score received")  # a score for somebody who is no learner here
    deployment_parameter = "lti_deployment_id"
    storage_target: str | None = "_parent"
    has_roster = False
    rotates_keys = False
    launches_work = False  # from the gradebook, at the address that came with a score
    labels_are_titles = False  # a column's label is the name of its activity, too
    rescales = True  # grades keep their share when a column's maximum changes
    page_size: int | None = None

    def line_items(self) -> str:
        """The address of all line items, below the LMS's own. With a query on purpose, as Moodle's
        has one: a tool has to insert /scores and /results before it."""
        return f"/lti/courses/{COURSE_ID}/lineitems?type_id={DEPLOYMENT_ID}"

    def line_item(self, number: int) -> str:
        """One line item's address, below the LMS's own."""
        return f"/lti/courses/{COURSE_ID}/lineitems/{number}/lineitem?type_id={DEPLOYMENT_ID}"

    def roster(self) -> str:
        """The address of the course's members, below the LMS's own."""
        return f"/lti/courses/{COURSE_ID}/members"

    def check_address(self, path: str, type_ids: list[str]) -> None:
        """The query of a line item's URL is part of its name: it has to come back as it was."""
        if not path.startswith("/lti/"):
            raise ServiceRefused(404, "There is no such address here")
        if type_ids != [DEPLOYMENT_ID]:
            raise ServiceRefused(400, f"type_id has to be {DEPLOYMENT_ID}")

    def check_sent(self, media_type: str, wanted: str) -> None:
        """A score comes as a score, a column as a column."""
        if media_type != wanted:
            raise ServiceRefused(415, f"Content-Type has to be {wanted}")

    def check_accept(self, accepted: str | None, media_type: str) -> None:
        """What is asked for has to be named, to the letter."""
        if accepted != media_type:
            raise ServiceRefused(406, f"Accept has to be {media_type}")

    def check_results_query(self, query: dict[str, str]) -> None:
        """Which filters this LMS cannot bear."""

    def throttled(self) -> ServiceRefused:
        """How it asks for patience."""
        return ServiceRefused(429, "Too many requests", {"Retry-After": "2"})

    def custom(self, activity: Activity, user: User, known: Mapping[str, Any]) -> dict[str, Any]:
        """The custom parameters of a launch: with the variables that it knows in their place."""
        told = {name: value for name, value in known.items() if name.startswith(self.substitutes)}
        return {name: told.get(value, value) for name, value in activity.custom.items()}

    def column(self, points: float | None, *, of: int) -> float | None:
        """The maximum of the column that a deep-linked item gets, one of so many in an answer."""
        return points

    def changed(self, held: Column, sent: Mapping[str, Any]) -> Column:
        """A column after an update, which replaces it all (Moodle 4.5, seen): else it is gone."""
        return replace(
            held,
            label=sent["label"],
            points=sent["scoreMaximum"],
            resource_id=sent.get("resourceId") or "",
            tag=sent.get("tag") or "",
            bound=held.bound and bool(sent.get("resourceLinkId")),
        )

    def check_link(self, activity: Activity | None) -> None:
        """A new column for a link of the course."""
        if activity is None:
            raise ServiceRefused(404, "There is no such resource link")

    def told_beyond(self, column: Column) -> dict[str, Any]:
        """What it tells of a column beyond the rest."""
        return {}

    def check_deletable(self, *, was_made: bool) -> None:
        """Any column may go, an activity's own among them (Moodle 4.5, seen)."""

    def judge(self, score: Score, place: Place, now: datetime) -> Ruling:
        """What becomes of a place by a score, or ServiceRefused. What is no final grade erases the
        grade, and what has no comment erases the comment, as in Moodle (seen on 4.5)."""
        held = place.held
        check_later(score.at, held and held.at)
        if held is not None and held.by_hand:
            return Ruling(held, OVERRIDDEN)
        if score.given is None or score.maximum is None:
            return Ruling(None, ERASED)
        points = score.of(place.activity.points) or 0.0
        return Ruling(Held(score.given, score.maximum, points, score.comment, score.at))

    def result(self, held: Held) -> dict[str, Any]:
        """The members of a result that vary."""
        return {"resultScore": held.points}

    def refusal(self, error: ServiceRefused) -> Response[Any]:
        """A service's no."""
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        return Response(
            {"error": error.reason}, status_code=error.status, headers=headers | error.headers
        )

    def token_refusal(self, error: TokenRefused) -> Response[Any]:
        """The token endpoint's no."""
        content = {"error": error.error, "error_description": error.reason}
        return Response(content, status_code=error.status, headers={"Cache-Control": "no-store"})

    def token(self, content: dict[str, Any]) -> Response[Any]:
        """The token endpoint's yes."""
        return Response(
            msgspec.json.encode(content),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )
