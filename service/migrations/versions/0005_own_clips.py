"""What a learner does to a clip of their own: trims it, covers parts of it, deletes it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clip", sa.Column("trim_from", sa.Float(), nullable=True))
    op.add_column("clip", sa.Column("trim_to", sa.Float(), nullable=True))
    op.add_column("clip", sa.Column("stale_key", sa.String(255), nullable=True))
    op.add_column("clip", sa.Column("covers", JSONB(), nullable=True))
    op.add_column("clip", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for column in ("trim_from", "trim_to", "stale_key", "covers", "deleted_at"):
        op.drop_column("clip", column)
