"""Who confirmed a clip's view, what asking cost, and attempts set aside for a wrong view."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None

HOLDS = ("wrong_view", "unavailable", "teacher")
STATES = ("open", "answered", "failed", "spared")
OPEN_OWN_CLIP = "uq_attempt_open_own_clip"


def upgrade() -> None:
    hold = sa.Enum(*HOLDS, name="hold", native_enum=False, length=32)
    op.add_column("clip", sa.Column("hold", hold, nullable=True))
    op.add_column("clip", sa.Column("triage", JSONB(), nullable=True))
    op.add_column("clip", sa.Column("teacher_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("clip", sa.Column("call", sa.String(255), nullable=True))
    op.add_column(
        "attempt", sa.Column("first_locked_at", sa.DateTime(timezone=True), nullable=True)
    )
    _one_open_own_clip("case_id IS NULL AND state NOT IN ('settled', 'set_aside')")
    op.create_table(
        "verdict",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_verdict")),
    )
    _create_ruling()
    _create_spend()


def _one_open_own_clip(where: str) -> None:
    op.drop_index(OPEN_OWN_CLIP, table_name="attempt")
    op.create_index(
        OPEN_OWN_CLIP,
        "attempt",
        ["activity_id", "learner_id"],
        unique=True,
        postgresql_where=sa.text(where),
    )


def _create_ruling() -> None:
    op.create_table(
        "ruling",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("masked_key", sa.String(255), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name=op.f("fk_ruling_clip_id")),
        sa.ForeignKeyConstraint(["teacher_id"], ["learner.id"], name=op.f("fk_ruling_teacher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
    )
    op.create_index(op.f("ix_ruling_clip_id"), "ruling", ["clip_id"])


def _create_spend() -> None:
    service = sa.Enum("gemini", "modal", name="paid", native_enum=False, length=32)
    state = sa.Enum(*STATES, name="spendstate", native_enum=False, length=32)
    op.create_table(
        "spend",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", service, nullable=False),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("dollars", sa.Float(), nullable=False),
        sa.Column("usage", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name=op.f("fk_spend_clip_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend")),
    )
    op.create_index("ix_spend_service_created_at", "spend", ["service", "created_at"])
    op.create_index(op.f("ix_spend_clip_id"), "spend", ["clip_id"])


def downgrade() -> None:
    op.drop_table("spend")
    op.drop_table("ruling")
    op.drop_table("verdict")
    _one_open_own_clip("case_id IS NULL AND state <> 'settled'")
    op.drop_column("attempt", "first_locked_at")
    for column in ("hold", "triage", "teacher_asked_at", "call"):
        op.drop_column("clip", column)
