"""What a teacher decided about a learner's grade."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Long, Moment


class Override(Base):
    """A teacher's own word on a learner's grade in an activity; the newest counts, none is lost.

    share:  of the activity's points; None takes the ones before back: the work counts again.
    exempt: nothing is expected of the learner here, and nothing is sent.
    """

    __tablename__ = "override"
    __table_args__ = (Index("ix_override_activity_id_learner_id", "activity_id", "learner_id"),)

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"))
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    share: Mapped[float | None]
    exempt: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[Long]
    teacher_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    created_at: Mapped[Moment]
