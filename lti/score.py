"""A score as platforms take it, and what keeps them from erasing a grade by it."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a learner reached. Platforms take it only if it is later than the one they hold.

    score_maximum:    the line item's own, since one platform rounds before it scales.
    comment:          None only where platforms.comment_for says so: on others, a score that lacks
                      it erases the earlier comment.
    grading_progress: anything but FullyGraded erases the grade, so there is nothing else to say.
    """

    user_id: str
    score_given: float
    score_maximum: float
    comment: str | None
    timestamp: datetime
    started_at: datetime | None = None
    submitted_at: datetime | None = None
    review_url: str | None = None
    activity_progress: Literal["InProgress", "Submitted", "Completed"] = "Completed"
    grading_progress: Literal["FullyGraded"] = "FullyGraded"

    def __post_init__(self) -> None:
        # JSON has no NaN: it would go as null, which erases the grade.
        if not (math.isfinite(self.score_given) and math.isfinite(self.score_maximum)):
            raise ValueError("a score is a finite number")
        if self.score_given < 0 or self.score_maximum <= 0:
            raise ValueError("a score is at least 0, of a maximum above 0")
        moments = (self.timestamp, self.started_at, self.submitted_at)
        if any(moment and moment.tzinfo is None for moment in moments):
            raise ValueError("a score's times have a time zone")


def score_body(score: Score) -> dict[str, object]:
    """A score as the specification writes it."""
    times = {"startedAt": score.started_at, "submittedAt": score.submitted_at}
    submission = {name: _iso(moment) for name, moment in times.items() if moment}
    body: dict[str, object] = {
        "userId": score.user_id,
        "scoreGiven": score.score_given,
        "scoreMaximum": score.score_maximum,
        "activityProgress": score.activity_progress,
        "gradingProgress": score.grading_progress,
        "timestamp": _iso(score.timestamp),
    }
    said: dict[str, object] = {"comment": score.comment, "submission": submission}
    return body | {name: value for name, value in said.items() if value}


def _iso(moment: datetime) -> str:
    """With a fraction, which orders scores within a second, and with Z: no zone means theirs."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
