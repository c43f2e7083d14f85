import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from lti.errors import LtiError, PlatformUnreachable, RosterRefused, TokenRefused
from lti.keys import ToolKey
from lti.roles import MEMBERSHIP, TEST_USER, Role
from lti.roster import Member, Roster, RosterClient
from lti.tokens import TokenClient
from tests.unit.lti.lms import Clock, Lms

KEY = ToolKey.generate()
ROSTER = "https://lms.test/CourseSection/3/bindings/1/memberships"
LEARNER, TEACHER = f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Instructor"

type Reads = Callable[..., Any]


@pytest.fixture
def reads(lms: Lms, clock: Clock) -> Reads:
    async def key() -> ToolKey:
        return KEY

    lms.script["/token"] = lambda _: httpx2.Response(
        200, json={"access_token": "t", "expires_in": 60}
    )
    client = RosterClient(lms.http, TokenClient(lms.http, key, clock=clock))

    async def reads(url: str = ROSTER, role: Role | None = None) -> Roster:
        return await client.members(lms.registration, url, role=role)

    return reads


def lists(lms: Lms, *members: Any, link: str = "", path: str = ROSTER, **changes: Any) -> None:
    """The platform shows these members at this address."""
    body = {"id": "x", "context": {"id": "3"}, "members": list(members)} | changes
    shown = httpx2.Response(200, json=body, headers={"Link": link} if link else {})
    lms.script[httpx2.URL(path).path] = lambda _: shown


def calls(lms: Lms) -> list[httpx2.Request]:
    return [request for request in lms.asked if request.url.path != "/token"]


def person(user_id: str = "8", *roles: str, **more: Any) -> dict[str, Any]:
    return {"user_id": user_id, "roles": list(roles) or ["Learner"], "status": "Active"} | more


async def test_a_roster_names_the_members_of_a_course(lms: Lms, reads: Reads) -> None:
    lists(
        lms,
        person("8", name="Stu Dent", given_name="Stu", email="stu@lms.test"),
        person("7", "Instructor", given_name="Tess", family_name="Teacher"),
        person("9", name=""),
    )
    roster = await reads()
    assert roster.is_complete
    assert roster.members == (
        Member(user_id="8", roles=frozenset({LEARNER}), name="Stu Dent", active=True),
        Member(user_id="7", roles=frozenset({TEACHER}), name="Tess Teacher", active=True),
        Member(user_id="9", roles=frozenset({LEARNER}), name=None, active=True),
    )
    assert [member.role for member in roster.members] == [Role.LEARNER, Role.TEACHER, Role.LEARNER]


async def test_the_platform_is_asked_in_its_own_type(lms: Lms, reads: Reads) -> None:
    lists(lms)
    assert (await reads()).members == ()
    (call,) = calls(lms)
    assert str(call.url) == ROSTER
    assert call.headers["Accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    assert call.headers["Authorization"] == "Bearer t"
    scope = httpx2.QueryParams(lms.asked[0].content.decode())["scope"]
    assert scope == "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Learner", Role.LEARNER),
        (LEARNER, Role.LEARNER),
        ("Instructor", Role.TEACHER),
        ("ContentDeveloper", Role.DESIGNER),
        ("Administrator", Role.ADMIN),
        ("Mentor", Role.OBSERVER),
        (f"{MEMBERSHIP}/Instructor#TeachingAssistant", Role.ASSISTANT),
        ("http://purl.imsglobal.org/vocab/lis/v2/evil#Instructor", Role.OBSERVER),
        ("urn:lti:role:ims/lis/Instructor", Role.OBSERVER),
        ("", Role.OBSERVER),
    ],
)
async def test_roles_may_be_written_short_in_a_roster(
    lms: Lms, reads: Reads, name: str, role: Role
) -> None:
    lists(lms, person("8", name))
    assert (await reads()).members[0].role is role


async def test_a_test_student_is_told_apart(lms: Lms, reads: Reads) -> None:
    lists(lms, person("8", LEARNER, TEST_USER), person("9", LEARNER))
    members = (await reads()).members
    assert [member.is_test_student for member in members] == [True, False]


@pytest.mark.parametrize(
    ("status", "active"),
    [("Active", True), ("active", True), ("Inactive", False), ("Deleted", False), ("", False)],
)
async def test_whoever_left_is_not_active(
    lms: Lms, reads: Reads, status: str, active: bool
) -> None:
    lists(lms, person(status=status))
    assert (await reads()).members[0].active is active


async def test_a_member_without_status_or_roles_is_active_and_looks(lms: Lms, reads: Reads) -> None:
    lists(lms, {"user_id": "8"})
    (member,) = (await reads()).members
    assert (member.active, member.role) == (True, Role.OBSERVER)


async def test_a_roster_goes_on_page_by_page(lms: Lms, reads: Reads) -> None:
    lists(lms, person("8"), link='<https://lms.test/p?page=bookmark:WyJB>; rel="next"')
    lists(lms, person("9"), path="https://lms.test/p")
    assert [member.user_id for member in (await reads()).members] == ["8", "9"]
    assert calls(lms)[1].url.params["page"] == "bookmark:WyJB"
    assert calls(lms)[1].headers["Accept"] == calls(lms)[0].headers["Accept"]


