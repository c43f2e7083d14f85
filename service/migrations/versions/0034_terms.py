"""A launch tells until when, and how often, its LMS takes work."""

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("launch", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("launch", sa.Column("attempts_allowed", sa.Integer(), nullable=True))
    op.add_column(
        "launch", sa.Column("attempts_used", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    for name in ("attempts_used", "attempts_allowed", "due_at"):
        op.drop_column("launch", name)
