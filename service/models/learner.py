"""A person as one registration knows them."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class Learner(Base):
    """Identity is (registration, sub) and nothing else: names collide or are absent."""

    __tablename__ = "learner"
    __table_args__ = (UniqueConstraint("registration_id", "subject"),)

    id: Mapped[Id]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    subject: Mapped[Short]
    name: Mapped[Short | None]
    language: Mapped[Short | None]  # as the learner has chosen it here
    created_at: Mapped[Moment]

    @property
    def label(self) -> str:
        """The name, or a label that stays the same where the platform sends none."""
        return self.name or f"Learner {self.id.hex[-4:].upper()}"
