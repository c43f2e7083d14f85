"""Who may come over from LTI 1.1: a consumer key, with the secret that proves it."""

from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Long, Moment, Short


class ConsumerKey(Base):
    """A key of LTI 1.1 that an operator has named; its secret is encrypted under the deployment's.

    used_at: when a launch last proved that its platform holds the secret.
    """

    __tablename__ = "consumer_key"

    key: Mapped[Short] = mapped_column(primary_key=True)
    encrypted_secret: Mapped[Long]
    created_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
