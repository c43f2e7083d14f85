"""What was said of a clip's view: by a model, kept so that it is asked once; by a teacher."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Plain, Short


class KeptVerdict(Base):
    """A model's verdict, known by the picture, the prompt, the schema and the model."""

    __tablename__ = "verdict"

    key: Mapped[Short] = mapped_column(primary_key=True)
    body: Mapped[Plain]
    created_at: Mapped[Moment]


class Ruling(Base):
    """A teacher's word on one picture of a clip; the newest one counts, above any model's."""

    __tablename__ = "ruling"

    id: Mapped[Id]
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clip.id"), index=True)
    masked_key: Mapped[Short]
    accepted: Mapped[bool]
    teacher_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    created_at: Mapped[Moment]
