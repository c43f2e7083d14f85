"""Who a platform was in LTI 1.1: proven by its signature, or as if nothing had been said."""

from typing import Any

import pytest

from lti.migration import FormerConsumer
from tests.unit.lti.lms import Lms

SECRET = "the secret of 1.1"


async def said(lms: Lms, claim: Any) -> Any:
    """The former consumer of a launch that makes this claim."""
    return (await lms.launches(deployment_id="1", lti1p1=claim)).former


def test_the_signature_is_that_of_the_migration_guide() -> None:
    """Its own example."""
    text = "179248902&689302&https://lmsvendor.com&PM48OJSfGDTAzAo&1551290856&172we8671fd8z"
    signed = FormerConsumer("179248902", text, "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps=")
    assert signed.is_proven_by("my-lti11-secret")
    assert not signed.is_proven_by("another")


@pytest.mark.parametrize(
    "claim",
    [
        7,
        "text",
        [],
        {},
        {"oauth_consumer_key": "key-1"},
        {"oauth_consumer_key": 7, "oauth_consumer_key_sign": "x"},
        {"oauth_consumer_key": "", "oauth_consumer_key_sign": "x"},
        {"oauth_consumer_key": "k" * 256, "oauth_consumer_key_sign": "x"},
        {"oauth_consumer_key": "key-1", "oauth_consumer_key_sign": "x" * 129},
        None,
    ],
)
async def test_what_is_no_whole_claim_is_as_if_it_had_not_come(claim: Any) -> None:
    assert await said(Lms(), claim) is None


async def test_a_signature_proves_nothing_with_another_secret_or_from_elsewhere() -> None:
    claim = {"oauth_consumer_key": "key-1", "oauth_consumer_key_sign": "no signature, Ä"}
    found = await said(Lms(), claim)
    assert found.key == "key-1"
    assert not found.is_proven_by(SECRET)
    assert SECRET not in repr(found)
    assert claim["oauth_consumer_key_sign"] not in repr(found)
