"""What single platforms do differently; the only file that names them."""

import re
from collections.abc import Mapping

CANVAS = "canvas"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"


def score_extras(
    family: str | None, *, first: bool, review_url: str | None = None
) -> dict[str, object]:
    """What a score says beyond the specification, for this family of platforms.

    Canvas makes a new submission of every score unless told not to, and may run into its attempt
    limit. `prioritize_non_tool_grade` makes it keep any grade that exists, ours included, so it
    goes only with the first score of a learner in a line item, where it protects a teacher's own.
    """
    if family != CANVAS:
        return {}
    if not first:
        return {CANVAS_SUBMISSION: {"new_submission": False}}
    submission: dict[str, object] = {"new_submission": True, "prioritize_non_tool_grade": True}
    if review_url:
        # SpeedGrader shows only what it can launch.
        submission |= {"submission_type": "basic_lti_launch", "submission_data": review_url}
    return {CANVAS_SUBMISSION: submission}


def is_throttled(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer only asks for patience: Canvas says so with a 403, too."""
    remaining = headers.get("X-Rate-Limit-Remaining", "")
    return status == 429 or (
        status == 403 and re.fullmatch(r"-\d.*|0+(\.0*)?", remaining) is not None
    )


def is_outdated(status: int, body: bytes) -> bool:
    """Whether a score came too late: Moodle answers 409, Canvas 400 with this sentence.

    Canvas: scores_controller.rb, verify_valid_timestamp, read 2026-11-23.
    """
    return status == 409 or (status == 400 and b"before last updated timestamp" in body)


def may_give_a_token_later(status: int) -> bool:
    """Whether a refused token is worth another try.

    Moodle fetches our keys while we wait for the token, and answers an HTML page with status 404
    when it could not (seen, 4.5.6): our own restart at that moment must not cost a grade.
    """
    return status in {404, 408, 429} or not 400 <= status < 500
