"""How a refusal, and every other answer, leaves this LMS: its status, its words, its headers."""

import logging
from collections.abc import Callable
from typing import Any

from litestar import MediaType, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template
from litestar.types import Message, Scope

from service.demo.errors import (
    ChoiceRefused,
    LaunchErrored,
    LaunchRefused,
    ServiceRefused,
)
from service.demo.flavours.plain import Plain
from service.demo.launch import self_sending_form
from service.demo.lms import Asked
from service.demo.settings import DemoSettings


def exception_handlers(settings: DemoSettings, flavour: Plain) -> dict[Any, Any]:
    """Which error becomes which answer: the one table."""
    return {
        ServiceRefused: lambda _, error: flavour.refusal(error),
        LaunchRefused: _launch_refused,
        ChoiceRefused: _choice_refused,
        LaunchErrored: _back_to_tool(settings.tool_launch_url),
        HTTPException: _http_error,
        Exception: _crash,
    }


def _launch_refused(_: Asked, error: LaunchRefused) -> Template:
    return _message("Invalid request", str(error), 400)


def _choice_refused(_: Asked, error: ChoiceRefused) -> Template:
    return _message("Nothing was added", str(error), 400)


def _back_to_tool(launch_url: str) -> Callable[[Asked, LaunchErrored], Template]:
    def answer(_: Asked, error: LaunchErrored) -> Template:
        fields = {"error": error.error, "error_description": error.reason, "state": error.state}
        return self_sending_form(launch_url, {name: text for name, text in fields.items() if text})

    return answer


def _http_error(request: Asked, error: HTTPException) -> Response[Any]:
    if request.url.path.startswith(("/lti/courses", "/api/lti", "/lti/token", "/test/")):
        return Response({"error": error.detail}, status_code=error.status_code)
    text = "There is no such page here." if error.detail == "Not Found" else error.detail
    return _message("This did not work", text, error.status_code)


def _crash(request: Asked, error: Exception) -> Template:
    logging.getLogger(__name__).error("%s failed", request.url.path, exc_info=error)
    return _message("This did not work", "The demo LMS has a fault; its log says which.", 500)


def _message(title: str, message: str, status: int) -> Template:
    return Template(
        "message.html.jinja",
        context={"title": title, "message": message},
        status_code=status,
        media_type=MediaType.HTML,
    )


def headers_of(settings: DemoSettings) -> Callable[[Message, Scope], Any]:
    """Sets the security headers on every answer, errors and static files too."""

    async def set_headers(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        headers["Content-Security-Policy"] = _content_security_policy(settings, scope["path"])
        headers["X-Content-Type-Options"] = "nosniff"
        # Forms carry an Origin header to the tool under this policy, as from a real LMS.
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"

    return set_headers


def _content_security_policy(settings: DemoSettings, path: str) -> str:
    """`form-action` needs 'self' beside the tool: browsers check it on redirects as well."""
    in_frame = path.startswith("/lti/") or path.endswith("/launch")
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"frame-src 'self' {settings.tool_url}",
            f"form-action 'self' {settings.tool_url}",
            f"frame-ancestors {"'self'" if in_frame else "'none'"}",
            "base-uri 'none'",
        )
    )


def only_at(settings: DemoSettings) -> Callable[[Asked], Response[Any] | None]:
    """Answers at its own address alone: another host name would be another cookie jar."""
    host = settings.lms_url.partition("://")[2]

    def check_host(request: Asked) -> Response[Any] | None:
        if request.headers.get("host") == host:
            return None
        if request.method == "GET":
            query = f"?{request.url.query}" if request.url.query else ""
            return Redirect(settings.lms_url + request.url.path + query)
        return _message("Wrong address", f"This LMS is at {settings.lms_url}", 421)

    return check_host
