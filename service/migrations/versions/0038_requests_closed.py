"""Requests to look again come to an end."""

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("teacher_id", sa.Uuid(), sa.ForeignKey("learner.id"), nullable=True),
    ):
        op.add_column("regrade_request", column)


def downgrade() -> None:
    for name in ("teacher_id", "closed_at", "note", "outcome"):
        op.drop_column("regrade_request", name)
