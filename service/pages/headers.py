"""What every answer carries: who may frame it, what it may load, and cookies as we spell them."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from service.tool import LOGO_PATH

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{files}; "
    "media-src 'self'{clips}{files}; connect-src 'self'{clips}; base-uri 'none'; "
    "form-action 'self'{form_action}; frame-ancestors {ancestors}"
)
# What a page asks for beyond that by a header of its own: to show a file that this browser has.
POLICY_HEADER = "Content-Security-Policy"
LOCAL_FILES = "img-src blob:; media-src blob:"
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PRIVATE = "no-store"
FOREVER = "public, max-age=31536000, immutable"


async def add_headers(message: Message, scope: Scope) -> None:
    """Add the headers, to errors too; a handler says in `request.state` what its page needs."""
    if message["type"] != "http.response.start":
        return
    state = scope.get("state", {})
    headers = MutableScopeHeaders.from_message(message)
    for name, value in FIXED.items():
        headers[name] = value
    if scope["path"] == LOGO_PATH:  # an LMS shows it on its own pages
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    headers[POLICY_HEADER] = policy(
        state.get("frame_ancestors"),
        state.get("form_action"),
        scope["litestar_app"].state.site.clips.origin,
        local_files=headers.get(POLICY_HEADER) == LOCAL_FILES,
    )
    headers.setdefault("Cache-Control", cache_control(scope))
    for cookie in state.get("set_cookies", ()):
        headers.add("Set-Cookie", cookie)


async def no_body_for_a_head(message: Message, scope: Scope) -> None:
    """Whoever asks for the head of a page gets that alone, as the page itself would have it."""
    is_head = scope["type"] == "http" and scope["method"] == "HEAD"
    if is_head and message["type"] == "http.response.body":
        message["body"] = b""


def cache_control(scope: Scope) -> str:
    """Our own files are kept for a year, under an address that changes with them."""
    static = scope["type"] == "http" and scope["path"].startswith("/static/")
    return FOREVER if static and scope["query_string"].startswith(b"v=") else PRIVATE


def policy(
    ancestors: str | None,
    form_action: str | None,
    clips: str | None,
    *,
    local_files: bool = False,
) -> str:
    """The Content-Security-Policy; clips may lie at an origin of their own. Before a launch is
    known any LMS may frame the page: it shows nothing of anyone, and nothing on it can be pressed
    to anybody's harm."""
    return POLICY.format(
        ancestors=ancestors or "*",
        form_action=f" {form_action}" if form_action else "",
        clips=f" {clips}" if clips else "",
        files=" blob:" if local_files else "",
    )
