"""A platform for dynamic registration, on a public internet that we made up."""

import json
from dataclasses import replace
from typing import Any

import httpx2
from hypothesis import strategies as st

from lti.dynamic_registration import (
    PlatformConfiguration,
    ToolDescription,
    fetch_configuration,
    post_registration,
    registration_request,
    update_registration,
)
from lti.public_web import PublicWeb

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS_LTI = "https://canvas.instructure.com/lti/"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
NAMES = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MOODLE_URL = "https://moodle.test/mod/lti/openid-configuration.php"
CANVAS_URL = "https://sso.canvaslms.com/api/lti/security/openid-configuration"
MOODLE: dict[str, Any] = {
    "issuer": "https://moodle.test",
    "authorization_endpoint": "https://moodle.test/mod/lti/auth.php",
    "token_endpoint": "https://moodle.test/mod/lti/token.php",
    "jwks_uri": "https://moodle.test/mod/lti/certs.php",
    "registration_endpoint": "https://moodle.test/mod/lti/openid-registration.php",
    "scopes_supported": [SCORE, NAMES],
    "response_types_supported": ["id_token"],
    PLATFORM: {
        "product_family_code": "moodle",
        "version": "4.5.6",
        "messages_supported": [
            {"type": "LtiResourceLinkRequest"},
            {"type": "LtiDeepLinkingRequest"},
        ],
        "variables": ["Context.id"],
    },
}
CANVAS: dict[str, Any] = {
    "issuer": "https://canvas.instructure.com",
    "authorization_endpoint": "https://sso.canvaslms.com/api/lti/authorize_redirect",
    "token_endpoint": "https://sso.canvaslms.com/login/oauth2/token",
    "jwks_uri": "https://sso.canvaslms.com/api/lti/security/jwks",
    "registration_endpoint": "https://canvas.instructure.com/api/lti/registrations",
    "authorization_server": "canvas.instructure.com",
    "scopes_supported": [SCORE, NAMES],
    PLATFORM: {
        "product_family_code": "canvas",
        "version": "vCloud",
        "messages_supported": [
            {"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]},
            {
                "type": "LtiDeepLinkingRequest",
                "placements": ["assignment_selection", "link_selection", "editor_button"],
            },
        ],
        CANVAS_LTI + "account_name": "Test University",
    },
}
TOOL_DESCRIPTION = ToolDescription(
    name="Eyeball",
    description="Blinded ejection-fraction practice.",
    target_url="https://www.tool.test:8443/lti/launch",
    login_url="https://www.tool.test:8443/lti/login",
    redirect_urls=("https://www.tool.test:8443/lti/launch",),
    jwks_url="https://www.tool.test:8443/lti/jwks",
)
REGISTRATION_TOKEN = "t.t.t"
ADDRESSES = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
]


class Platform:
    """A platform on a public internet of our own, where only `inner.test` is not public."""

    def __init__(self, configuration: Any = MOODLE) -> None:
        self.configuration = configuration
        self.answers: list[httpx2.Response] = []
        self.asked: list[httpx2.Request] = []
        self.web = PublicWeb(resolve=self._resolve, transport=httpx2.MockTransport(self._answer))

    async def _resolve(self, host: str, port: int) -> list[str]:
        assert 0 < port < 65536
        return ["10.0.0.1" if host == "inner.test" else "93.184.216.34"]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if self.answers:
            return self.answers.pop(0)
        return httpx2.Response(200, content=json.dumps(self.configuration).encode())

    async def shows(
        self, url: str = MOODLE_URL, token: str | None = REGISTRATION_TOKEN
    ) -> PlatformConfiguration:
        return await fetch_configuration(self.web, url, token)


def plain(family: str, **changes: Any) -> PlatformConfiguration:
    known = PlatformConfiguration(
        issuer="https://moodle.test",
        auth_login_url="https://moodle.test/auth",
        auth_token_url="https://moodle.test/token",
        jwks_url="https://moodle.test/certs",
        registration_url="https://moodle.test/register",
        token_audience=None,
        family=family,
        version=None,
        account_name=None,
        scopes=frozenset(),
        placements={},
    )
    return replace(known, **changes)


def says(status: int, body: Any, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx2.Response(status, content=content, headers=headers)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
urls = st.sampled_from(["https://moodle.test/x", "https://inner.test", "http://[", "https://a b"])
anything = st.recursive(
    scalars | urls,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "placements", "messages_supported"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


async def registers(platform: Platform, *, update: bool = False) -> Any:
    """The outcome of a registration, or of an update."""
    call = update_registration if update else post_registration
    configuration = plain("moodle")
    request = registration_request(configuration, tool=TOOL_DESCRIPTION)
    return await call(platform.web, configuration, "t.t.t", request)
