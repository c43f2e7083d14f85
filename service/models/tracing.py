"""Where the ventricle lies in a clip, the pictures of it, and where a learner saw its extremes."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Moment


class Tracing(Base):
    """The outline of a clip's ventricle and what it tells; sealed, but for `attempts.reveal`."""

    __tablename__ = "tracing"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clip.id"), primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[Moment]


class Marks(Base):
    """The frames that a learner, after the answer, calls end diastole and end systole."""

    __tablename__ = "marks"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    end_diastole: Mapped[int]
    end_systole: Mapped[int]
    marked_at: Mapped[Moment]


class Still(Base):
    """One frame of a clip as a JPEG, drawn once: which frame it is tells, so it is sealed too."""

    __tablename__ = "still"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clip.id"), primary_key=True)
    frame: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]
