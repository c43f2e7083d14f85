"""The schema of procrastinate 3.10, from the file beside this one: applying it twice raises."""

from pathlib import Path

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).with_name("procrastinate_3.10.0.sql")


def upgrade() -> None:
    # Past SQLAlchemy, which would take the percent signs in it for placeholders.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SCHEMA.read_text())


def downgrade() -> None:
    raise RuntimeError("procrastinate's schema is not taken back; drop the database instead")
