"""Exams have a clock; what nothing asks for, and nothing keeps to, goes."""

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def word(*words: str, name: str) -> sa.Enum:
    """An enum that is stored as its word."""
    return sa.Enum(*words, name=name, native_enum=False, length=32)


def upgrade() -> None:
    for column in ("counting", "attempts_allowed", "scored_by"):
        op.drop_column("activity", column)
    op.add_column("activity", sa.Column("minutes", sa.Integer(), nullable=True))
    op.add_column(
        "activity", sa.Column("zone", sa.String(255), nullable=False, server_default="UTC")
    )
    op.alter_column("activity", "zone", server_default=None)
    op.add_column("activity", sa.Column("closed_at", MOMENT, nullable=True))
    op.create_table(
        "sitting",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("factor", sa.Float(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.CheckConstraint("factor IN (1, 1.25, 1.5, 2)", name=op.f("ck_sitting_factor_offered")),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.id"],
            name=op.f("fk_sitting_activity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_sitting_learner_id")),
        sa.PrimaryKeyConstraint("activity_id", "learner_id", name=op.f("pk_sitting")),
    )


def downgrade() -> None:
    op.drop_table("sitting")
    for column in ("closed_at", "zone", "minutes"):
        op.drop_column("activity", column)
    # An exam would be shown with its answers: it becomes an activity that nobody has set up.
    op.execute(
        "UPDATE activity SET kind = 'practice', case_ids = '[]', settings_version = 0 "
        "WHERE kind IN ('exam', 'mastery')"
    )
    op.add_column(
        "activity",
        sa.Column(
            "counting",
            word("first", "best", "latest", "mean", name="counting"),
            nullable=False,
            server_default="first",
        ),
    )
    op.execute("UPDATE activity SET counting = 'best' WHERE kind = 'own_clip'")
    op.add_column("activity", sa.Column("attempts_allowed", sa.Integer(), nullable=True))
    op.add_column(
        "activity",
        sa.Column(
            "scored_by",
            word("rule", "teacher", name="scoredby"),
            nullable=False,
            server_default="rule",
        ),
    )
    for column in ("counting", "scored_by"):
        op.alter_column("activity", column, server_default=None)
