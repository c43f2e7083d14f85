"""What stays in a browser: one cookie per login and per launch, or a frame of the platform's.

Pure text. Rendered by hand, since neither http.cookies (before 3.14) nor Litestar know
`Partitioned`, without which no cookie comes back from inside a platform's frame.
"""

import re
from collections.abc import Iterable

from lti.login import LOGIN_VALIDITY, origin_of

LAUNCH_PREFIX = "__Host-eb-"
STATE_PREFIX = "__Host-eb-state-"
LAUNCH_SECONDS = 24 * 60 * 60
MOST_LAUNCHES = 8
A_NAME = re.compile(r"[A-Za-z0-9._-]+")


def state_cookie_name(state: str) -> str:
    """The cookie of one login; a cookie of its own, so that tabs do not collide."""
    return STATE_PREFIX + state


def launch_cookie_name(launch_id: str) -> str:
    """The cookie of one launch."""
    return LAUNCH_PREFIX + launch_id


def state_cookie(state: str, value: str) -> str:
    """The Set-Cookie header that ties a login to this browser."""
    return _cookie(state_cookie_name(state), value, int(LOGIN_VALIDITY.total_seconds()))


def launch_cookie(launch_id: str, handle: str, *, max_age: int = LAUNCH_SECONDS) -> str:
    """The Set-Cookie header that carries a launch's secret handle."""
    return _cookie(launch_cookie_name(launch_id), handle, max_age)


def expired_cookie(name: str) -> str:
    """The Set-Cookie header that removes a cookie of ours, from the partition that it is in."""
    return _cookie(name, "", 0)


def oldest_beyond(cookie_names: Iterable[str], limit: int = MOST_LAUNCHES) -> list[str]:
    """The launch cookies to drop, names given as the browser sends them: the oldest first."""
    launches = launches_of(cookie_names)
    return launches[: max(0, len(launches) - limit)]


def is_full(cookie_names: Iterable[str]) -> bool:
    """Whether a browser holds as many launches as it may: an older one was dropped, perhaps."""
    return len(launches_of(cookie_names)) >= MOST_LAUNCHES


def launches_of(cookie_names: Iterable[str]) -> list[str]:
    """The launch cookies among a browser's, which may send any name: only ours can be written
    back."""
    return [
        name
        for name in cookie_names
        if A_NAME.fullmatch(name)
        and name.startswith(LAUNCH_PREFIX)
        and not name.startswith(STATE_PREFIX)
    ]


def storage_key(state: str) -> str:
    """The name under which the platform's frame keeps the state of a login."""
    return f"lti_state_{state}"


def storage_target_origin(auth_login_url: str) -> str | None:
    """The only origin that may see it: that of the platform's own door, never a wildcard."""
    return origin_of(auth_login_url)


def _cookie(name: str, value: str, max_age: int) -> str:
    if not A_NAME.fullmatch(name) or not re.fullmatch(r"[A-Za-z0-9._-]*", value):
        raise ValueError("a cookie holds letters, digits, dots, dashes and underscores")
    kept = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
    return f"{name}={value}; {kept}; Max-Age={max_age}"
