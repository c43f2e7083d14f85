"""What the LMS's administrator sees: the tools, how to add one, and the page in its frame."""

from asyncio import to_thread
from typing import Annotated
from urllib.parse import urlencode

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery, Parameter
from litestar.response import Redirect, Template

from service.demo.flavours.registration import registration_token
from service.demo.lms import Asked, Lms
from service.demo.tools import Dialect

Short = Annotated[str, Parameter(max_length=2048)]


@get("/admin/tools")
async def show_tools(request: Asked, lms: NamedDependency[Lms]) -> Template:
    """Every tool that registered itself, and a form to add one."""
    viewer = await to_thread(lms.viewer, request)
    return _page("tools.html.jinja", viewer=viewer, tools=await to_thread(lms.store.tools))


@get("/admin/tools/add")
async def add_tool(
    request: Asked,
    lms: NamedDependency[Lms],
    url: FromQuery[str],
    dialect: FromQuery[Dialect] = "moodle",
    client: FromQuery[str] = "",
) -> Template:
    """The tool's own page in a frame, told where we describe ourselves, with a token."""
    if not url.startswith(f"{lms.settings.tool_url}/"):
        raise ClientException("This demo LMS takes no tool but its own.")
    told = {
        "openid_configuration": f"{lms.settings.lms_url}/lti/{dialect}/openid-configuration",
        "registration_token": registration_token(lms, dialect, updates=client or None),
    }
    joint = "&" if "?" in url else "?"
    viewer = await to_thread(lms.viewer, request)
    return _page("add_tool.html.jinja", viewer=viewer, frame_url=f"{url}{joint}{urlencode(told)}")


@post("/admin/tools/{client_id:str}/activate", status_code=303)
async def activate(request: Asked, client_id: FromPath[str], lms: NamedDependency[Lms]) -> Redirect:
    """Turn a tool on."""
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise PermissionDeniedException("Only the tools page itself may do this.")
    if not await to_thread(lms.store.activate_tool, client_id):
        raise NotFoundException("There is no such tool.")
    return Redirect("/admin/tools", status_code=303)


def _page(name: str, **context: object) -> Template:
    return Template(name, context=context, headers={"Cache-Control": "no-store"})
