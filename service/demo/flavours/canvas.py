"""Canvas, as its documentation, its scores_controller.rb (read 2026-11-23) and its
line_items_controller.rb (read 2026-11-28) have it.

Its registration is in registration.py.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from litestar import Response

from service.demo.errors import ServiceRefused
from service.demo.flavours.plain import ERASED, GRADED, Held, Place, Plain, Ruling
from service.demo.platform import COURSE_ID, LINE_ITEM, ROSTER, SCOPES, Activity, Column
from service.demo.scores import Score

ROOT = "/api/lti/courses/"
SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"
MOST_AHEAD = timedelta(minutes=1)


class Canvas(Plain):
    """Submissions, attempts, comments that pile up, throttles that look like a no, and pages."""

    family = "canvas"
    manners = "Canvas"
    substitutes = ("$ResourceLink.", "$Canvas.")
    scopes = (*SCOPES, LINE_ITEM, ROSTER)
    stranger = (422, "User not found in course or is not a student")
    deployment_parameter = "deployment_id"
    storage_target = "post_message_forwarding"
    has_roster = True
    rotates_keys = True
    launches_work = True
    labels_are_titles = True
    rescales = False
    page_size = 1  # of 10 in truth: so that three people are three pages

    def line_items(self) -> str:
        """Without a query."""
        return f"{ROOT}{COURSE_ID}/line_items"

    def line_item(self, number: int) -> str:
        """Without a query, and without the word at its end."""
        return f"{self.line_items()}/{number}"

    def roster(self) -> str:
        """Under another name."""
        return f"{ROOT}{COURSE_ID}/names_and_roles"

    def check_address(self, path: str, type_ids: list[str]) -> None:
        """No more than the path."""
        if not path.startswith(ROOT):
            raise ServiceRefused(404, "The specified resource does not exist.")

    def check_sent(self, media_type: str, wanted: str) -> None:
        """Whatever is JSON by its name."""
        if not media_type.endswith("json"):
            raise ServiceRefused(415, "The content type is not supported.")

    def check_accept(self, accepted: str | None, media_type: str) -> None:
        """It answers as it does."""

    def throttled(self) -> ServiceRefused:
        """A 403 whose header says that it is none."""
        return ServiceRefused(
            403, "403 Forbidden (Rate Limit Exceeded)", {"X-Rate-Limit-Remaining": "0.0"}
        )

    def changed(self, held: Column, sent: Mapping[str, Any]) -> Column:
        """What is left out stays, null takes away, and its own extension breaks it."""
        if SUBMISSION_TYPE in sent:
            raise ServiceRefused(500, "unknown attribute for Lti::LineItem")
        times = {"startDateTime": "starts", "endDateTime": "ends"}
        return replace(
            held,
            label=sent.get("label") or held.label,
            points=sent.get("scoreMaximum") or held.points,
            resource_id=sent.get("resourceId") or held.resource_id,
            tag=sent.get("tag") or held.tag,
            **{ours: sent[theirs] for theirs, ours in times.items() if theirs in sent},
        )

    def told_beyond(self, column: Column) -> dict[str, Any]:
        """Dates, and of what kind its assignment was made."""
        times = {"startDateTime": column.starts, "endDateTime": column.ends}
        return {name: at for name, at in times.items() if at} | dict(column.extensions)

    def check_link(self, activity: Activity | None) -> None:
        """Only a link that has a column can have another."""
        super().check_link(activity)
        if activity is None or activity.line_item is None:
            raise ServiceRefused(412, "Precondition Failed")

    def check_deletable(self, *, was_made: bool) -> None:
        """What came with an assignment goes with it alone."""
        if not was_made:
            raise ServiceRefused(401, "The line item is coupled to its assignment")

    def judge(self, score: Score, place: Place, now: datetime) -> Ruling:
        """Every score is a submission unless it says otherwise, and there may be too many of them.
        `prioritize_non_tool_grade` keeps any grade that there is, the tool's own included."""
        held = place.held
        if held is not None and score.at < held.at:
            moments = f"{score.at.isoformat()} before last updated timestamp of"
            raise ServiceRefused(400, f"Provided timestamp of {moments} {held.at.isoformat()}")
        if score.submitted_at is not None and score.submitted_at > now + MOST_AHEAD:
            raise ServiceRefused(400, "Provided submitted_at timestamp of the future")
        most = place.activity.attempts_allowed
        if score.new_submission and most is not None and place.submissions >= most:
            raise ServiceRefused(422, "The maximum number of allowed attempts has been reached")
        if score.prioritizes_others and held is not None:
            return Ruling(held, "kept the grade that there was", submits=score.new_submission)
        if score.given is None or score.maximum is None:
            kept = held if score.preserves else None
            return Ruling(kept, GRADED if kept else ERASED, submits=score.new_submission)
        points = score.given / score.maximum * place.activity.points
        comments = [text for text in (held and held.comment, score.comment) if text]
        comment = "\n".join(comments) or None
        held = Held(score.given, score.maximum, points, comment, score.at)
        return Ruling(held, submits=score.new_submission)

    def refusal(self, error: ServiceRefused) -> Response[Any]:
        """Errors with a type and a message."""
        kinds = {401: "unauthorized", 404: "not_found", 422: "unprocessable_entity"}
        content = {
            "errors": {"type": kinds.get(error.status, "bad_request"), "message": error.reason}
        }
        return Response(content, status_code=error.status, headers=error.headers)
