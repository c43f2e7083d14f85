"""What an administrator needs who connects an LMS by hand: our addresses, ready to be copied."""

from litestar import route
from litestar.di import NamedDependency
from litestar.response import Template

from lti.tool_configuration import configuration_file
from service.i18n import _
from service.pages.site import GET_OR_HEAD, Site, page
from service.tool import describe

CONNECT_PATH = "/lti/connect"
CANVAS_FILE_PATH = "/lti/canvas.json"
EXAMPLE = """{"name": "Example University", "issuer": "https://lms.example.edu",
 "client_id": "…", "auth_login_url": "https://…", "auth_token_url": "https://…",
 "jwks_url": "https://…", "deployment_ids": ["…"]}"""


@route(CONNECT_PATH, http_method=GET_OR_HEAD, status_code=200)
async def show_addresses(site: NamedDependency[Site]) -> Template:
    """Every address that an LMS asks for, by the names that it asks with."""
    tool = describe(site.settings.public_url)
    custom = "\n".join(f"{name}={value}" for name, value in tool.custom.items())
    return page(
        "by_hand",
        addresses=[
            ("login", _("Login URL (initiate login, OpenID Connect initiation)"), tool.login_url),
            ("redirect", _("Redirect URI"), tool.redirect_urls[0]),
            ("target", _("Tool URL (target link URI)"), tool.target_url),
            ("jwks", _("Public keyset URL (JWKS)"), tool.jwks_url),
            ("deep", _("Deep linking URL (content selection)"), tool.target_url),
            ("custom", _("Custom parameters, one a line"), custom),
            ("scopes", _("Scopes (grades, roster)"), "\n".join(tool.scopes)),
        ],
        canvas_file=site.settings.public_url + CANVAS_FILE_PATH,
        example=EXAMPLE,
    )


@route(CANVAS_FILE_PATH, http_method=GET_OR_HEAD, status_code=200)
async def canvas_file(site: NamedDependency[Site]) -> dict[str, object]:
    """The same for Canvas, which reads it from here: a developer key "by URL"."""
    return configuration_file(describe(site.settings.public_url))
