"""A gradebook column follows what a teacher changes in an activity's settings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("line_item", sa.Column("changes", JSONB(), nullable=True))
    op.add_column("line_item", sa.Column("surplus", JSONB(), nullable=True))
    for name in ("changes_since", "change_at", "closed_until"):
        op.add_column("line_item", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("line_item", sa.Column("change_problem", sa.Text(), nullable=True))
    op.add_column(
        "line_item", sa.Column("change_tries", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    for name in (
        "change_tries",
        "change_problem",
        "closed_until",
        "change_at",
        "changes_since",
        "surplus",
        "changes",
    ):
        op.drop_column("line_item", name)
