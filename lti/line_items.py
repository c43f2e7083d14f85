"""Line items: the columns of a gradebook, as platforms list them and as we ask for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, field

from lti.platforms import (
    column_extras,
    keeps_what_is_left_out,
    may_be_written_back,
    ties_columns,
)

type Address = Annotated[str, Meta(min_length=1, max_length=2048)]


@dataclass(frozen=True, slots=True)
class LineItem:
    """A column of the gradebook; its url is where scores go. is_new: it was made by our asking."""

    label: str
    score_maximum: float
    url: str | None = None
    resource_id: str | None = None
    tag: str | None = None
    resource_link_id: str | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItemWish:
    """A column that we would like to have.

    resource_id, tag: our own names for it, by which it is found again. With a resource_id its
                      link is not asked for: a platform may not have kept it.
    opens:            an address of ours for a platform that makes a page of each column.
    starts, ends:     when work can be handed in.
    """

    label: str
    score_maximum: float
    resource_id: str | None = None
    tag: str | None = None
    resource_link_id: str | None = None
    opens: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None

    def names(self) -> dict[str, str]:
        """What it is found by, as the specification's parameters."""
        link = None if self.resource_id else self.resource_link_id
        return _given({"resource_link_id": link, "resource_id": self.resource_id, "tag": self.tag})

    def is_met_by(self, column: LineItem) -> bool:
        """Whether this is the column; some platforms list all of them, whatever was asked for."""
        if column.url is None:
            return False
        return all(getattr(column, name) == value for name, value in self.names().items())

    def body(self, family: str | None = None) -> dict[str, object]:
        """The wish as this family of platforms takes it; what is not given is not sent."""
        written = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        if not ties_columns(family):
            del written["resource_link_id"]
        asked = {name: getattr(self, name) for name in written}
        named = {written[name]: value for name, value in _given(asked).items()}
        points = as_number(self.score_maximum)
        extras = column_extras(family, self.opens)
        times = {"startDateTime": self.starts, "endDateTime": self.ends}
        given = {name: as_moment(moment) for name, moment in times.items() if moment}
        return {"label": self.label, "scoreMaximum": points, **named, **given, **extras}


def _given(names: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in names.items() if value}


def as_number(value: float) -> float:
    """A whole number without its `.0`, which one platform does not take for one."""
    return int(value) if float(value).is_integer() else value


def as_moment(moment: datetime) -> str:
    """A moment with Z: without a zone it would mean theirs."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def changed_column(
    held: Mapping[str, Any], changes: Mapping[str, Any], family: str | None
) -> dict[str, Any] | None:
    """A column as it is to be written back: as it was read, but for these changes, where None takes
    a property away; None where it is so already. An update replaces all that it does not repeat."""
    body = {name: value for name, value in held.items() if may_be_written_back(family, name)}
    before = dict(body)
    for name, value in changes.items():
        if value is not None or (body.get(name) is not None and keeps_what_is_left_out(family)):
            body[name] = value
        else:
            body.pop(name, None)
    return None if body == before else body


class ListedLineItem(msgspec.Struct):
    """A column as platforms write it; what they leave empty they mean as absent."""

    maximum: float = field(name="scoreMaximum")
    label: str = ""
    id: Address | None = None
    resource_id: str | None = field(default=None, name="resourceId")
    tag: str | None = None
    resource_link_id: str | None = field(default=None, name="resourceLinkId")

    def plain(self) -> LineItem:
        """The column as this tool knows it."""
        return LineItem(
            label=self.label,
            score_maximum=self.maximum,
            url=self.id,
            resource_id=self.resource_id or None,
            tag=self.tag or None,
            resource_link_id=self.resource_link_id or None,
        )