async def test_somebody_listed_twice_is_one_person_with_all_roles(lms: Lms, reads: Reads) -> None:
    lists(
        lms,
        person("8", "Learner", status="Inactive", name="Stu"),
        person("9"),
        person("8", "Instructor"),
    )
    first, second = (await reads()).members
    assert (first.user_id, second.user_id) == ("8", "9")
    assert (first.roles, first.active, first.name) == (frozenset({LEARNER, TEACHER}), True, "Stu")


async def test_a_role_is_asked_for_and_looked_at_again(lms: Lms, reads: Reads) -> None:
    lists(lms, person("8"), person("7", "Instructor"))
    assert [member.user_id for member in (await reads(role=Role.LEARNER)).members] == ["8"]
    assert calls(lms)[0].url.params["role"] == LEARNER


async def test_a_role_goes_behind_the_query_that_is_there(lms: Lms, reads: Reads) -> None:
    lists(lms)
    await reads(ROSTER + "?group=1", role=Role.TEACHER)
    assert dict(calls(lms)[0].url.params) == {"group": "1", "role": TEACHER}


async def test_a_role_without_a_name_is_picked_out_here(lms: Lms, reads: Reads) -> None:
    lists(lms, person("8"), person("7", "Mentor"))
    assert [member.user_id for member in (await reads(role=Role.OBSERVER)).members] == ["7"]
    assert str(calls(lms)[0].url) == ROSTER


@pytest.mark.parametrize(
    "link",
    ["https://evil.test/p2", "http://lms.test/p2", "https://lms.test:8443/p2", "//evil.test/"],
)
async def test_a_token_never_follows_a_link_to_another_server(
    lms: Lms, reads: Reads, link: str
) -> None:
    lists(lms, person(), link=f"<{link}>; rel=next")
    with pytest.raises(RosterRefused):
        await reads()
    assert len(calls(lms)) == 1


async def test_a_list_that_bites_its_own_tail_ends(lms: Lms, reads: Reads) -> None:
    lists(lms, person(), link=f"<{ROSTER}>; rel=next")
    roster = await reads()
    assert (len(roster.members), roster.is_complete) == (1, False)


async def test_a_list_without_end_is_cut_after_fifty_pages(lms: Lms, reads: Reads) -> None:
    def shows(request: httpx2.Request) -> httpx2.Response:
        page = int(request.url.params.get("page", "1"))
        return httpx2.Response(
            200,
            json={"members": [person(str(page))]},
            headers={"Link": f"<{ROSTER}?page={page + 1}>; rel=next"},
        )

    lms.script[httpx2.URL(ROSTER).path] = shows
    roster = await reads()
    assert (len(roster.members), roster.is_complete) == (50, False)


async def test_more_members_than_we_read_are_left_out_and_it_shows(lms: Lms, reads: Reads) -> None:
    lists(lms, *(person(str(number)) for number in range(5_000)))
    assert (await reads()).is_complete
    lists(lms, *(person(str(number)) for number in range(5_001)))
    roster = await reads()
    assert (len(roster.members), roster.is_complete) == (5_000, False)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
async def test_a_platform_that_shows_no_roster_says_so(lms: Lms, reads: Reads, status: int) -> None:
    lms.script[httpx2.URL(ROSTER).path] = lambda _: httpx2.Response(status, content=b"Stu Dent")
    with pytest.raises(RosterRefused) as refusal:
        await reads()
    assert refusal.value.status == status
    assert "Stu" not in refusal.value.message


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, TokenRefused), (429, PlatformUnreachable), (500, PlatformUnreachable)],
)
async def test_trouble_is_told_from_a_no(
    lms: Lms, reads: Reads, status: int, error: type[LtiError]
) -> None:
    lms.script[httpx2.URL(ROSTER).path] = lambda _: httpx2.Response(
        status, headers={"Retry-After": "7"}
    )
    with pytest.raises(error) as trouble:
        await reads()
    if isinstance(trouble.value, PlatformUnreachable):
        assert trouble.value.retry_after == 7


@pytest.mark.parametrize("url", ["", "http://lms.test/x", "https://u@lms.test/", "file:///etc"])
async def test_a_token_never_goes_to_an_address_without_https(
    lms: Lms, reads: Reads, url: str
) -> None:
    with pytest.raises(RosterRefused):
        await reads(url)
    assert lms.asked == []


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"members": None},
        {"members": {}},
        {"members": [7]},
        {"members": [{}]},
        {"members": [{"user_id": ""}]},
        {"members": [{"user_id": 8}]},
        {"members": [person(roles="Learner")]},
        {"members": [person(status=None)]},
        {"members": [person(name=7)]},
        [],
        "x",
    ],
)
async def test_a_roster_that_cannot_be_read_is_worth_another_try(
    lms: Lms, reads: Reads, nonsense: Any
) -> None:
    body = json.dumps(nonsense).encode()
    lms.script[httpx2.URL(ROSTER).path] = lambda _: httpx2.Response(200, content=body)
    with pytest.raises(PlatformUnreachable):
        await reads()
