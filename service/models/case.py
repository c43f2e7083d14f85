"""A library clip and its reference."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class Case(Base):
    """A clip whose LVEF is known; the number is sealed until an estimate is locked."""

    __tablename__ = "case"

    id: Mapped[Id]
    position: Mapped[int] = mapped_column(unique=True)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clip.id"), unique=True)
    reference_lvef: Mapped[float]
    reference_source: Mapped[Short]
    created_at: Mapped[Moment]
