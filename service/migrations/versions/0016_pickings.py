"""A teacher who chooses activities; and the way back to the LMS."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("launch", sa.Column("return_url", sa.String(2048), nullable=True))
    op.add_column(
        "launch", sa.Column("picks", sa.Boolean(), nullable=False, server_default="false")
    )
    op.alter_column("launch", "picks", server_default=None)
    op.create_table(
        "picking",
        sa.Column("launch_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.String(255), nullable=False),
        sa.Column("context_id", sa.String(255), nullable=True),
        sa.Column("course_title", sa.String(255), nullable=False),
        sa.Column("return_url", sa.String(2048), nullable=False),
        sa.Column("platform_data", sa.Text(), nullable=True),
        sa.Column("accepts", JSONB(), nullable=False),
        sa.Column("typed", JSONB(), nullable=False),
        sa.Column("chosen", JSONB(), nullable=False),
        sa.Column("answer_ids", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["launch_id"], ["launch.id"], name=op.f("fk_picking_launch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("launch_id", name=op.f("pk_picking")),
    )


def downgrade() -> None:
    op.drop_table("picking")
    op.drop_column("launch", "picks")
    op.drop_column("launch", "return_url")
