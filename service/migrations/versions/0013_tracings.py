"""Outlines of the ventricle, stills of its extremes, and the frames that learners mark."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    due = sa.Column("stills_due", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("clip", due)
    op.alter_column("clip", "stills_due", server_default=None)
    op.create_table(
        "tracing",
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name=op.f("fk_tracing_clip_id")),
        sa.PrimaryKeyConstraint("clip_id", name=op.f("pk_tracing")),
    )
    op.create_table(
        "marks",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("end_diastole", sa.Integer(), nullable=False),
        sa.Column("end_systole", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_marks_attempt_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_marks")),
    )
    op.create_table(
        "still",
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("frame", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name=op.f("fk_still_clip_id")),
        sa.PrimaryKeyConstraint("clip_id", "frame", name=op.f("pk_still")),
    )


def downgrade() -> None:
    for table in ("still", "marks", "tracing"):
        op.drop_table(table)
    op.drop_column("clip", "stills_due")
