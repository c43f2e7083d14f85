"""A learner's own choice of language."""

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("learner", sa.Column("language", sa.String(length=255), nullable=True))


def downgrade() -> None:
    op.drop_column("learner", "language")
