"""A learner says that an answer looks wrong; a teacher says what came of it."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Long, Moment


class Outcome(StrEnum):
    """What came of a request to look again."""

    KEPT = "kept"  # the answer stays as it is
    SCORED = "scored"  # the teacher has set a score of their own
    SEEN = "seen"  # it was looked at


class RegradeRequest(Base):
    """What a learner told their teacher of one answer; it changes nothing by itself.

    outcome, note, closed_at, teacher_id: what a teacher said to it; all but the note are None while
    nobody has.
    """

    __tablename__ = "regrade_request"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    said: Mapped[Long]
    created_at: Mapped[Moment]
    outcome: Mapped[Outcome | None]
    note: Mapped[Long | None]
    closed_at: Mapped[Moment | None]
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"))
