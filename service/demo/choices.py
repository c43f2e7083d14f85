"""What a tool says a teacher has picked: read strictly, since whatever is taken is in the course.

Pure: the token's signature has been checked, and its ticket is the store's to use up.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field
from msgspec.structs import astuple

from service.demo.errors import ChoiceRefused
from service.demo.platform import DEEP_LINKING, LTI
from service.demo.tools import Client

LONGEST_LIFETIME_SECONDS = 3600
FIXED = {  # each claim's only value
    LTI + "message_type": "LtiDeepLinkingResponse",
    LTI + "version": "1.3.0",
}

type Name = Annotated[str, Meta(max_length=255)]
type Address = Annotated[str, Meta(max_length=2048)]


class LineItem(msgspec.Struct, rename="camel"):
    """The column that an item asks for."""

    score_maximum: Annotated[float, Meta(gt=0, le=1e6)]
    label: Name = ""
    resource_id: Name = ""
    tag: Name = ""
    submission_review: dict[str, Any] | None = None  # read, and of no use here


class Period(msgspec.Struct, rename="camel"):
    """From when on, and until when."""

    start_date_time: datetime | None = None
    end_date_time: datetime | None = None


class Item(msgspec.Struct, rename="camel"):
    """An activity that a teacher has picked."""

    type: Literal["ltiResourceLink"]
    title: Annotated[str, Meta(min_length=1, max_length=255)]
    url: Address | None = None
    text: Annotated[str, Meta(max_length=10_000)] = ""
    custom: Annotated[dict[Name, Address], Meta(max_length=50)] = field(
        default_factory=dict[str, str]
    )
    line_item: LineItem | None = None
    available: Period | None = None
    submission: Period | None = None


Items = Annotated[list[Item], Meta(max_length=50)]


def read_choice(claims: dict[str, Any], client: Client, tool_url: str, now: datetime) -> list[Item]:
    """The activities in a token's claims, or why they are not taken."""
    for name, value in {**FIXED, LTI + "deployment_id": client.deployment_id}.items():
        if claims.get(name) != value:
            raise ChoiceRefused(f"{name.rpartition('/')[2]} has to be {value}.")
    _check_times(claims, now)
    try:
        items = msgspec.convert(claims.get(DEEP_LINKING + "content_items"), Items)
    except msgspec.ValidationError as error:
        raise ChoiceRefused(f"The tool's answer is not what it must be: {error}") from error
    for item in items:
        for period in filter(None, (item.available, item.submission)):
            if any(moment and moment.tzinfo is None for moment in astuple(period)):
                raise ChoiceRefused("A date of an activity has no time zone.")
        if item.url is not None and not item.url.startswith(f"{tool_url}/"):
            raise ChoiceRefused("An activity leads to an address that is not the tool's.")
    return items


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    made, ends = claims["iat"], claims["exp"]
    if not all(isinstance(moment, int | float) for moment in (made, ends)):
        raise ChoiceRefused("iat and exp have to be numbers.")
    # No leeway: Moodle refuses an `iat` one second ahead of its own clock (seen on 4.5).
    if made > now.timestamp() or ends <= now.timestamp():
        raise ChoiceRefused("The tool's answer is not valid now.")
    if ends - made > LONGEST_LIFETIME_SECONDS:
        raise ChoiceRefused("The tool's answer lives longer than an hour.")
