"""The schema's history, and how to bring a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from service.migrations.locks import make_schema

FOLDER = Path(__file__).parent
LOCKED_OUT = text("SELECT row_security_active(to_regclass('alembic_version'))")


def configuration(url: str) -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def migrate(url: str, *, schema: str | None = None) -> None:
    """Bring the tables to the newest revision, in a private schema if one is named; harmless where
    they are there already."""
    if schema is not None:
        make_schema(url, schema)
    command.upgrade(configuration(url), "head")


def revision_gap(url: str) -> str | None:
    """What is wrong with the schema's revision, or None."""
    head = ScriptDirectory.from_config(configuration(url)).get_current_head()
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            locked_out = connection.scalar(LOCKED_OUT)
    finally:
        engine.dispose()
    if locked_out:
        return (
            "DATABASE_URL logs in as a role that does not own the tables, so it sees no row. "
            "Use the role that runs `eyeball migrate`."
        )
    if current == head:
        return None
    return (
        f"The database is at revision {current or 'none'}, this version needs {head}. "
        "Run `eyeball migrate`."
    )
