"""The time, asked for in one place so that tests can set it."""

from datetime import UTC, datetime

# Between an LMS's clock and ours. Launches are let in with a minute; tokens, at one platform, with
# none at all.
MOST_SECONDS_APART = 30


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
