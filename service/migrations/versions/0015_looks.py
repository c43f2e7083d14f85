"""A case can be looked at again: one attempt for each look."""

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None

WHOSE = ["activity_id", "learner_id", "case_id"]
CASES = sa.text("case_id IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "attempt", sa.Column("look", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.alter_column("attempt", "look", server_default=None)
    op.drop_index("uq_attempt_case", table_name="attempt")
    op.create_index(
        "uq_attempt_case", "attempt", [*WHOSE, "look"], unique=True, postgresql_where=CASES
    )


def downgrade() -> None:
    op.drop_index("uq_attempt_case", table_name="attempt")
    op.execute("DELETE FROM attempt WHERE look > 1 AND id NOT IN (SELECT attempt_id FROM estimate)")
    op.create_index("uq_attempt_case", "attempt", WHOSE, unique=True, postgresql_where=CASES)
    op.drop_column("attempt", "look")
