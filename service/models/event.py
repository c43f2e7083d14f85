"""An event: something between an LMS and us, and what came of it."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class EventKind(StrEnum):
    """What was tried."""

    LOGIN = "login"
    LAUNCH = "launch"
    DEEP_LINK = "deep_link"
    REGISTRATION = "registration"
    ACCESS = "token"  # an access token, for its services
    SCORE = "score"
    ROSTER = "roster"
    DECISION = "decision"  # of a teacher, about a learner
    FAULT = "fault"  # of ours: an error that nobody foresaw


class EventOutcome(StrEnum):
    """What came of it: `failed` is tried again, `refused` is not."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class Event(Base):
    """One line of an operator's log. It never holds a token, a name or a claim.

    reference: what ties a login to its launch, and what an error page shows.
    person:    a digest of our own row's id: the same person twice is seen to be the same.
    code:      why, in a word that the code uses.
    ahead:     of a launch: by how many seconds the LMS's clock was ahead of ours when it signed,
               less what the launch took to get here.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_at", "at"),
        Index("ix_event_reference", "reference"),
        Index("ix_event_registration_id_kind_at", "registration_id", "kind", "at"),
    )

    id: Mapped[Id]
    at: Mapped[Moment]
    kind: Mapped[EventKind]
    outcome: Mapped[EventOutcome]
    reference: Mapped[Short]
    registration_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE")
    )
    person: Mapped[Short | None]
    code: Mapped[Short | None]
    ahead: Mapped[float | None]
