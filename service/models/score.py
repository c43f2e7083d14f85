"""How close an estimate came, and by which rule."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Moment, Short


class Score(Base):
    """Written once, when the attempt settles."""

    __tablename__ = "score"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    rule: Mapped[Short]
    value: Mapped[float]
    reference_lvef: Mapped[float | None]
    reference_source: Mapped[Short]
    delta: Mapped[float | None]
    seen: Mapped[bool] = mapped_column(default=False)  # the learner knew the answer of this clip
    created_at: Mapped[Moment]
