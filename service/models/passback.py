"""A score on its way to the LMS."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Long, Moment, Short


class PassbackState(StrEnum):
    """DUE until the platform has it or has refused it for good."""

    DUE = "due"
    SENT = "sent"
    REFUSED = "refused"


class Passback(Base):
    """One per attempt that changed the grade; its time is fixed, so sending twice is harmless."""

    __tablename__ = "passback"
    __table_args__ = (Index("ix_passback_state_next_try_at", "state", "next_try_at"),)

    id: Mapped[Id]
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), unique=True)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    line_item_url: Mapped[Address]
    platform_family: Mapped[Short | None]
    score_given: Mapped[float]
    score_maximum: Mapped[float]
    comment: Mapped[Long]
    timestamp: Mapped[Moment]
    started_at: Mapped[Moment]
    submitted_at: Mapped[Moment]
    state: Mapped[PassbackState]
    tries: Mapped[int]
    next_try_at: Mapped[Moment]
    problem: Mapped[Long | None]
    sent_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
