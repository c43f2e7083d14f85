"""Whether a database can be worked with at all, before a process begins to."""

import psycopg

PATIENCE_SECONDS = 10


def why_unusable(url: str) -> str | None:
    """Why nobody can log in to this database, in a sentence that holds no password; or None."""
    try:
        psycopg.connect(
            url.replace("postgresql+psycopg://", "postgresql://", 1),
            connect_timeout=PATIENCE_SECONDS,
        ).close()
    except psycopg.Error as error:
        reason = str(error).partition("\n")[0]
        return f"The database cannot be used: {reason}. Is the server up, and DATABASE_URL right?"
    return None
