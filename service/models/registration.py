"""An LMS knows us: Registration, Deployment, and the keys with which we sign."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Id, Long, Moment, Short


class DefaultActivity(StrEnum):
    """What a resource link opens that nobody has configured."""

    PRACTICE = "practice"
    OWN_CLIP = "own_clip"
    NONE = "none"


class Registration(Base):
    """An LMS that knows us, keyed by issuer and client id: one issuer may hold many tenants.

    approved:            whether it may launch; one that registered itself may have to wait.
    approves_deployments: whether deployments that turn up are let in, or wait for approval.
    scopes:              what it let us ask for when it registered us; None where nobody knows.
    contact:             whom to ask over there.
    """

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[Id]
    name: Mapped[Short]
    issuer: Mapped[Address]
    client_id: Mapped[Short]
    auth_login_url: Mapped[Address]
    auth_token_url: Mapped[Address]
    jwks_url: Mapped[Address]
    token_audience: Mapped[Address | None]
    default_activity: Mapped[DefaultActivity] = mapped_column(default=DefaultActivity.PRACTICE)
    family: Mapped[Short | None]
    approved: Mapped[bool] = mapped_column(default=True, server_default="true")
    approves_deployments: Mapped[bool] = mapped_column(default=False, server_default="false")
    scopes: Mapped[Long | None]
    contact: Mapped[Short | None]
    created_at: Mapped[Moment]


class Deployment(Base):
    """One place in the LMS where the tool is installed; unknown ones are not launched."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("registration_id", "deployment_id"),)

    id: Mapped[Id]
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    deployment_id: Mapped[Short]
    approved: Mapped[bool]
    created_at: Mapped[Moment]


class ToolKey(Base):
    """A private key of ours, encrypted under the deployment's secret."""

    __tablename__ = "tool_key"

    kid: Mapped[Short] = mapped_column(primary_key=True)
    encrypted_pem: Mapped[Long]
    created_at: Mapped[Moment]
    retired_at: Mapped[Moment | None]
