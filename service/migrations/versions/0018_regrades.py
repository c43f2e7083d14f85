"""What a learner says of an answer that looks wrong; clips whose answer they had seen before."""

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "score", sa.Column("seen", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("score", "seen", server_default=None)
    op.create_table(
        "regrade_request",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_regrade_request_attempt_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_regrade_request")),
    )


def downgrade() -> None:
    op.drop_table("regrade_request")
    op.drop_column("score", "seen")
