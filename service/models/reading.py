"""The software's LVEF of one clip, or why there will be none."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Moment, Short


class Reading(Base):
    """What the software made of a clip; sealed, but for `attempts.reveal`."""

    __tablename__ = "reading"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clip.id"), primary_key=True)
    lvef: Mapped[float | None]
    body: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    none_because: Mapped[Short | None]
    created_at: Mapped[Moment]
