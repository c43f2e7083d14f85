"""An allowance: how much somebody may still ask for, filled up as time goes by."""

from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base, Moment, Short


class Allowance(Base):
    """One row per address or registration that has asked lately; shared by all web processes.

    holder: a digest, since an address names a person.
    left:   at the moment `at`; more has come since.
    """

    __tablename__ = "allowance"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    holder: Mapped[Short] = mapped_column(primary_key=True)
    left: Mapped[float]
    at: Mapped[Moment] = mapped_column(index=True)
