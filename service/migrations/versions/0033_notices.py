"""Notices of copied courses, where a platform sends them."""

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels = None
depends_on = None


def of_registration(*, is_key: bool) -> sa.Column[sa.Uuid]:
    return sa.Column(
        "registration_id",
        sa.Uuid(),
        sa.ForeignKey("registration.id", ondelete="CASCADE"),
        primary_key=is_key,
        nullable=False,
    )


def upgrade() -> None:
    op.create_table(
        "notice_service",
        sa.Column("id", sa.Uuid(), primary_key=True),
        of_registration(is_key=False),
        sa.Column("deployment_id", sa.String(255), nullable=False),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.UniqueConstraint("registration_id", "deployment_id"),
    )
    op.create_table(
        "heard_notice",
        of_registration(is_key=True),
        sa.Column("nonce", sa.String(255), primary_key=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_heard_notice_expires_at", "heard_notice", ["expires_at"])
    op.create_table(
        "course_copy",
        of_registration(is_key=True),
        sa.Column("context_id", sa.String(255), primary_key=True),
        sa.Column("origin_id", sa.String(255), primary_key=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for name in ("course_copy", "heard_notice", "notice_service"):
        op.drop_table(name)
