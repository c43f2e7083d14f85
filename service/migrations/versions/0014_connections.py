"""How an LMS connects itself, who lets it in, and how an operator signs in."""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("family", sa.String(255), nullable=True))
    op.add_column(
        "registration", sa.Column("approved", sa.Boolean(), nullable=False, server_default="true")
    )
    op.add_column(
        "registration",
        sa.Column("approves_deployments", sa.Boolean(), nullable=False, server_default="false"),
    )
    op.add_column("registration", sa.Column("scopes", sa.Text(), nullable=True))
    op.add_column("registration", sa.Column("contact", sa.String(255), nullable=True))
    op.create_table(
        "invite",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=255), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("approves", sa.Boolean(), nullable=False),
        sa.Column("approves_deployments", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invite_secret_hash")),
    )
    op.create_table(
        "operator_pass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("link", "session", name="passkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_pass")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_operator_pass_secret_hash")),
    )


def downgrade() -> None:
    op.drop_table("operator_pass")
    op.drop_table("invite")
    for column in ("contact", "scopes", "approves_deployments", "approved", "family"):
        op.drop_column("registration", column)
