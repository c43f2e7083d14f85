"""Which clips wait for the outline of their ventricle."""

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    due = sa.Column("outline_due", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("clip", due)
    op.alter_column("clip", "outline_due", server_default=None)


def downgrade() -> None:
    op.drop_column("clip", "outline_due")
