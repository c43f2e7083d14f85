"""A teacher may give a case back to a learner who locked it in."""

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reopening",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_reopening_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["learner.id"], name=op.f("fk_reopening_teacher_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_reopening")),
    )


def downgrade() -> None:
    op.drop_table("reopening")
