"""What platforms gave us to call their services with."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Long, Moment, Short


class AccessToken(Base):
    """One for each registration, as it stands, and set of scopes.

    digest:      of the registration's addresses and names, and the scopes.
    fingerprint: by which a token that is not accepted is found, without being read.
    asked_until: until then one process asks for a new one, and the others wait.
    """

    __tablename__ = "access_token"

    digest: Mapped[Short] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), index=True
    )
    encrypted: Mapped[Long | None]
    fingerprint: Mapped[Short | None] = mapped_column(index=True)
    usable_until: Mapped[Moment | None]
    asked_until: Mapped[Moment | None]
