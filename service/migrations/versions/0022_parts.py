"""An activity may have two parts, and its own clips may count by closeness."""

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    words = sa.Enum(
        "best", "latest", "first", "mean", name="counting", native_enum=False, length=32
    )
    op.add_column("activity", sa.Column("counting", words, nullable=False, server_default="best"))
    op.alter_column("activity", "counting", server_default=None)
    op.add_column(
        "activity", sa.Column("second_opens_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    # Its answers would be shown at once: it becomes an activity that nobody has set up.
    op.execute(
        "UPDATE activity SET kind = 'practice', case_ids = '[]', settings_version = 0 "
        "WHERE kind = 'pre_post'"
    )
    op.drop_column("activity", "second_opens_at")
    op.drop_column("activity", "counting")
