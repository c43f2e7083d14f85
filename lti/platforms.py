"""What single platforms do differently; the only file that names them."""

import re
from collections.abc import Mapping

from lti.login import origin_of
from lti.shape import MessageType

CANVAS = "canvas"
MOODLE = "moodle"
ACCOUNT_NAME = "https://canvas.instructure.com/lti/account_name"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
CANVAS_SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"


def score_extras(
    family: str | None, *, new: bool, first: bool, review_url: str | None = None
) -> dict[str, object]:
    """What a score says beyond the specification, for this family of platforms.

    new:   whether work was handed in. Canvas makes a submission of every score unless told not to,
           and may run into its attempt limit.
    first: whether nothing was ever sent for this learner and line item.
           `prioritize_non_tool_grade` makes Canvas keep any grade that exists, ours included, so
           it goes only with that score, where it protects a teacher's own.
    """
    if family != CANVAS:
        return {}
    submission: dict[str, object] = {"new_submission": new}
    if first:
        submission["prioritize_non_tool_grade"] = True
    if new and review_url:
        # SpeedGrader shows only what it can launch.
        submission |= {"submission_type": "basic_lti_launch", "submission_data": review_url}
    return {CANVAS_SUBMISSION: submission}


def ties_columns(family: str | None) -> bool:
    """Whether a new column may be asked for at a link that has none.

    Canvas answers 412: only a link with a column can have another.
    line_items_controller.rb, check_for_bad_resource_link, read 2026-11-28.
    """
    return family != CANVAS


def column_extras(family: str | None, opens: str | None) -> dict[str, object]:
    """What a wish for a new column says beyond the specification, for this family of platforms.

    opens: Canvas makes an assignment of each column; without this one that opens nothing.
    """
    if family != CANVAS or not opens:
        return {}
    return {CANVAS_SUBMISSION_TYPE: {"type": "external_tool", "external_tool_url": opens}}


def rescales_columns(family: str | None) -> bool:
    """Whether grades that a column holds keep their share when its maximum changes.

    Moodle 4.5.6 rescales them (seen). Canvas gives its assignment other points and leaves each
    score as it is: 80 of 100 becomes 80 of 50 (line_items_controller.rb, update_assignment, read
    2026-11-28). Of whoever we do not know we expect no better.
    """
    return family == MOODLE


def may_be_written_back(family: str | None, name: str) -> bool:
    """Whether a property of a column that was read may be written back as it is.

    Canvas lists extensions of its own that its update takes for attributes, and breaks on; what is
    left out there stays as it is (line_items_controller.rb, line_item_params, read 2026-11-28).
    """
    return family != CANVAS or not name.startswith("https://canvas.instructure.com/")


def keeps_what_is_left_out(family: str | None) -> bool:
    """Whether a property that an update leaves out stays: on Canvas, where null takes it away."""
    return family == CANVAS


def comment_for(family: str | None, comment: str, *, last: str | None) -> str | None:
    """The comment that goes with a score, after the last one that arrived with one.

    Canvas adds a further comment each time; Moodle, and to be safe whoever we do not know,
    erases the earlier one when a score comes without (seen, 4.5.6).
    """
    return None if family == CANVAS and comment == last else comment


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


def most_points(family: str | None) -> int | None:
    """The most points that a deep-linked activity can have, where they have to be whole.

    Moodle 4.5.6 makes an ungradable column of anything else, silently (seen; `gradepointmax`).
    """
    return 100 if family == MOODLE else None


def fills_a_form(family: str | None) -> bool:
    """Whether a deep-linking answer only fills a form for the teacher to save, as Moodle's."""
    return family == MOODLE


# By which variables Canvas tells how often a learner may hand work in, and how often they have: the
# specification has none for that. variable_expander.rb, read 2026-11-28.
ATTEMPT_COUNTS = {
    "attempts_allowed": "$Canvas.assignment.allowedAttempts",
    "attempts_used": "$Canvas.assignment.submission.studentAttempts",
}

ATTEMPTS_USED_UP = "The learner has used up all attempts that this assignment allows."

# Canvas: scores_controller.rb, read 2026-11-23. Each is final: no retry changes it.
_CANVAS_REFUSALS = (
    (b"maximum number of allowed attempts", ATTEMPTS_USED_UP),
    (
        b"not a student",
        "The learning platform takes no score for this person: not a learner in the course.",
    ),
)


