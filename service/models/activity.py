"""Our settings behind one resource link."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class Kind(StrEnum):
    """What a learner does in an activity."""

    OWN_CLIP = "own_clip"
    PRACTICE = "practice"
    MASTERY = "mastery"  # practice until a rule is met
    EXAM = "exam"  # against a clock, and without an answer before it closes
    PRE_POST = "pre_post"  # two parallel sets, before teaching and after it


# What measures a learner: whoever has met its cases before is not measured by them.
MEASURES = frozenset({Kind.EXAM, Kind.PRE_POST})


class Answers(StrEnum):
    """When a learner may see the answer of an attempt that has settled."""

    AT_ONCE = "at_once"
    AFTER_CLOSE = "after_close"


class Counting(StrEnum):
    """Which of a learner's own clips count, where more were read than are wanted."""

    BEST = "best"
    LATEST = "latest"
    FIRST = "first"
    MEAN = "mean"  # of all


class Activity(Base):
    """What one resource link opens, and by which settings.

    resource_link_id: None until the platform has made the link that a teacher picked it for.
    rule:             the scoring rule by its whole name, which `scoring.rule_named` reads.
    case_ids:         the practice cases in their order, of a pre/post activity one form after the
                      other; None for the whole library.
    picked:           the numbers of the library's cases that a teacher chose one by one; None for a
                      balanced set.
    clips_wanted:     clips of the learner's own that make full credit.
    reply_days:       in which a teacher usually answers who asks about a view; None where no time
                      is named.
    second_opens_at:  when the second part of a pre/post activity begins; None until it is said.
    minutes:          of an exam, from its begin on; None for what has no clock.
    zone:             in which its moments were typed, and are shown.
    language:         that of whoever set it up, for what is said of it in a gradebook; None where
                      nobody has.
    closed_at:        when everybody's work was graded as it stood at `closes_at`; None before.
    settings_version: 0 while nobody has set this activity up; one more with each change.
    copied_from_id:   whose settings it began with, in a copied course. Never anyone's attempts.
    """

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("registration_id", "deployment_id", "resource_link_id"),
        Index(
            "ix_activity_registration_id_resource_link_id", "registration_id", "resource_link_id"
        ),
    )

    id: Mapped[Id]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    deployment_id: Mapped[Short]
    context_id: Mapped[Short | None]
    resource_link_id: Mapped[Short | None]
    kind: Mapped[Kind]
    title: Mapped[Short]
    course_title: Mapped[Short]
    points: Mapped[float]
    rule: Mapped[Short]
    case_ids: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    picked: Mapped[list[int] | None] = mapped_column(JSONB(none_as_null=True))
    clips_wanted: Mapped[int]
    counting: Mapped[Counting] = mapped_column(default=Counting.BEST)
    reply_days: Mapped[int | None]
    answers: Mapped[Answers]
    minutes: Mapped[int | None]
    zone: Mapped[Short]
    language: Mapped[Short | None]
    opens_at: Mapped[Moment | None]
    closes_at: Mapped[Moment | None]
    second_opens_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    settings_version: Mapped[int]
    settings_changed_at: Mapped[Moment]
    copied_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("activity.id"))
    created_at: Mapped[Moment]
