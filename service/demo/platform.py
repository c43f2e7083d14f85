"""What this LMS is to a tool: its names, its course, its people and its addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

CLIENT_ID = "eyeball-demo"
DEPLOYMENT_ID = "1"
COURSE_ID = "echo-101"
COURSE_TITLE = "Echo 101"
POINTS = 100  # the maximum of a gradebook column that nobody chose one for

LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
LINE_ITEM_READONLY = AGS + "scope/lineitem.readonly"
LINE_ITEM = AGS + "scope/lineitem"
RESULT_READONLY = AGS + "scope/result.readonly"
SCORE = AGS + "scope/score"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (LINE_ITEM_READONLY, RESULT_READONLY, SCORE)


@dataclass(frozen=True)
class User:
    """A person in the course; `offered` ones can be chosen on the course page."""

    id: str
    given_name: str
    family_name: str
    role: str
    offered: bool = True

    @property
    def name(self) -> str:
        """The full name, as the launch and the gradebook show it."""
        return f"{self.given_name} {self.family_name}"

    @property
    def email(self) -> str:
        """An address in a domain that nobody can own."""
        return f"{self.given_name}.{self.family_name}@example.edu".lower()

    @property
    def teaches(self) -> bool:
        """Whether this person is a teacher, and so can never be graded."""
        return self.role == INSTRUCTOR


ADA = User("learner-1", "Ada", "Okafor", LEARNER)
BEA = User("learner-2", "Bea", "Lind", LEARNER, offered=False)
TESS = User("teacher-1", "Tess", "Teacher", INSTRUCTOR)
USERS = {user.id: user for user in (ADA, BEA, TESS)}


@dataclass(frozen=True)
class Column:
    """A column of the gradebook, as a tool has changed or made it.

    bound:      whether it belongs to its activity's link, which then tells its address.
    extensions: what the platform's own dialect says of it.
    """

    label: str
    points: float
    resource_id: str = ""
    tag: str = ""
    starts: str | None = None
    ends: str | None = None
    bound: bool = True
    deleted: bool = False
    extensions: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Activity:
    """A resource link of the course, with its column in the gradebook if it has one.

    client_id: the tool that a teacher picked it from; None for those that the course came with,
               which every tool may open.
    url:       where in the tool it opens; None for the tool's own address.
    due_days:  how many days from now its work is due, at the end of the day; None for never.
    column:    what a tool made of its column.
    """

    id: str
    title: str
    description: str
    line_item: int | None
    custom: Mapping[str, str]
    points: float = POINTS
    attempts_allowed: int | None = None
    due_days: int | None = None
    client_id: str | None = None
    url: str | None = None
    resource_id: str = ""
    tag: str = ""
    column: Column | None = None


# What a link asks to be told at each launch, as one made by hand in any LMS would.
DUE_AT = "$ResourceLink.submission.endDateTime"
ATTEMPTS_ALLOWED = "$Canvas.assignment.allowedAttempts"
ATTEMPTS_USED = "$Canvas.assignment.submission.studentAttempts"
TERMS = {"due_at": DUE_AT, "attempts_allowed": ATTEMPTS_ALLOWED, "attempts_used": ATTEMPTS_USED}
OWN_CLIP = Activity(
    "own-clip",
    "Your own clip",
    "Upload an apical four-chamber clip, judge its ejection fraction, then see what was read.",
    line_item=1,
    custom=MappingProxyType({"activity": "own_clip"} | TERMS),
)
PRACTICE = Activity(
    "practice",
    "Practice cases",
    "Work through prepared clips, one blinded estimate at a time.",
    line_item=2,
    custom=MappingProxyType({"activity": "practice"} | TERMS),
    due_days=7,
)


def auth_login_url(lms_url: str) -> str:
    """Where a tool sends the browser to be told who is there."""
    return lms_url + "/lti/auth"


def deep_linking_url(lms_url: str) -> str:
    """Where a tool sends what a teacher has picked."""
    return lms_url + "/lti/deep-linking"


def token_url(lms_url: str) -> str:
    """Where a tool gets its access token; also the audience of its assertion."""
    return lms_url + "/lti/token"


def jwks_url(lms_url: str) -> str:
    """The public keys of this LMS."""
    return lms_url + "/lti/jwks"
