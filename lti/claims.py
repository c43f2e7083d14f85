"""A launch as the rest of the tool knows it, read from verified claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lti.login import origin_of
from lti.shape import Claims, Endpoint

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


class Role(StrEnum):
    """What a person may do in this course; an observer only looks."""

    LEARNER = "learner"
    TEACHER = "teacher"
    ASSISTANT = "assistant"
    DESIGNER = "designer"
    ADMIN = "admin"
    OBSERVER = "observer"


# The exact addresses of course roles. Roles in the system or the institution give no right in a
# course, and a look-alike such as `…/evil#Instructor` gives none at all. Mentors only look.
#
# The first that matches counts. A learner who also teaches is a learner here, or they would see
# the readings of clips they are graded on; an assistant comes with the teacher's role beside it.
_ROLES: tuple[tuple[Role, frozenset[str]], ...] = (
    (
        Role.LEARNER,
        frozenset(
            {
                f"{MEMBERSHIP}#Learner",
                f"{MEMBERSHIP}/Learner#ExternalLearner",
                f"{MEMBERSHIP}/Learner#GuestLearner",
                f"{MEMBERSHIP}/Learner#Learner",
                f"{MEMBERSHIP}/Learner#NonCreditLearner",
            }
        ),
    ),
    (
        Role.ASSISTANT,
        frozenset(
            {
                f"{MEMBERSHIP}/Instructor#Grader",
                f"{MEMBERSHIP}/Instructor#TeachingAssistant",
                f"{MEMBERSHIP}/Instructor#TeachingAssistantGroup",
                f"{MEMBERSHIP}/Instructor#TeachingAssistantOffering",
                f"{MEMBERSHIP}/Instructor#TeachingAssistantSection",
                f"{MEMBERSHIP}/Instructor#TeachingAssistantTemplate",
            }
        ),
    ),
    (
        Role.TEACHER,
        frozenset(
            {
                f"{MEMBERSHIP}#Instructor",
                f"{MEMBERSHIP}/Instructor#Lecturer",
                f"{MEMBERSHIP}/Instructor#PrimaryInstructor",
                f"{MEMBERSHIP}/Instructor#SecondaryInstructor",
            }
        ),
    ),
    (Role.ADMIN, frozenset({f"{MEMBERSHIP}#Administrator"})),
    (Role.DESIGNER, frozenset({f"{MEMBERSHIP}#ContentDeveloper"})),
)


@dataclass(frozen=True, slots=True)
class GradesEndpoint:
    """Where a platform takes grades, and what it lets us do there."""

    scopes: frozenset[str]
    lineitem: str | None
    lineitems: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A verified arrival of one person at one place of one course.

    subject: None for an anonymous guest, who may look and is never graded.
    custom:  a teacher can edit these: never decide a right by them.
    """

    registration_id: str
    subject: str | None
    deployment_id: str
    message_type: str
    target_link_uri: str
    resource_link_id: str | None
    resource_link_title: str | None
    context_id: str | None
    context_title: str | None
    context_label: str | None
    roles: frozenset[str]
    role: Role
    given_name: str | None
    name: str | None
    locale: str | None
    document_target: str | None
    return_url: str | None
    platform_family: str | None
    custom: dict[str, str]
    grades: GradesEndpoint | None
    is_test_student: bool


def read_launch(claims: Claims, *, registration_id: str) -> Launch:
    """The launch that verified claims describe."""
    roles = frozenset(claims.roles)
    link, course, shown = claims.resource_link, claims.context, claims.presentation
    platform = claims.tool_platform
    return Launch(
        registration_id=registration_id,
        subject=claims.sub or None,
        deployment_id=claims.deployment_id,
        message_type=claims.message_type,
        target_link_uri=claims.target_link_uri,
        resource_link_id=link and link.id,
        resource_link_title=link and link.title,
        context_id=course and course.id,
        context_title=course and course.title,
        context_label=course and course.label,
        roles=roles,
        role=role_of(roles),
        given_name=claims.given_name,
        name=claims.name,
        locale=(shown and shown.locale) or claims.locale,
        document_target=shown and shown.document_target,
        return_url=shown and _web_address(shown.return_url),
        platform_family=platform and platform.product_family_code,
        custom=_texts(claims.custom or {}),
        grades=claims.endpoint and _grades(claims.endpoint),
        is_test_student=TEST_USER in roles,
    )


def role_of(roles: frozenset[str]) -> Role:
    """The one role that counts; whoever is unknown only looks."""
    return next((role for role, names in _ROLES if names & roles), Role.OBSERVER)


def _web_address(url: str | None) -> str | None:
    """Only http and https: a `javascript:` return address would run in our page."""
    return url if url and origin_of(url) else None


def _texts(custom: Mapping[str, object]) -> dict[str, str]:
    """Custom values as text; null means "known, but no value here", and lists have no meaning."""
    return {
        name: str(value) for name, value in custom.items() if isinstance(value, str | int | float)
    }


def _grades(endpoint: Endpoint) -> GradesEndpoint:
    # One platform sends an empty string for "no line item".
    return GradesEndpoint(
        scopes=frozenset(endpoint.scope),
        lineitem=endpoint.lineitem or None,
        lineitems=endpoint.lineitems or None,
    )
