"""A heart that is drawn to lay beside answers: no case, and no clip of anybody."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment


class Anchor(Base):
    """A drawn heart whose LVEF is exactly this. It hangs on no clip row, so that whatever reads,
    counts, lists, exports or deletes clips and cases never meets it.

    prepared:   the masked clip's facts; None until it is drawn.
    first_beat: where the first whole beat begins and how long it lasts, in seconds.
    """

    __tablename__ = "anchor"

    id: Mapped[Id]
    lvef: Mapped[int] = mapped_column(unique=True)  # percent
    prepared: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    first_beat: Mapped[list[Any] | None] = mapped_column(JSONB)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[Moment | None]
    created_at: Mapped[Moment]

    @property
    def key(self) -> str:
        """Where its file lies in the clip store: a name that tells nothing of its number."""
        return f"masked/{self.id.hex}.mp4"