# Moodle 4.5.6 answers an empty list to whatever it refuses (seen): the status alone tells why.
_MOODLE_SAYS_NOTHING = b"[]"
_NOT_A_LEARNER = (
    "The learning platform takes no score for this person: not, or no longer, "
    "a learner in the course."
)


def refusal_in_words(status: int, body: bytes) -> str | None:
    """Why a score was refused for good, where the platform says so in a sentence that we know."""
    if status == 400 and body.strip() == _MOODLE_SAYS_NOTHING:
        return _NOT_A_LEARNER
    if status != 422:
        return None
    return next((words for sentence, words in _CANVAS_REFUSALS if sentence in body), None)


def trouble_in_words(status: int, body: bytes) -> str | None:
    """Why a platform is in trouble, where we know: it is tried again all the same.

    Moodle 4.5.6 answers so to a score for a locked grade or column (seen); it may be unlocked.
    """
    if status == 500 and body.strip() == _MOODLE_SAYS_NOTHING:
        return "The grade, or its whole column, seems to be locked in the learning platform."
    return None


def may_give_a_token_later(status: int) -> bool:
    """Whether a refused token is worth another try.

    Moodle fetches our keys while we wait for the token, and answers an HTML page with status 404
    when it could not (seen, 4.5.6): our own restart at that moment must not cost a grade.
    """
    return status in {404, 408, 429} or not 400 <= status < 500


# Canvas answers for one issuer from two hosts: its cloud's, and that of its sign-on service.
_SPEAKS_FOR = {
    "https://sso.canvaslms.com": "https://canvas.instructure.com",
    "https://sso.beta.canvaslms.com": "https://canvas.beta.instructure.com",
    "https://sso.test.canvaslms.com": "https://canvas.test.instructure.com",
}


def may_speak_for(url: str, issuer: str) -> bool:
    """Whether what this address says about an issuer counts: it is its own host, or as listed."""
    asked, named = origin_of(url), origin_of(issuer)
    return asked is not None and named in {asked, _SPEAKS_FOR.get(asked, asked)}


def shares_issuer(issuer: str) -> bool:
    """Whether many institutions have this issuer: one is then told nothing of another."""
    return origin_of(issuer) in _SPEAKS_FOR.values()


def frames_registration(url: str) -> str | None:
    """Who shows our registration page in a frame, by where it says what it is: the platform itself.
    Canvas's cloud does so under a domain of each institution's own, which nothing tells us."""
    origin = origin_of(url)
    known = {*_SPEAKS_FOR, *_SPEAKS_FOR.values()}
    return "https:" if origin in known else origin


def token_audience(family: str, authorization_server: str | None) -> str | None:
    """Whom an assertion is for, if not the token address: Canvas names a bare host."""
    return None if family == CANVAS else authorization_server


# Where a teacher of Canvas finds us: an assignment's "External Tool", and a module's items.
_CANVAS_PLACEMENTS = ("assignment_selection", "link_selection")


def message_extras(
    family: str, message: MessageType, placements: frozenset[str], *, logo_url: str | None
) -> dict[str, object]:
    """What a message of our registration says beyond the specification."""
    if family != CANVAS or message != MessageType.DEEP_LINKING:
        return {}
    known = [name for name in _CANVAS_PLACEMENTS if name in placements or not placements]
    icon: dict[str, object] = {"icon_uri": logo_url} if logo_url else {}
    return {"placements": known, "roles": []} | icon


def privacy_extras(family: str, *, with_names: bool) -> dict[str, object]:
    """Canvas goes by a level of its own, where others go by the claims that we name."""
    level = _privacy_level(with_names=with_names)
    return {"https://canvas.instructure.com/lti/privacy_level": level} if family == CANVAS else {}


def _privacy_level(*, with_names: bool) -> str:
    return "name_only" if with_names else "anonymous"


def file_extension(
    name: str, domain: str, deep_linking_url: str, *, logo_url: str | None, with_names: bool
) -> dict[str, object]:
    """Canvas's part of a configuration file: where it shows us, and whom it tells us of."""
    icon: dict[str, object] = {"icon_url": logo_url} if logo_url else {}
    placements = [
        {
            "placement": place,
            "text": name,
            "message_type": str(MessageType.DEEP_LINKING),
            "target_link_uri": deep_linking_url,
            **icon,
        }
        for place in _CANVAS_PLACEMENTS
    ]
    return {
        "platform": "canvas.instructure.com",
        "domain": domain,
        "tool_id": domain,
        "privacy_level": _privacy_level(with_names=with_names),
        "settings": {"text": name, "platform": "canvas.instructure.com", "placements": placements},
    }
