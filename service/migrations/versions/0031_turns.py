"""What is typed says in which order it was, so that what arrives late changes nothing."""

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draft", sa.Column("page", sa.String(length=255), nullable=True))
    op.add_column("draft", sa.Column("turn", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("draft", "turn")
    op.drop_column("draft", "page")
