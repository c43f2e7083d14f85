"""Deep linking: a teacher's choice of activities, signed and ready to go back to the platform.

The answer is data alone: the service's page posts `jwt` to `url`, in the browser of the teacher.
"""

import math
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lti.claims import DeepLinkingSettings
from lti.errors import DeepLinkingRefused
from lti.keys import ToolKey
from lti.line_items import LineItemWish, as_moment, as_number
from lti.outbound import is_safe
from lti.platforms import most_points
from lti.registration import Registration
from lti.shape import DEEP_LINKING_CLAIM, LTI
from lti.tokens import ASSERTION_SECONDS, BACKDATE_SECONDS

LINK = "ltiResourceLink"
LONGEST_TITLE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepLinkingRequest:
    """What a deep-linking launch leaves behind until the teacher has chosen."""

    registration: Registration
    deployment_id: str
    platform_family: str | None
    settings: DeepLinkingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One activity, as a teacher chose it.

    url:       None for the tool's own address.
    custom:    comes back with each launch; a teacher can edit it on the way.
    line_item: None for an activity without a grade; its resource link is the platform's to add.
    opens, closes: when work can be handed in. It stays to be seen when it has closed, since its
               answers are looked at then: so nothing says until when it is available.
    """

    title: str
    url: str | None = None
    text: str | None = None
    custom: dict[str, str] = field(default_factory=dict[str, str])
    line_item: LineItemWish | None = None
    opens: datetime | None = None
    closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeepLinkingAnswer:
    """Where the browser posts which token, in a field named JWT.

    without_line_items: the platform takes no line item, so that this tool has to ask for the
                        gradebook columns itself, or the teacher to make them.
    """

    url: str
    jwt: str = field(repr=False)
    without_line_items: bool


def respond(
    request: DeepLinkingRequest,
    key: ToolKey,
    items: Sequence[Item],
    *,
    now: datetime,
    message: str | None = None,
    error: str | None = None,
) -> DeepLinkingAnswer:
    """The signed choice; no items for a teacher who chose none. DeepLinkingRefused, in words.

    message, error: what the platform may show to the teacher. One never does, so the service's
                    own page says it as well.
    """
    settings = request.settings
    _check(items, request)
    takes_columns = settings.accept_lineitem is not False
    optional = {"data": settings.data, "msg": message, "errormsg": error}
    claims = {
        **_envelope(request.registration, now),
        LTI + "deployment_id": request.deployment_id,
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        DEEP_LINKING_CLAIM + "content_items": [_written(item, settings) for item in items],
        **{DEEP_LINKING_CLAIM + name: said for name, said in optional.items() if said is not None},
    }
    dropped = not takes_columns and any(item.line_item for item in items)
    return DeepLinkingAnswer(settings.return_url, key.sign(claims), dropped)


def _envelope(registration: Registration, now: datetime) -> dict[str, object]:
    moment = int(now.timestamp())
    return {
        "iss": registration.client_id,
        "aud": registration.issuer,
        # One platform allows no skew: what was made a second in its future is refused (seen).
        "iat": moment - BACKDATE_SECONDS,
        "exp": moment + ASSERTION_SECONDS,
        "nonce": secrets.token_urlsafe(16),
    }


def _written(item: Item, settings: DeepLinkingSettings) -> Mapping[str, object]:
    """An item as the specification writes it; never a null, which one platform takes for text."""
    written = {"type": LINK, "title": item.title}
    column = item.line_item if settings.accept_lineitem is not False else None
    optional = {
        "url": item.url,
        "text": item.text,
        "custom": item.custom,
        "lineItem": column and _column(column),
        "available": _period(item.opens, None),
        "submission": _period(item.opens, item.closes),
        "window": _window(settings),
    }
    return written | {name: value for name, value in optional.items() if value}


def _period(start: datetime | None, end: datetime | None) -> Mapping[str, str]:
    moments = {"startDateTime": start, "endDateTime": end}
    return {name: as_moment(moment) for name, moment in moments.items() if moment}


def _window(settings: DeepLinkingSettings) -> Mapping[str, str] | None:
    """A window of its own where the platform has no frame for it; else how it is shown stays the
    platform's choice, which knows its page and the teacher's wish."""
    return {"targetName": "_blank"} if set(settings.accept_targets) == {"window"} else None


# Without it one platform's gradebook leads nobody to the work behind a grade (seen): with none of
# the optional parts, to the activity's own address.
_REVIEW = {"submissionReview": {"reviewableStatus": ["Completed"]}}


def _column(wish: LineItemWish) -> Mapping[str, object]:
    named = {"label": wish.label, "resourceId": wish.resource_id, "tag": wish.tag}
    points = {"scoreMaximum": as_number(wish.score_maximum)}
    return points | {name: value for name, value in named.items() if value} | _REVIEW


def _check(items: Sequence[Item], request: DeepLinkingRequest) -> None:
    if items and LINK not in request.settings.accept_types:
        raise DeepLinkingRefused("The learning platform takes no activities here.")
    if len(items) > 1 and not request.settings.accept_multiple:
        raise DeepLinkingRefused("The learning platform takes one activity at a time here.")
    for item in items:
        fault = next(_faults(item, most_points(request.platform_family)), None)
        if fault:
            raise DeepLinkingRefused(fault)


# A line break in a value would add another parameter on one platform (seen).
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_A_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Any other name comes back in small letters, and with underscores.
_NAME = re.compile("[a-z][a-z0-9_]{0,63}")


def _faults(item: Item, most: int | None) -> Iterator[str]:
    if not item.title.strip() or len(item.title) > LONGEST_TITLE:
        yield f"An activity needs a title of at most {LONGEST_TITLE} characters."
    if item.url is not None and not is_safe(item.url):
        yield "An activity's address has to be https."
    if any(not _NAME.fullmatch(name) for name in item.custom):
        yield "The name of a parameter has small letters, digits and underscores only."
    column = item.line_item
    lines = [item.title, *item.custom.values()]
    if column:
        lines += [column.label, column.resource_id or "", column.tag or ""]
        yield from _column_faults(column, most)
    if any(map(_NOT_IN_A_LINE.search, lines)) or _NOT_IN_A_TEXT.search(item.text or ""):
        yield "A title or parameter cannot hold line breaks or other control characters."


def _column_faults(column: LineItemWish, most: int | None) -> Iterator[str]:
    points = column.score_maximum
    if not math.isfinite(points) or points <= 0:
        yield "An activity's points are more than 0."
    elif most is not None and not (float(points).is_integer() and points <= most):
        yield f"This learning platform takes whole points, from 1 to {most}."
