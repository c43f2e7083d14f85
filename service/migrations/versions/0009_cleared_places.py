"""Places that seemed to hold text, and that the learner has looked at and cleared."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clip", sa.Column("cleared", JSONB(), nullable=True))
    op.add_column("clip", sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("clip", "cleared_at")
    op.drop_column("clip", "cleared")
