"""What platforms tell us without a launch: asked for, and heard."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Long, Moment, Short


class NoticeService(Base):
    """Where a deployment is asked to tell us of copied courses.

    subscribed_at: since when it does, as it said. next_try_at: when it is asked next.
    """

    __tablename__ = "notice_service"
    __table_args__ = (UniqueConstraint("registration_id", "deployment_id"),)

    id: Mapped[Id]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    deployment_id: Mapped[Short]
    url: Mapped[Address]
    tries: Mapped[int]
    next_try_at: Mapped[Moment | None]
    subscribed_at: Mapped[Moment | None]
    problem: Mapped[Long | None]


class HeardNotice(Base):
    """The nonce of a notice, for as long as it could come again."""

    __tablename__ = "heard_notice"

    registration_id: Mapped[UUID] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )
    nonce: Mapped[Short] = mapped_column(primary_key=True)
    expires_at: Mapped[Moment] = mapped_column(index=True)


class CourseCopy(Base):
    """A course, and one that it was copied from, as their platform said."""

    __tablename__ = "course_copy"

    registration_id: Mapped[UUID] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )
    context_id: Mapped[Short] = mapped_column(primary_key=True)
    origin_id: Mapped[Short] = mapped_column(primary_key=True)
    heard_at: Mapped[Moment]
