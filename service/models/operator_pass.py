"""How an operator gets in: a link that works once, then a session."""

from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Id, Moment, Short


class PassKind(StrEnum):
    """A link is swapped for a session by whoever comes first."""

    LINK = "link"
    SESSION = "session"


class OperatorPass(Base):
    """A link or a session; the secret itself is with the operator alone."""

    __tablename__ = "operator_pass"

    id: Mapped[Id]
    kind: Mapped[PassKind]
    secret_hash: Mapped[Short] = mapped_column(unique=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
