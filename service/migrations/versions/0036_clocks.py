"""A launch tells how far the LMS's clock is from ours."""

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("ahead", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("event", "ahead")
