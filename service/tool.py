"""This tool, as an LMS's administrator gets to know it: its addresses and what it asks for."""

from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from lti.roster import ROSTER_SCOPE
from lti.tool_configuration import ALL_SCOPES, ToolDescription

NAME = "Eyeball"
DESCRIPTION = "Blinded ejection-fraction practice: estimate first, then see the reading."
LOGIN_PATH = "/lti/login"
LAUNCH_PATH = "/lti/launch"
JWKS_PATH = "/lti/jwks"
LOGO_PATH = "/static/mark.svg"
# Parameters of the launch's address: whose work is asked for, and which activity is meant.
REVIEW = "review"
ACTIVITY = "activity"


def review_url(public_url: str, attempt_id: UUID) -> str:
    """Where an LMS launches staff to, to see the work behind a grade; the role decides who may."""
    return f"{public_url}{LAUNCH_PATH}?{REVIEW}={attempt_id}"


def activity_url(public_url: str, activity_id: UUID) -> str:
    """Where an LMS launches to that made a page of its own for an activity's column."""
    return f"{public_url}{LAUNCH_PATH}?{ACTIVITY}={activity_id}"


def reviewed(target_link_uri: str) -> UUID | None:
    """Which attempt such an address is about; it may come from anybody."""
    return named_in(target_link_uri, REVIEW)


def activity_named(target_link_uri: str) -> UUID | None:
    """Which activity such an address means; a teacher may have written it."""
    return named_in(target_link_uri, ACTIVITY)


def named_in(target_link_uri: str, parameter: str) -> UUID | None:
    """The id in an address of ours."""
    try:
        return UUID(dict(parse_qsl(urlsplit(target_link_uri).query))[parameter])
    except (KeyError, ValueError):
        return None


def describe(
    public_url: str, *, with_names: bool = True, with_roster: bool = True
) -> ToolDescription:
    """What we tell a platform of ourselves; names and the roster can be left out."""
    return ToolDescription(
        name=NAME,
        description=DESCRIPTION,
        target_url=public_url + LAUNCH_PATH,
        login_url=public_url + LOGIN_PATH,
        redirect_urls=(public_url + LAUNCH_PATH,),
        jwks_url=public_url + JWKS_PATH,
        logo_url=public_url + LOGO_PATH,
        with_names=with_names,
        scopes=tuple(scope for scope in ALL_SCOPES if with_roster or scope != ROSTER_SCOPE),
    )
