"""How sure a learner was, beside the estimate; and what is typed and not locked yet."""

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("estimate", sa.Column("half_width", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_estimate_half_width_offered"), "estimate", "half_width IN (5, 10, 15, 20)"
    )
    op.create_table(
        "draft",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("lvef", sa.String(length=255), nullable=False),
        sa.Column("half_width", sa.Integer(), nullable=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("attested", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_draft_attempt_id")),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name=op.f("fk_draft_clip_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_draft")),
    )


def downgrade() -> None:
    op.drop_table("draft")
    op.drop_constraint(op.f("ck_estimate_half_width_offered"), "estimate", type_="check")
    op.drop_column("estimate", "half_width")
