"""One learner at one exam: when they began, and how much more time they have."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Moment


class Sitting(Base):
    """The row is there once a learner has begun, or a teacher has given them more time.

    factor: of the exam's minutes: 1, 1.25, 1.5 or 2.
    """

    __tablename__ = "sitting"
    __table_args__ = (CheckConstraint("factor IN (1, 1.25, 1.5, 2)", name="factor_offered"),)

    activity_id: Mapped[UUID] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True
    )
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    factor: Mapped[float]
    started_at: Mapped[Moment | None]
