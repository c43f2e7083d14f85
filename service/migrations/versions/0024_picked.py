"""A teacher may choose the cases of an activity one by one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activity", sa.Column("picked", JSONB(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("activity", "picked")
