"""A teacher who chooses activities for a course: the state between the question and the answer."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Address, Base, Long, Plain, Short


class Picking(Base):
    """What a deep-linking launch asked for, and what has been chosen so far.

    return_url, platform_data, accepts: from the verified token, never from the browser.
    chosen:     the setups that are ready, as plain data; the one being typed is not among them.
    answer_ids: the activities that the answer names; pressing twice names the same ones again.
    """

    __tablename__ = "picking"

    launch_id: Mapped[UUID] = mapped_column(
        ForeignKey("launch.id", ondelete="CASCADE"), primary_key=True
    )
    deployment_id: Mapped[Short]
    context_id: Mapped[Short | None]
    course_title: Mapped[Short]
    return_url: Mapped[Address]
    platform_data: Mapped[Long | None]
    accepts: Mapped[Plain]
    typed: Mapped[Plain]
    chosen: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    answer_ids: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
