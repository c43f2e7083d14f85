"""How often a platform has said yes to a score without showing it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("passback", sa.Column("yeses", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("passback", "yeses", server_default=None)


def downgrade() -> None:
    op.drop_column("passback", "yeses")
