"""An invite: who holds it may connect an LMS to us."""

from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class Invite(Base):
    """An address for an LMS's administrator, good for some time and some uses.

    secret_hash:          the secret itself is shown once, to the operator who made it.
    approves:             whether what registers by it is live at once.
    approves_deployments: whether its deployments are, as they turn up.
    """

    __tablename__ = "invite"

    id: Mapped[Id]
    secret_hash: Mapped[Short] = mapped_column(unique=True)
    note: Mapped[Short | None]
    uses_left: Mapped[int]
    approves: Mapped[bool]
    approves_deployments: Mapped[bool]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
