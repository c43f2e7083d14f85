"""What a teacher sets for an activity, and what a link that nobody configured opens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def word(*words: str, name: str) -> sa.Enum:
    """An enum that is stored as its word."""
    return sa.Enum(*words, name=name, native_enum=False, length=32)


def columns() -> list[sa.Column[object]]:
    """The new ones, with what activities were until now for the rows that are there."""
    return [
        sa.Column("rule", sa.String(255), nullable=False, server_default="linear 5/20"),
        sa.Column("case_ids", JSONB(), nullable=True),
        sa.Column(
            "counting",
            word("first", "best", "latest", "mean", name="counting"),
            nullable=False,
            server_default="first",
        ),
        sa.Column("attempts_allowed", sa.Integer(), nullable=True),
        sa.Column("clips_wanted", sa.Integer(), nullable=False, server_default="1"),
        sa.Column(
            "answers",
            word("at_once", "after_close", name="answers"),
            nullable=False,
            server_default="at_once",
        ),
        sa.Column(
            "scored_by",
            word("rule", "teacher", name="scoredby"),
            nullable=False,
            server_default="rule",
        ),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settings_version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("settings_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copied_from_id", sa.Uuid(), nullable=True),
    ]


def upgrade() -> None:
    for column in columns():
        op.add_column("activity", column)
    op.execute("UPDATE activity SET settings_changed_at = created_at")
    op.execute("UPDATE activity SET rule = 'completion', counting = 'best' WHERE kind = 'own_clip'")
    # The model always says it all.
    for column in columns():
        if column.server_default is not None:
            op.alter_column("activity", column.name, server_default=None)
    op.alter_column("activity", "settings_changed_at", nullable=False)
    op.alter_column("activity", "resource_link_id", nullable=True)
    op.create_foreign_key(
        op.f("fk_activity_copied_from_id"), "activity", "activity", ["copied_from_id"], ["id"]
    )
    op.create_index(
        "ix_activity_registration_id_resource_link_id",
        "activity",
        ["registration_id", "resource_link_id"],
    )
    op.add_column(
        "registration",
        sa.Column(
            "default_activity",
            word("practice", "own_clip", "none", name="defaultactivity"),
            nullable=False,
            server_default="practice",
        ),
    )
    op.alter_column("registration", "default_activity", server_default=None)


def downgrade() -> None:
    op.drop_column("registration", "default_activity")
    op.drop_index("ix_activity_registration_id_resource_link_id", "activity")
    op.drop_constraint(op.f("fk_activity_copied_from_id"), "activity", type_="foreignkey")
    op.execute("DELETE FROM activity WHERE resource_link_id IS NULL")
    op.alter_column("activity", "resource_link_id", nullable=False)
    for column in reversed(columns()):
        op.drop_column("activity", column.name)
