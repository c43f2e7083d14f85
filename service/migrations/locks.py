"""Keeping others out of our tables: a private schema, no grants, and row security without a policy.

Supabase's Data API shows the schema `public` to the roles `anon` and `authenticated`, whose key is
public. In a schema of our own it shows nothing; should somebody expose that schema one day, row
security still shows no row. The owner, whom we are, is bound by neither.
"""

from sqlalchemy import Connection, create_engine, text

from service.models import Base

OTHERS = ("anon", "authenticated")


def make_schema(url: str, name: str) -> None:
    """Make a schema that is this role's own, and where it works from its next connection on.

    The setting belongs to the role, since poolers refuse it as an option of the connection, and a
    SET of ours would leak to the pooler's other clients.
    """
    engine = create_engine(url, connect_args={"prepare_threshold": None})
    with engine.begin() as connection:
        quote = connection.dialect.identifier_preparer.quote
        schema, here = quote(name), quote(connection.scalar(text("SELECT current_database()")))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
        connection.execute(
            text(f"ALTER ROLE CURRENT_USER IN DATABASE {here} SET search_path = {schema}")
        )
        for role in others(connection):
            connection.execute(text(f"REVOKE ALL ON SCHEMA {schema} FROM {quote(role)}"))
    engine.dispose()


def shut_out_others(connection: Connection) -> None:
    """Row security on each of our tables, whichever revision made it; no grant to the public roles.

    Only our own tables: in a shared schema there may be others.
    """
    names = connection.scalars(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relrowsecurity"
            " AND (relname = ANY(:ours) OR relname LIKE 'procrastinate\\_%')"
        ),
        {"ours": [*Base.metadata.tables, "alembic_version"]},
    ).all()
    quote = connection.dialect.identifier_preparer.quote
    public_roles = others(connection)
    for table in map(quote, names):
        connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        for role in public_roles:
            connection.execute(text(f"REVOKE ALL ON TABLE {table} FROM {quote(role)}"))


def others(connection: Connection) -> list[str]:
    """The roles that Supabase's Data API works as, where there are any."""
    rows = connection.scalars(
        text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles)"), {"roles": list(OTHERS)}
    )
    return list(rows)
