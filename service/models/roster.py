"""Who is in a course, as its platform told us."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Long, Moment, Short


class Roster(Base):
    """The learners of one course, kept with their age.

    members:  the user id of each; None until it was read once. Names are with the learners.
    asked_at: when it was last wanted; it is read again only some time after that.
    problem:  why the last reading failed; what was read before stays.
    """

    __tablename__ = "roster"
    __table_args__ = (UniqueConstraint("registration_id", "context_id"),)

    id: Mapped[Id]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    context_id: Mapped[Short]
    url: Mapped[Address]
    members: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    is_complete: Mapped[bool]
    read_at: Mapped[Moment | None]
    asked_at: Mapped[Moment | None]
    problem: Mapped[Long | None]
