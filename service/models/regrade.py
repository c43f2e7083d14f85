"""A learner says that an answer looks wrong."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Long, Moment


class RegradeRequest(Base):
    """What a learner told their teacher of one answer; it changes nothing by itself."""

    __tablename__ = "regrade_request"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    said: Mapped[Long]
    created_at: Mapped[Moment]
