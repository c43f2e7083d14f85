"""Video bytes, known by their content."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class ClipState(StrEnum):
    """How far a clip has come; each state says which work is due."""

    AWAITED = "awaited"  # the browser was given an address to send it to
    UPLOADED = "uploaded"  # the raw file is here: it is to be masked
    COVERING = "covering"  # the learner's rectangles are to be blacked out
    FLAGGED = "flagged"  # text seems to lie over the picture: it waits to be covered, unread
    READY = "ready"  # masked, and the raw file is gone: it can be watched and read
    REFUSED = "refused"  # it was looked at, and cannot be used
    DELETED = "deleted"  # the masked file is gone too


class Hold(StrEnum):
    """Why a clip that could be read is not: nobody has confirmed its view."""

    WRONG_VIEW = "wrong_view"  # it shows another view: its learner decides, or asks a teacher
    UNAVAILABLE = "unavailable"  # the check does not respond: it is tried again
    TEACHER = "teacher"  # a teacher looks at every clip here


class Clip(Base):
    """One clip; neither the file's name nor anything else that came with it is kept."""

    __tablename__ = "clip"
    __table_args__ = (Index("ix_clip_state", "state"),)

    id: Mapped[Id]
    state: Mapped[ClipState]
    learner_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"))
    phantom: Mapped[bool]
    raw_key: Mapped[Short | None]
    raw_bytes: Mapped[int | None]  # as the browser announced them
    raw_deleted_at: Mapped[Moment | None]
    masked_key: Mapped[Short | None]
    stale_key: Mapped[Short | None]  # the masked file from before a covering, until it is deleted
    masked_sha256: Mapped[Short | None]
    told_frame_rate: Mapped[float | None]
    trim_from: Mapped[float | None]  # seconds of the raw clip
    trim_to: Mapped[float | None]
    covers: Mapped[list[Any] | None] = mapped_column(JSONB)
    cleared: Mapped[list[Any] | None] = mapped_column(JSONB)  # seen enlarged, and no writing
    cleared_at: Mapped[Moment | None]
    deleted_at: Mapped[Moment | None]
    prepared: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    stills_due: Mapped[bool] = mapped_column(
        default=False
    )  # frames that explain it have no picture
    outline_due: Mapped[bool] = mapped_column(default=False)  # nobody has outlined it yet
    prepare_tries: Mapped[int] = mapped_column(default=0)
    read_tries: Mapped[int] = mapped_column(default=0)
    outages: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    ready_at: Mapped[Moment | None]
    hold: Mapped[Hold | None]
    triage: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # the last verdict on its view
    teacher_asked_at: Mapped[Moment | None]
    call: Mapped[Short | None]  # a reading that runs on Modal, by its id there
