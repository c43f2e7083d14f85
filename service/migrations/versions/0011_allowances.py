"""How much each address and each LMS may still ask for. Not logged: after a crash all may again."""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allowance",
        sa.Column("holder", sa.String(length=255), nullable=False),
        sa.Column("left", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_allowance")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("ix_allowance_at"), "allowance", ["at"])


def downgrade() -> None:
    op.drop_table("allowance")
