"""An arrival from an LMS: the login that began it, and the verified launch."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Long, Moment, Plain, Short

TEST_STUDENT = "test_student"


class LoginState(Base):
    """One row a login; deleted by the launch that answers it, so that none is answered twice."""

    __tablename__ = "login_state"

    state: Mapped[Short] = mapped_column(primary_key=True)
    nonce: Mapped[Short]
    browser_key_hash: Mapped[Short]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    deployment_id: Mapped[Short | None]
    target_link_uri: Mapped[Address]
    params: Mapped[Plain]
    storage_target: Mapped[Short | None]
    ticket_hash: Mapped[Short | None]
    pending_token: Mapped[Long | None]
    expires_at: Mapped[Moment] = mapped_column(index=True)


class Launch(Base):
    """A verified arrival: who, where and in which role. Only the handle's hash is stored.

    picks:      a teacher chooses activities; the activity is one to try them out in.
    return_url: the way back, at one of the platform's own origins.
    due_at:     until when the LMS calls this person's work on time; it is taken afterwards, too.
    attempts_…: how often the LMS takes work, where it counts, and how often it had by this arrival.
    """

    __tablename__ = "launch"
    __table_args__ = (Index("ix_launch_expires_at", "expires_at"),)

    id: Mapped[Id]
    handle_hash: Mapped[Short]
    cookieless: Mapped[bool]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"))
    picks: Mapped[bool] = mapped_column(default=False)
    learner_id: Mapped[UUID | None] = mapped_column(ForeignKey("learner.id"))
    role: Mapped[Short]
    locale: Mapped[Short | None]
    line_item_url: Mapped[Address | None]
    platform_family: Mapped[Short | None]
    frame_origins: Mapped[Address]
    return_url: Mapped[Address | None]
    due_at: Mapped[Moment | None]
    attempts_allowed: Mapped[int | None]
    attempts_used: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]

    @property
    def is_staff(self) -> bool:
        """Teachers, assistants, designers and admins see the class, and are never graded."""
        return self.role in {"teacher", "assistant", "designer", "admin"}

    @property
    def sets_up(self) -> bool:
        """Who may change what an activity is; whoever assists a teacher does not."""
        return self.is_staff and self.role != "assistant"

    @property
    def is_learner(self) -> bool:
        """Only a learner's work is graded."""
        return self.role == "learner"

    @property
    def is_preview(self) -> bool:
        """Whoever tries the tool out: staff, and an LMS's made-up student."""
        return self.is_staff or self.is_test_student

    @property
    def is_test_student(self) -> bool:
        """The student that an LMS makes up, for teachers to see what learners see."""
        return self.role == TEST_STUDENT
