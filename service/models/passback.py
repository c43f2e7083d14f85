"""A score on its way to the LMS."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Long, Moment, Short


class PassbackState(StrEnum):
    """DUE until the platform has it, or something has to happen first.

    SENT:       the platform took it; `problem` says if it shows something else.
    HELD:       the gradebook holds what we did not send: a teacher decides.
    REFUSED:    the platform said no for good.
    SUPERSEDED: a later grade took its place before it was known to have arrived.
    """

    DUE = "due"
    SENT = "sent"
    HELD = "held"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class Passback(Base):
    """One per change of a learner's grade in an activity, numbered in order.

    attempt_id:   the attempt that changed it; none where a teacher set it.
    body:         what was sent, to the byte: written before the first try, so that a try whose
                  answer was lost is repeated and not doubled.
    leased_until: until then one worker has it in its hands, and nobody else sends it.
    forced:       a teacher wants it sent whatever the gradebook holds.
    due_since:    from then on it is tried, for some days.
    sent_at:      when the platform was first known to have what was sent.
    accepted_at:  when the platform said yes; none where its gradebook showed it before anything was
                  sent. seen_at: when its gradebook was seen to show it.
    yeses:        how often it has said yes and did not show it.
    """

    __tablename__ = "passback"
    __table_args__ = (
        Index("ix_passback_state_next_try_at", "state", "next_try_at"),
        Index("uq_passback_number", "activity_id", "learner_id", "number", unique=True),
    )

    id: Mapped[Id]
    attempt_id: Mapped[UUID | None] = mapped_column(ForeignKey("attempt.id"), unique=True)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    number: Mapped[int]
    line_item_url: Mapped[Address]
    platform_family: Mapped[Short | None]
    score_given: Mapped[float]
    score_maximum: Mapped[float]
    comment: Mapped[Long]
    timestamp: Mapped[Moment | None]
    started_at: Mapped[Moment]
    submitted_at: Mapped[Moment]
    body: Mapped[Long | None]
    state: Mapped[PassbackState]
    forced: Mapped[bool]
    due_since: Mapped[Moment]
    tries: Mapped[int]
    next_try_at: Mapped[Moment]
    leased_until: Mapped[Moment | None]
    problem: Mapped[Long | None]
    sent_at: Mapped[Moment | None]
    accepted_at: Mapped[Moment | None]
    yeses: Mapped[int]
    seen_at: Mapped[Moment | None]
    created_at: Mapped[Moment]

    @property
    def share(self) -> float:
        """The grade as a share of the maximum, 0 to 1."""
        return self.score_given / self.score_maximum

    @property
    def lock(self) -> str:
        """One score at a time of a learner in an activity."""
        return f"grade:{self.activity_id}:{self.learner_id}"
