"""Access tokens for all processes, rosters of courses, and what teachers decide about a grade."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "access_token",
        sa.Column("digest", sa.String(255), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("encrypted", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.String(255), nullable=True),
        sa.Column("usable_until", MOMENT, nullable=True),
        sa.Column("asked_until", MOMENT, nullable=True),
        refers("access_token", "registration_id", "registration", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_access_token")),
    )
    for column in ("registration_id", "fingerprint"):
        op.create_index(op.f(f"ix_access_token_{column}"), "access_token", [column])
    op.create_table(
        "roster",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("context_id", sa.String(255), nullable=False),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("members", JSONB(), nullable=True),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        refers("roster", "registration_id", "registration", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint(
            "registration_id", "context_id", name=op.f("uq_roster_registration_id_context_id")
        ),
    )
    op.create_table(
        "override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        refers("override", "activity_id", "activity"),
        refers("override", "learner_id", "learner"),
        refers("override", "teacher_id", "learner"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override")),
    )
    op.create_index("ix_override_activity_id_learner_id", "override", ["activity_id", "learner_id"])


def refers(
    table: str, column: str, to: str, *, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete)


def downgrade() -> None:
    for table in ("override", "roster", "access_token"):
        op.drop_table(table)
