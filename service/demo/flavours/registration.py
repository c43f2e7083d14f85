"""Dynamic registration as Moodle 4.5 does it (seen), and as Canvas says that it does (its docs).

Moodle shows its configuration to all and refuses in plain text; a token works once and names the
future client id; the answer holds a deployment id; the tool is pending until an admin activates it.
Canvas wants the token for its configuration, too, refuses with 422 and JSON, and names no
deployment.
"""

import re
import secrets
from asyncio import to_thread
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
from litestar import MediaType, Response, get, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod

from service.demo.lms import Asked, Lms
from service.demo.platform import AGS, auth_login_url, jwks_url, token_url
from service.demo.tools import Client, Dialect, Tool

TOKEN_LIFETIME = timedelta(hours=1)
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = [
    *(f"{AGS}scope/{one}" for one in ("lineitem", "lineitem.readonly", "result.readonly", "score")),
    ROSTER,
]
MESSAGES: dict[str, list[dict[str, Any]]] = {
    "moodle": [{"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest"}],
    "canvas": [
        {"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]},
        {
            "type": "LtiDeepLinkingRequest",
            "placements": ["assignment_selection", "link_selection", "editor_button"],
        },
    ],
}
PLACEMENTS = {"course_navigation", "assignment_selection", "link_selection", "editor_button"}


class Refused(Exception):
    """This LMS does not register the tool; each dialect says so in its own way."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def registration_token(lms: Lms, dialect: Dialect, *, updates: str | None = None) -> str:
    """A token for one registration; its subject is the client id that the tool will have."""
    now = lms.now()
    return lms.signing_keys.sign(
        {
            "sub": updates or secrets.token_hex(8)[:15],
            "scope": "reg-update" if updates else "reg",
            "dialect": dialect,
            "jti": secrets.token_urlsafe(16),
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFETIME).timestamp()),
        }
    )


def configuration(lms: Lms, dialect: Dialect) -> dict[str, Any]:
    """What this LMS says of itself."""
    lms_url = lms.settings.lms_url
    return {
        "issuer": lms_url,
        "authorization_endpoint": auth_login_url(lms_url),
        "token_endpoint": token_url(lms_url),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "jwks_uri": jwks_url(lms_url),
        "registration_endpoint": f"{lms_url}/lti/{dialect}/registrations",
        "scopes_supported": SCOPES,
        "response_types_supported": ["id_token"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM: {
            "product_family_code": dialect,
            "version": "4.5.6" if dialect == "moodle" else "vCloud",
            "messages_supported": MESSAGES[dialect],
            "variables": ["Context.id.history", "ResourceLink.id.history"],
        },
    }


@get("/lti/moodle/openid-configuration")
async def moodle_configuration(lms: NamedDependency[Lms]) -> dict[str, Any]:
    """Open to all."""
    return configuration(lms, "moodle")


@get("/lti/canvas/openid-configuration")
async def canvas_configuration(request: Asked, lms: NamedDependency[Lms]) -> Response[Any]:
    """Only to whoever shows the token."""
    try:
        verified(lms, request, "canvas")
    except Refused as refused:
        return Response({"errors": [{"message": refused.reason}]}, status_code=401)
    return Response(configuration(lms, "canvas"))


@route("/lti/moodle/registrations", http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def moodle_registration(request: Asked, lms: NamedDependency[Lms]) -> Response[Any]:
    """Register a tool or update one, or show what is registered to who may update it."""
    try:
        return Response(await register_like_moodle(request, lms))
    except Refused as refused:
        return Response(refused.reason, status_code=refused.status, media_type=MediaType.HTML)


async def register_like_moodle(request: Asked, lms: Lms) -> dict[str, Any]:
    """The answer that Moodle gives; its token is used up by the first try that it believes."""
    claims = verified(lms, request, "moodle")
    updates = claims["scope"] == "reg-update"
    if request.method == HttpMethod.GET:
        tool = await to_thread(lms.store.tool, claims["sub"]) if updates else None
        if tool is None:
            raise Refused(404, "<!DOCTYPE html><title>Error</title>No such registration")
        return {"client_id": tool.client.client_id, "scope": tool.scope}
    if not await to_thread(lms.store.use_assertion, claims["jti"], claims["exp"], lms.now()):
        raise Refused(401, "token_already_used")
    asked = await body_of(request)
    check_like_moodle(asked)
    client = client_of(lms, asked, claims["sub"], deployment_id=f"type-{claims['sub']}")
    await to_thread(lms.store.put_tool, tool_of(asked, client, "moodle", active=updates))
    return {
        **asked,
        "client_id": client.client_id,
        TOOL: {**asked[TOOL], "deployment_id": client.deployment_id},
    }


def check_like_moodle(asked: dict[str, Any]) -> None:
    """The first thing that is missing, by Moodle's own short name for it."""
    for name in ("initiate_login_uri", "redirect_uris", "client_name", "jwks_uri", TOOL):
        if not asked.get(name):
            raise Refused(400, f"missing_{name.rpartition('/')[2]}")
    if "id_token" not in asked.get("response_types", []):
        raise Refused(400, "invalid_response_types")
    if asked.get("token_endpoint_auth_method") != "private_key_jwt":
        raise Refused(400, "invalid_token_endpoint_auth_method")
    if not isinstance(asked["redirect_uris"], list):
        raise Refused(400, "invalid_redirect_uris")
    target = urlsplit(asked[TOOL].get("target_link_uri", "")).netloc
    if asked[TOOL].get("domain") != target.removeprefix("www."):
        raise Refused(400, "domain_targetlinkuri_mismatch")


@post("/lti/canvas/registrations", status_code=200)
async def canvas_registration(request: Asked, lms: NamedDependency[Lms]) -> Response[Any]:
    """Register a tool; a second one with the same token makes a second registration."""
    try:
        claims = verified(lms, request, "canvas")
        asked = await body_of(request)
        check_like_canvas(asked)
        number = str(10_000_000_000_000 + int(claims["sub"], 16) % 10**12)
        client = client_of(lms, asked, number, deployment_id=f"{number[-4:]}:course-1")
        await to_thread(lms.store.put_tool, tool_of(asked, client, "canvas", active=False))
    except Refused as refused:
        return Response({"errors": [{"message": refused.reason}]}, status_code=refused.status)
    return Response({**asked, "client_id": number})


def check_like_canvas(asked: dict[str, Any]) -> None:
    """What its schema refuses, always with 422."""
    if asked.get("application_type") != "web" or "implicit" not in asked.get("grant_types", []):
        raise Refused(422, "application_type or grant_types is not what it must be")
    messages = asked.get(TOOL, {}).get("messages", [])
    for message in messages:
        if unknown := set(message.get("placements", [])) - PLACEMENTS:
            raise Refused(422, f"placements: unknown {sorted(unknown)}")
        if any(
            not isinstance(value, str) for value in message.get("custom_parameters", {}).values()
        ):
            raise Refused(422, "custom_parameters: values must be strings")
    if unknown := set(str(asked.get("scope", "")).split()) - set(SCOPES):
        raise Refused(422, f"scope: unknown {sorted(unknown)}")


def verified(lms: Lms, request: Asked, dialect: Dialect) -> dict[str, Any]:
    """The claims of the token that came along."""
    found = re.fullmatch(r"Bearer (\S+)", request.headers.get("Authorization", ""))
    if not found:
        raise Refused(401, "missing_registration_token")
    try:
        claims = jwt.decode(
            found[1],
            jwt.PyJWKSet.from_dict(lms.signing_keys.jwks())[
                str(jwt.get_unverified_header(found[1]).get("kid"))
            ],
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, KeyError) as error:
        raise Refused(404 if dialect == "moodle" else 401, "invalid_token") from error
    if claims["exp"] <= lms.now().timestamp() or claims.get("dialect") != dialect:
        raise Refused(401, "expired_token")
    return claims


async def body_of(request: Asked) -> dict[str, Any]:
    """The JSON object that was sent."""
    try:
        return msgspec.json.decode(await request.body(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise Refused(404, "<!DOCTYPE html><title>Error</title>invalid body") from error


def client_of(lms: Lms, asked: dict[str, Any], client_id: str, *, deployment_id: str) -> Client:
    """The tool as launches need it; this demo shows no other tool than its own in frames."""
    client = Client(
        client_id,
        deployment_id,
        str(asked.get("initiate_login_uri")),
        str(asked[TOOL].get("target_link_uri")),
        str(asked.get("jwks_uri")),
    )
    addresses = (client.login_url, client.launch_url, client.jwks_url)
    if not all(url.startswith(f"{lms.settings.tool_url}/") for url in addresses):
        raise Refused(422, "this demo LMS takes no tool but its own")
    return client


def tool_of(asked: dict[str, Any], client: Client, dialect: Dialect, *, active: bool) -> Tool:
    """The row that remembers it."""
    return Tool(
        client,
        name=str(asked.get("client_name", ""))[:255],
        dialect=dialect,
        scope=str(asked.get("scope", "")),
        active=active,
    )
