"""The rules of a score, pure: what a tool may send, and the grade that comes of it."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.demo.errors import ServiceRefused
from service.demo.platform import USERS

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
SUBMISSION_TYPES = ("none", "basic_lti_launch", "online_text_entry", "online_url", "online_upload")
HIGHEST_NUMBER = 1e6  # Moodle breaks on 1e9 (seen on 4.5)
REQUIRED = ("userId", "timestamp", "activityProgress", "gradingProgress")
ISO_8601 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", flags=re.ASCII
)


@dataclass(frozen=True)
class Score:
    """A score that follows the rules; `given` is None where it would erase the grade.

    new_submission, prioritizes_others, preserves: what only Canvas asks about.
    work_url: where staff are launched to, to see the work behind it.
    """

    user_id: str
    at: datetime
    given: float | None
    maximum: float | None
    comment: str | None
    submitted_at: datetime | None = None
    new_submission: bool = True
    prioritizes_others: bool = False
    preserves: bool = False
    work_url: str | None = None

    def of(self, points: float) -> float | None:
        """On a gradebook column of so many points: rescaled, and capped at its maximum."""
        if self.given is None or self.maximum is None:
            return None
        return min(float(points), round(self.given, 5) / self.maximum * points)


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in the body."""
    try:
        fields = json.loads(body, parse_constant=_no_constant)
        json.dumps(fields, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError) as error:
        raise ServiceRefused(400, "the body is not JSON") from error
    if not isinstance(fields, dict):
        raise ServiceRefused(400, "the body is not a JSON object")
    return fields


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def check(fields: dict[str, Any], stranger: tuple[int, str]) -> Score:
    """The score in these fields, or why it is refused.

    stranger: the status and words for a score of somebody who is no learner here.
    """
    for name in REQUIRED:
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise ServiceRefused(400, f"{name} is missing or not a text")
    _check_progress(fields)
    at = _timestamp(fields["timestamp"])
    given, maximum = _number(fields, "scoreGiven"), _number(fields, "scoreMaximum")
    if given is not None and not maximum:
        raise ServiceRefused(400, "scoreGiven needs a scoreMaximum above 0")
    comment = fields.get("comment")
    if not isinstance(comment, str | None):
        raise ServiceRefused(400, "comment is not a text")
    user = USERS.get(fields["userId"])
    if user is None or user.teaches:
        raise ServiceRefused(*stranger)
    # Anything but FullyGraded erases the grade and its comment, as Moodle does (seen on 4.5).
    graded = given if fields["gradingProgress"] == "FullyGraded" else None
    return Score(user.id, at, graded, maximum, comment, **_extras(fields))


def _extras(fields: dict[str, Any]) -> dict[str, Any]:
    """What goes beyond a grade: when the work was handed in, and Canvas's own."""
    submission, canvas = fields.get("submission", {}), fields.get(CANVAS_SUBMISSION, {})
    if not isinstance(submission, dict) or not isinstance(canvas, dict):
        raise ServiceRefused(400, "submission is not an object")
    at = submission.get("submittedAt")
    return {
        "submitted_at": None if at is None else _timestamp(str(at)),
        "new_submission": canvas.get("new_submission") is not False,
        "prioritizes_others": canvas.get("prioritize_non_tool_grade") is True,
        "preserves": canvas.get("preserve_score") is True,
        "work_url": _work_url(canvas),
    }


def _work_url(canvas: dict[str, Any]) -> str | None:
    """Canvas keeps what it can launch only where the kind of work says so."""
    kind, told = canvas.get("submission_type"), canvas.get("submission_data")
    if kind not in (None, *SUBMISSION_TYPES):
        raise ServiceRefused(422, "submission_type is none of those that Canvas names")
    if kind != "basic_lti_launch":
        return None
    if not isinstance(told, str) or not told.startswith(("https://", "http://")):
        raise ServiceRefused(422, "submission_data is no address")
    return told[:2000]


def _check_progress(fields: dict[str, Any]) -> None:
    if fields["activityProgress"] not in ACTIVITY_PROGRESS:
        raise ServiceRefused(400, "activityProgress is none of those that AGS names")
    if fields["gradingProgress"] not in GRADING_PROGRESS:
        raise ServiceRefused(400, "gradingProgress is none of those that AGS names")


def _timestamp(text: str) -> datetime:
    if not ISO_8601.fullmatch(text):
        raise ServiceRefused(400, "timestamp is not ISO 8601 with a zone")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ServiceRefused(400, "timestamp is no date of the calendar") from error


def _number(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ServiceRefused(400, f"{name} is not a number")
    if not 0 <= value <= HIGHEST_NUMBER:
        raise ServiceRefused(400, f"{name} is out of range")
    return float(value)


def check_later(at: datetime, stored: datetime | None) -> None:
    """Moodle compares whole seconds: two scores within one second lose the second one."""
    if stored is not None and int(at.timestamp()) <= int(stored.timestamp()):
        raise ServiceRefused(409, "Refusing score with an earlier timestamp")
