import pytest

from lti.claims import Role, role_of
from tests.unit.lti.lms import MEMBERSHIP, Lms

TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([f"{MEMBERSHIP}#Learner"], Role.LEARNER),
        ([f"{MEMBERSHIP}/Learner#GuestLearner"], Role.LEARNER),
        ([f"{MEMBERSHIP}#Instructor"], Role.TEACHER),
        ([f"{MEMBERSHIP}#ContentDeveloper"], Role.DESIGNER),
        ([f"{MEMBERSHIP}#Administrator"], Role.ADMIN),
        ([f"{MEMBERSHIP}#Mentor"], Role.OBSERVER),
        ([f"{MEMBERSHIP}#Member"], Role.OBSERVER),
        ([f"{MEMBERSHIP}/Instructor#TeachingAssistant"], Role.ASSISTANT),
    ],
)
def test_each_course_role_has_its_own_rights(roles: list[str], role: Role) -> None:
    assert role_of(frozenset(roles)) is role


@pytest.mark.parametrize(
    "roles",
    [
        [f"{INSTITUTION}#Instructor"],
        [f"{INSTITUTION}#Administrator", f"{SYSTEM}#Administrator"],
        [f"{SYSTEM}#SysAdmin"],
        [f"{INSTITUTION}#Student"],
    ],
)
def test_roles_outside_the_course_give_no_right_in_it(roles: list[str]) -> None:
    assert role_of(frozenset(roles)) is Role.OBSERVER


@pytest.mark.parametrize(
    "role",
    [
        "http://purl.imsglobal.org/vocab/lis/v2/evil#Instructor",
        f"{MEMBERSHIP}#instructor",
        f" {MEMBERSHIP}#Instructor",
        f"{MEMBERSHIP}#Instructor#x",
        "Instructor",
        "",
    ],
)
def test_a_look_alike_is_no_teacher(role: str) -> None:
    assert role_of(frozenset({role})) is Role.OBSERVER


def test_an_administrator_who_teaches_the_course_is_a_teacher() -> None:
    roles = {f"{INSTITUTION}#Administrator", f"{SYSTEM}#Administrator", f"{MEMBERSHIP}#Instructor"}
    assert role_of(frozenset(roles)) is Role.TEACHER


def test_an_assistant_stays_one_beside_the_teachers_role() -> None:
    roles = {f"{MEMBERSHIP}/Instructor#TeachingAssistant", f"{MEMBERSHIP}#Instructor"}
    assert role_of(frozenset(roles)) is Role.ASSISTANT


def test_a_learner_who_also_teaches_gets_no_teachers_view() -> None:
    assert role_of(frozenset({f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Instructor"})) is Role.LEARNER


async def test_a_test_student_is_a_learner_and_told_apart(lms: Lms) -> None:
    launch = await lms.launches(roles=[f"{MEMBERSHIP}#Learner", TEST_USER])
    assert launch.role is Role.LEARNER
    assert launch.is_test_student
    assert TEST_USER in launch.roles
