"""Hearts that are drawn to lay beside answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anchor",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lvef", sa.Integer(), nullable=False, unique=True),
        sa.Column("prepared", JSONB(), nullable=True),
        sa.Column("first_beat", JSONB(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("anchor")
