"""How many bytes of a raw clip were announced: a store that takes uploads itself may take more."""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clip", sa.Column("raw_bytes", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("clip", "raw_bytes")
