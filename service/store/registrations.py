"""Registrations, deployments and our own keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.models import Deployment, Registration, ToolKey
from service.store.asked import Asked

OF_ISSUER = Asked(select(Registration).where(Registration.issuer == bindparam("issuer")))


async def of_issuer(session: AsyncSession, issuer: str) -> Sequence[Registration]:
    """All registrations of one issuer: cloud tenants share it."""
    return await OF_ISSUER.all(session, {"issuer": issuer})


async def everyone(session: AsyncSession) -> Sequence[Registration]:
    """All registrations."""
    return (await session.scalars(select(Registration).order_by(Registration.created_at))).all()


async def by_id(session: AsyncSession, registration_id: UUID) -> Registration:
    """The registration of a row that refers to it."""
    return await session.get_one(Registration, registration_id)


async def known(session: AsyncSession, issuer: str, client_id: str) -> Registration | None:
    """The registration of this issuer and client id."""
    return await session.scalar(
        select(Registration).where(
            Registration.issuer == issuer, Registration.client_id == client_id
        )
    )


async def put(session: AsyncSession, wanted: Registration) -> Registration:
    """Add a registration, or bring the one with this issuer and client id up to date."""
    row = await known(session, wanted.issuer, wanted.client_id)
    if row is None:
        session.add(wanted)
        await session.flush()
        return wanted
    for column in ("name", "auth_login_url", "auth_token_url", "jwks_url", "token_audience"):
        setattr(row, column, getattr(wanted, column))
    for column in ("family", "scopes", "contact"):  # what is not told this time stays
        setattr(row, column, getattr(wanted, column) or getattr(row, column))
    return row


async def meet_deployment(
    session: AsyncSession, registration: Registration, deployment_id: str, now: datetime
) -> bool:
    """Whether a deployment that never came before may launch; else it is written down to wait."""
    place = {"registration_id": registration.id, "deployment_id": deployment_id}
    row = insert(Deployment).values(
        **place, approved=registration.approves_deployments, created_at=now
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=list(place)))
    return registration.approves_deployments


async def deployments(session: AsyncSession, registration_id: UUID) -> Sequence[Deployment]:
    """All deployments of a registration, those that wait first."""
    return (
        await session.scalars(
            select(Deployment)
            .where(Deployment.registration_id == registration_id)
            .order_by(Deployment.approved, Deployment.created_at)
        )
    ).all()


async def approve(
    session: AsyncSession, registration_id: UUID, deployment_id: str, now: datetime
) -> None:
    """Let one deployment launch."""
    row = insert(Deployment).values(
        registration_id=registration_id,
        deployment_id=deployment_id,
        approved=True,
        created_at=now,
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["registration_id", "deployment_id"], set_={"approved": True}
        )
    )


async def approved(session: AsyncSession, registration_id: UUID) -> Sequence[str]:
    """The deployments that may launch."""
    rows = await session.scalars(
        select(Deployment.deployment_id).where(
            Deployment.registration_id == registration_id, Deployment.approved
        )
    )
    return rows.all()


async def keys(session: AsyncSession, *, lock: bool = False) -> Sequence[ToolKey]:
    """Our keys: active ones first, the newest of them first."""
    wanted = select(ToolKey).order_by(ToolKey.retired_at.nulls_first(), ToolKey.created_at.desc())
    return (await session.scalars(wanted.with_for_update() if lock else wanted)).all()
