"""Certainty-based marks ask how certain a learner is of being within ten points."""

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("estimate", sa.Column("certainty", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_estimate_certainty_offered"), "estimate", "certainty IN (1, 2, 3)"
    )
    op.add_column("draft", sa.Column("certainty", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("draft", "certainty")
    op.drop_column("estimate", "certainty")
