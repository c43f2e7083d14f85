"""What platforms say of themselves, and hostile rows R08-R12."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.dynamic_registration import PlatformConfiguration, registration_request
from lti.errors import AddressRefused, LtiError, PlatformUnreachable, RegistrationRefused
from lti.platforms import may_speak_for
from tests.unit.lti.platform import (
    ADDRESSES,
    CANVAS,
    CANVAS_URL,
    MOODLE,
    MOODLE_URL,
    NAMES,
    PLATFORM,
    SCORE,
    TOOL_DESCRIPTION,
    Platform,
    anything,
    says,
)


async def test_moodle_says_what_it_is() -> None:
    platform = Platform()
    assert await platform.shows() == PlatformConfiguration(
        issuer="https://moodle.test",
        auth_login_url="https://moodle.test/mod/lti/auth.php",
        auth_token_url="https://moodle.test/mod/lti/token.php",
        jwks_url="https://moodle.test/mod/lti/certs.php",
        registration_url="https://moodle.test/mod/lti/openid-registration.php",
        token_audience=None,
        family="moodle",
        version="4.5.6",
        account_name=None,
        scopes=frozenset({SCORE, NAMES}),
        placements={
            "LtiResourceLinkRequest": frozenset(),
            "LtiDeepLinkingRequest": frozenset(),
        },
    )
    assert platform.asked[0].headers["Host"] == "moodle.test"


async def test_canvas_says_what_it_is_to_who_shows_the_token() -> None:
    platform = Platform(CANVAS)
    configuration = await platform.shows(CANVAS_URL, "t.t.t")
    assert platform.asked[0].headers["Authorization"] == "Bearer t.t.t"
    assert configuration.issuer == "https://canvas.instructure.com"
    assert configuration.account_name == "Test University"
    # A bare host, which Canvas itself does not take as an audience.
    assert configuration.token_audience is None
    assert "editor_button" in configuration.placements["LtiDeepLinkingRequest"]


async def test_another_platform_may_name_its_audience() -> None:
    server = MOODLE | {"authorization_server": "https://auth.moodle.test"}
    other = server | {PLATFORM: {"product_family_code": "other"}}
    assert (await Platform(other).shows()).token_audience == "https://auth.moodle.test"


async def test_a_configuration_may_be_open_to_all() -> None:
    platform = Platform()
    await platform.shows(token=None)
    assert "Authorization" not in platform.asked[0].headers


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        (MOODLE_URL, "https://moodle.test/sub"),
        ("https://moodle.test:8443/x", "https://moodle.test:8443"),
        (CANVAS_URL, "https://canvas.instructure.com"),
        ("https://canvas.instructure.com/x", "https://canvas.instructure.com"),
        ("https://sso.beta.canvaslms.com/x", "https://canvas.beta.instructure.com"),
        ("https://sso.test.canvaslms.com/x", "https://canvas.test.instructure.com"),
    ],
)
def test_a_platform_speaks_for_itself(url: str, issuer: str) -> None:
    assert may_speak_for(url, issuer)


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://evil.test/x", "https://moodle.test"),
        ("https://moodle.test:8443/x", "https://moodle.test"),
        ("https://moodle.test.evil.test/x", "https://moodle.test"),
        ("https://evil.test/x", "https://canvas.instructure.com"),
        ("https://sso.canvaslms.com/x", "https://canvas.test.instructure.com"),
        ("https://sso.canvaslms.com/x", "https://moodle.test"),
        ("https://canvas.instructure.com/x", "https://sso.canvaslms.com"),
        ("https://evil.test/x", "not a url"),
        ("not a url", "not a url"),
        ("", ""),
    ],
)
def test_r08_nobody_speaks_for_another(url: str, issuer: str) -> None:
    assert not may_speak_for(url, issuer)


async def test_r08_a_configuration_that_names_anothers_issuer_is_refused() -> None:
    with pytest.raises(RegistrationRefused, match="another"):
        await Platform(CANVAS).shows("https://evil.test/openid-configuration")


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "address", ["https://inner.test/x", "http://moodle.test/x", "https://127.0.0.1/", "file:///x"]
)
async def test_r09_every_address_in_a_configuration_has_to_be_public(
    name: str, address: str
) -> None:
    with pytest.raises(AddressRefused):
        await Platform(MOODLE | {name: address}).shows()


@pytest.mark.parametrize("url", ["https://inner.test/x", "http://moodle.test/", "gopher://x/", ""])
async def test_r10_a_configuration_is_read_from_a_public_address_only(url: str) -> None:
    platform = Platform()
    with pytest.raises(AddressRefused):
        await platform.shows(url)
    assert platform.asked == []


async def test_r11_no_redirect_is_followed() -> None:
    platform = Platform()
    platform.answers = [says(302, b"", Location="https://inner.test/")]
    with pytest.raises(RegistrationRefused):
        await platform.shows()
    assert len(platform.asked) == 1


async def test_r12_a_huge_configuration_is_not_read_to_its_end() -> None:
    platform = Platform(MOODLE | {"x": "y" * 300_000})
    with pytest.raises(PlatformUnreachable):
        await platform.shows()


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "é", "x" * 9000])
async def test_a_token_that_is_none_goes_nowhere(token: str) -> None:
    platform = Platform()
    with pytest.raises(RegistrationRefused):
        await platform.shows(token=token)
    assert platform.asked == []


WRONG = [
    *({name: wrong} for name in ["issuer", *ADDRESSES] for wrong in (None, 7, "", [], {}, ...)),
    *({PLATFORM: wrong} for wrong in (None, 7, [], "x", ...)),
    {"scopes_supported": "x"},
    {"scopes_supported": [7]},
    {"authorization_server": 7},
    {"jwks_uri": "https://moodle.test/" + "x" * 3000},
    {PLATFORM: {"messages_supported": ["LtiDeepLinkingRequest"]}},
    {PLATFORM: {"product_family_code": 7}},
]


@pytest.mark.parametrize("changes", WRONG)
async def test_a_configuration_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    shown = {name: value for name, value in (MOODLE | changes).items() if value is not ...}
    with pytest.raises(RegistrationRefused, match="read"):
        await Platform(shown).shows()


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[" * 100_000, b"\xff"])
async def test_a_configuration_that_is_none_is_refused(body: bytes) -> None:
    platform = Platform()
    platform.answers = [says(200, body)]
    with pytest.raises(RegistrationRefused):
        await platform.shows()


configurations = (
    st.dictionaries(st.sampled_from(sorted(MOODLE)), anything, max_size=4).map(
        lambda changes: MOODLE | changes
    )
    | anything
)


@given(configurations)
async def test_any_configuration_is_believed_or_refused_in_words(shown: Any) -> None:
    with suppress(LtiError):
        configuration = await Platform(shown).shows()
        assert may_speak_for(MOODLE_URL, configuration.issuer)
        assert registration_request(configuration, tool=TOOL_DESCRIPTION)
