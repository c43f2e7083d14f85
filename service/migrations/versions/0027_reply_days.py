"""A course says how soon its teachers usually answer who asks about a view."""

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activity", sa.Column("reply_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("activity", "reply_days")
