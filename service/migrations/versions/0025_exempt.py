"""A teacher may exempt a learner from an activity."""

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "override", sa.Column("exempt", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("override", "exempt", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM event WHERE kind = 'decision'")
    op.drop_column("override", "exempt")
