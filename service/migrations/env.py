"""Run by Alembic: one transaction a revision, one runner at a time."""

from alembic import context
from sqlalchemy import create_engine, text

from service.migrations.locks import shut_out_others
from service.models import Base

# Any constant will do; it keeps two deploys from migrating at once.
MIGRATION_LOCK = 4_021_970


def run() -> None:
    """Migrate online, behind a lock."""
    engine = create_engine(
        context.config.attributes["url"], connect_args={"prepare_threshold": None}
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=is_ours,
            compare_type=True,
        )
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            context.run_migrations()
            shut_out_others(connection)
    engine.dispose()


def is_ours(item: object, name: str | None, kind: str, *_: object) -> bool:
    """procrastinate's tables are its own business."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


run()
