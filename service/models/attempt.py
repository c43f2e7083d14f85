"""One learner, one clip, one estimate."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Moment, Short


class AttemptState(StrEnum):
    """How far an attempt has come. How its score travels to the LMS is no part of it."""

    DRAFT = "draft"
    LOCKED = "locked"
    SETTLED = "settled"
    SET_ASIDE = "set_aside"  # its clip showed another view, or it was given back: it counts nowhere


class Attempt(Base):
    """A learner's look at one clip, from the first frame to the answer."""

    __tablename__ = "attempt"
    __table_args__ = (
        # One attempt for each look at a case: only the first one counts.
        Index(
            "uq_attempt_case",
            "activity_id",
            "learner_id",
            "case_id",
            "look",
            unique=True,
            postgresql_where=text("case_id IS NOT NULL"),
        ),
        # One open own-clip attempt a learner: two tabs work on the same one.
        Index(
            "uq_attempt_open_own_clip",
            "activity_id",
            "learner_id",
            unique=True,
            postgresql_where=text("case_id IS NULL AND state NOT IN ('settled', 'set_aside')"),
        ),
        Index("ix_attempt_clip_id", "clip_id"),
        Index("ix_attempt_state", "state"),
        Index("ix_attempt_learner_id", "learner_id"),  # every page asks for a learner's
    )

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"))
    learner_id: Mapped[UUID] = mapped_column(ForeignKey("learner.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"))
    clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clip.id"))
    # At the same case: 1 counts, from 2 on it is practice, and 0 and below were given back.
    look: Mapped[int] = mapped_column(default=1)
    state: Mapped[AttemptState]
    preview: Mapped[bool]
    line_item_url: Mapped[Address | None]
    platform_family: Mapped[Short | None]
    created_at: Mapped[Moment]
    settled_at: Mapped[Moment | None]
    revealed_at: Mapped[Moment | None]
    first_locked_at: Mapped[Moment | None]  # of the attempt that was set aside for this one


class Estimate(Base):
    """The learner's LVEF, whole percent. The database refuses to change or delete a row."""

    __tablename__ = "estimate"
    __table_args__ = (
        CheckConstraint("lvef BETWEEN 0 AND 100", name="lvef_percent"),
        CheckConstraint("half_width IN (5, 10, 15, 20)", name="half_width_offered"),
        CheckConstraint("certainty IN (1, 2, 3)", name="certainty_offered"),
    )

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    lvef: Mapped[int]
    half_width: Mapped[int | None]  # points around it that hold the truth 8 times in 10; or unsaid
    certainty: Mapped[int | None]  # of being within 10 points, where a rule asks for it instead
    known: Mapped[bool]
    attested: Mapped[bool]
    locked_at: Mapped[Moment]

    @property
    def how_sure(self) -> int | None:
        """What the activity's rule asked beside the number."""
        return self.half_width if self.certainty is None else self.certainty


class Draft(Base):
    """What a learner has typed and not locked: it outlives reload, expiry and the device."""

    __tablename__ = "draft"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clip.id"))  # which clip was attested
    lvef: Mapped[Short]  # as typed, right or wrong
    half_width: Mapped[int | None]
    certainty: Mapped[int | None]
    known: Mapped[bool]
    attested: Mapped[bool]
    page: Mapped[Short | None]  # which opening of the page it was typed in, where that says so
    turn: Mapped[int | None]  # and as the how-manieth thing that was sent from there
    saved_at: Mapped[Moment]
