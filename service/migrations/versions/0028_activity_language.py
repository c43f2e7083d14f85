"""An activity keeps the language that it was set up in, for what a gradebook is told of it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activity", sa.Column("language", sa.String(255), nullable=True))


def downgrade() -> None:
    op.drop_column("activity", "language")
