"""What was paid, or may have to be paid, to somebody else's service."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment


class Paid(StrEnum):
    """Who is paid."""

    GEMINI = "gemini"
    MODAL = "modal"


class SpendState(StrEnum):
    """OPEN until something came of it."""

    OPEN = "open"
    ANSWERED = "answered"
    FAILED = "failed"  # it may have been billed all the same
    SPARED = "spared"  # it turned out that nothing had to be asked


class Spend(Base):
    """One paid call. The row is written before the call, with the most that it may cost, so that
    a daily cap holds whatever becomes of the process that called."""

    __tablename__ = "spend"
    __table_args__ = (Index("ix_spend_service_created_at", "service", "created_at"),)

    id: Mapped[Id]
    service: Mapped[Paid]
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clip.id"), index=True)
    state: Mapped[SpendState]
    dollars: Mapped[float]
    usage: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
