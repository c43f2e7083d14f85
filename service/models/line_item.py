"""Columns of gradebooks, and how fast their platforms may be asked."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Long, Moment


class LineItem(Base):
    """A column of a gradebook that an activity's grades go to.

    url:           None while it is to be found, or made, in the container.
    container_url: where the platform keeps its columns, if it lets us make one.
    scopes:        what the platform lets us do there.
    maximum:       the column's own, as it was read last.
    changes:       what a teacher has changed and the column does not have yet, by the names of the
                   specification; a null takes a property away.
    surplus:       addresses of columns that we made beside this one, to be taken away again.
    change_at:     when either is tried next. changes_since: from then on, for some days.
    closed_until:  until then no score goes there: its maximum may be changing.
    """

    __tablename__ = "line_item"
    __table_args__ = (
        Index("uq_line_item_url", "activity_id", "url", unique=True),
        # One wish an activity; it becomes the column that was found or made.
        Index(
            "uq_line_item_wish",
            "activity_id",
            unique=True,
            postgresql_where=text("container_url IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    url: Mapped[Address | None]
    container_url: Mapped[Address | None]
    scopes: Mapped[list[str]] = mapped_column(JSONB)
    maximum: Mapped[float | None]
    maximum_read_at: Mapped[Moment | None]
    tries: Mapped[int]
    next_try_at: Mapped[Moment | None]
    problem: Mapped[Long | None]
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    surplus: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    changes_since: Mapped[Moment | None]
    change_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    change_at: Mapped[Moment | None]
    change_problem: Mapped[Long | None]
    closed_until: Mapped[Moment | None]
    created_at: Mapped[Moment]


class Pace(Base):
    """When the next score may go to a platform: a little after the last, and not while it asks us
    to wait."""

    __tablename__ = "pace"

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    next_slot_at: Mapped[Moment]
