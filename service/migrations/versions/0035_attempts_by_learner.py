"""A learner's attempts are found without reading everybody's."""

from collections.abc import Sequence

from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_attempt_learner_id", "attempt", ["learner_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_attempt_learner_id", table_name="attempt")
