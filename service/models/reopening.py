"""A case that a teacher gave back to a learner."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Long, Moment


class Reopening(Base):
    """Why an attempt that was locked in counts for nothing; its estimate stays on record.

    attempt_id: the attempt that was set aside; another one of the same case took its place.
    """

    __tablename__ = "reopening"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    reason: Mapped[Long]
    teacher_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    created_at: Mapped[Moment]
