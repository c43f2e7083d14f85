"""Names and Role Provisioning Services: who is in a course."""

from dataclasses import dataclass, replace
from typing import Annotated

import httpx2
import msgspec
from msgspec import Meta

from lti.errors import RosterRefused
from lti.outbound import Answer
from lti.registration import Registration
from lti.roles import MEMBERSHIP, TEST_USER, Role, role_of
from lti.services import ServiceCall, ServiceClient, decode, with_query
from lti.tokens import TokenClient

ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

# What to ask for; platforms answer with the finer roles below it as well.
_ASKED_AS = {
    Role.LEARNER: f"{MEMBERSHIP}#Learner",
    Role.TEACHER: f"{MEMBERSHIP}#Instructor",
    Role.ASSISTANT: f"{MEMBERSHIP}#Instructor",
    Role.DESIGNER: f"{MEMBERSHIP}#ContentDeveloper",
    Role.ADMIN: f"{MEMBERSHIP}#Administrator",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in a course.

    name:   None where the platform keeps it to itself.
    active: False for somebody who left, or who is suspended.
    """

    user_id: str
    roles: frozenset[str]
    name: str | None
    active: bool

    @property
    def role(self) -> Role:
        """The one role that counts."""
        return role_of(self.roles)

    @property
    def is_test_student(self) -> bool:
        """Whether this is a teacher's view through a learner's eyes."""
        return TEST_USER in self.roles


@dataclass(frozen=True, slots=True)
class Roster:
    """The members of a course; not complete where there are more than we read."""

    members: tuple[Member, ...]
    is_complete: bool


class RosterClient:
    """The rosters of all platforms, each reached with a token of its own."""

    def __init__(self, http: httpx2.AsyncClient, tokens: TokenClient) -> None:
        self._service = ServiceClient(http, tokens, refused=RosterRefused)

    async def members(
        self, registration: Registration, roster_url: str, *, role: Role | None = None
    ) -> Roster:
        """Everybody in the course, or those with this role."""
        call = ServiceCall(url=_asking(roster_url, role), headers={"Accept": ROSTER_TYPE})
        listed = await self._service.pages(registration, ROSTER_SCOPE, call, _members)
        # Some platforms forget the role from the second page on.
        found = (each for each in _once_each(listed.entries) if role in {None, each.role})
        return Roster(tuple(found), listed.is_complete)


def _asking(roster_url: str, role: Role | None) -> str:
    # Never by `limit`: one platform's order changes from page to page.
    asked = _ASKED_AS.get(role) if role else None
    return with_query(roster_url, {"role": asked} if asked else {})


def _once_each(members: tuple[Member, ...]) -> list[Member]:
    """Who is listed twice, for two roles or on two pages, is one person with all of them."""
    people: dict[str, Member] = {}
    for member in members:
        known = people.get(member.user_id, member)
        people[member.user_id] = replace(
            known, roles=known.roles | member.roles, active=known.active or member.active
        )
    return list(people.values())


class _Member(msgspec.Struct):
    user_id: Annotated[str, Meta(min_length=1, max_length=255)]
    roles: list[str] = []
    status: str = "Active"
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None

    def plain(self) -> Member:
        parts = (self.given_name, self.family_name)
        name = self.name or " ".join(part for part in parts if part)
        return Member(
            user_id=self.user_id,
            roles=frozenset(_full_name(role) for role in self.roles),
            name=name.strip() or None,
            active=self.status.lower() == "active",
        )


class _Page(msgspec.Struct):
    members: list[_Member]


def _full_name(role: str) -> str:
    """The address of a role; the specification lets rosters write those of a course short."""
    return role if "/" in role or ":" in role else f"{MEMBERSHIP}#{role}"


_WHY = {
    403: "The learning platform does not let this tool see who is in the course.",
    404: "The learning platform does not know this course any more.",
}


def _members(page: Answer) -> list[Member]:
    if not 200 <= page.status < 300:
        why = _WHY.get(page.status, f"The learning platform refused the roster ({page.status}).")
        raise RosterRefused(why, status=page.status)
    return [member.plain() for member in decode(page, _Page).members]
