"""Grades on their way: numbered, frozen, held; their columns, and their platforms' pace."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# Who was sent a grade before this revision keeps it, in the order in which it was decided.
FILL = """
UPDATE passback SET activity_id = attempt.activity_id, number = placed.number
FROM attempt,
  (SELECT p.id, row_number() OVER
     (PARTITION BY a.activity_id, p.learner_id ORDER BY p.created_at, p.timestamp) AS number
   FROM passback p JOIN attempt a ON a.id = p.attempt_id) AS placed
WHERE attempt.id = passback.attempt_id AND placed.id = passback.id
"""


def upgrade() -> None:
    for column in ("activity_id", "number"):
        kind = sa.Uuid() if column == "activity_id" else sa.Integer()
        op.add_column("passback", sa.Column(column, kind, nullable=True))
    op.execute(FILL)
    op.alter_column("passback", "activity_id", nullable=False)
    op.alter_column("passback", "number", nullable=False)
    op.create_foreign_key(
        op.f("fk_passback_activity_id"), "passback", "activity", ["activity_id"], ["id"]
    )
    op.create_index(
        "uq_passback_number", "passback", ["activity_id", "learner_id", "number"], unique=True
    )
    op.alter_column("passback", "attempt_id", nullable=True)
    op.alter_column("passback", "timestamp", nullable=True)
    op.add_column("passback", sa.Column("body", sa.Text(), nullable=True))
    op.add_column(
        "passback", sa.Column("forced", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("passback", "forced", server_default=None)
    for column in ("leased_until", "accepted_at", "seen_at", "due_since"):
        op.add_column("passback", sa.Column(column, MOMENT, nullable=True))
    op.execute("UPDATE passback SET due_since = created_at")
    op.alter_column("passback", "due_since", nullable=False)
    add_columns_of_gradebooks()


def add_columns_of_gradebooks() -> None:
    op.create_table(
        "line_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(2048), nullable=True),
        sa.Column("container_url", sa.String(2048), nullable=True),
        sa.Column("scopes", JSONB(), nullable=False),
        sa.Column("maximum", sa.Float(), nullable=True),
        sa.Column("maximum_read_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_line_item_activity_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_line_item_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_item")),
    )
    op.create_index("uq_line_item_url", "line_item", ["activity_id", "url"], unique=True)
    op.create_index(
        "uq_line_item_wish",
        "line_item",
        ["activity_id"],
        unique=True,
        postgresql_where=sa.text("container_url IS NOT NULL"),
    )
    op.create_table(
        "pace",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("next_slot_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_pace_registration_id")
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_pace")),
    )


def downgrade() -> None:
    op.drop_table("pace")
    op.drop_table("line_item")
    op.execute("DELETE FROM passback WHERE attempt_id IS NULL OR timestamp IS NULL")
    op.drop_index("uq_passback_number", "passback")
    op.drop_constraint(op.f("fk_passback_activity_id"), "passback")
    for column in ("activity_id", "number", "body", "forced", "due_since"):
        op.drop_column("passback", column)
    for column in ("leased_until", "accepted_at", "seen_at"):
        op.drop_column("passback", column)
    op.alter_column("passback", "attempt_id", nullable=False)
    op.alter_column("passback", "timestamp", nullable=False)
