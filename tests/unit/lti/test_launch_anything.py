"""Any JSON in any claim comes to a launch or to a refusal in words, never to another error."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lti.claims import Launch
from lti.errors import LaunchRefused
from tests.unit.lti.lms import Lms
from tests.unit.lti.test_launch_messages import PICK, REVIEW, SETTINGS

LMS = Lms()

FORMER = ("oauth_consumer_key", "oauth_consumer_key_sign")
texts = st.text(max_size=40) | st.sampled_from(
    ["1.3.0", "ltiResourceLink", "https://lms.test/x", "http://[", "javascript:x", "$a,b", "\ud800"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "user_id", "scope", "lineitem", *SETTINGS, *FORMER]) | texts,
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)
claim_names = st.sampled_from(
    [
        *("iss", "aud", "azp", "sub", "nonce", "iat", "exp", "nbf", "name", "given_name", "locale"),
        *("message_type", "version", "deployment_id", "target_link_uri", "roles", "resource_link"),
        *("context", "launch_presentation", "tool_platform", "custom", "endpoint", "members"),
        *("for_user", "deep_linking", "lti1p1", "platformnotificationservice"),
    ]
)
messages = st.sampled_from([{}, PICK | {"deep_linking": SETTINGS}, REVIEW])


@given(message=messages, changes=st.dictionaries(claim_names, anything, max_size=4))
async def test_any_claims_come_to_a_launch_or_a_refusal(
    message: dict[str, Any], changes: dict[str, Any]
) -> None:
    with suppress(LaunchRefused):
        assert isinstance(await LMS.launches(**(message | changes)), Launch)


@given(name=st.sampled_from(sorted(SETTINGS)), value=anything)
async def test_any_setting_comes_to_a_launch_or_a_refusal(name: str, value: Any) -> None:
    with suppress(LaunchRefused):
        launch = await LMS.launches(**PICK, deep_linking=SETTINGS | {name: value})
        assert launch.deep_linking is not None
        assert launch.deep_linking.return_url.startswith(("https://", "http://"))


@given(payload=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
async def test_any_bytes_for_claims_are_refused(payload: bytes) -> None:
    with suppress(LaunchRefused):
        await LMS.sends(LMS.signs(payload))
        raise AssertionError
