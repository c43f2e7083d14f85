"""Roles: what a person may do in a course, by the exact names that platforms give it."""

from enum import StrEnum

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


def role_of(roles: frozenset[str]) -> Role:
    """The one role that counts; whoever is unknown only looks."""
    return next((role for role, names in _ROLES if names & roles), Role.OBSERVER)
