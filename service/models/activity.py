"""Our settings behind one resource link."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class Kind(StrEnum):
    """What a learner does in an activity."""

    OWN_CLIP = "own_clip"
    PRACTICE = "practice"


class Activity(Base):
    """What one resource link opens: its kind, its points and how closeness is graded."""

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("registration_id", "deployment_id", "resource_link_id"),)

    id: Mapped[Id]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    deployment_id: Mapped[Short]
    context_id: Mapped[Short | None]
    resource_link_id: Mapped[Short]
    kind: Mapped[Kind]
    title: Mapped[Short]
    course_title: Mapped[Short]
    points: Mapped[float]
    created_at: Mapped[Moment]
