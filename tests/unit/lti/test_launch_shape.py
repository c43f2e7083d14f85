"""Hostile rows M01-M12: tokens that are no tokens, and claims of the wrong type."""

import json
from itertools import product

import pytest

from lti.errors import LaunchRefused
from tests.unit.lti.lms import LTI, Lms, refused, segment

TEXTS = [7, True, [], {}, ["x"]]
OBJECTS = ["text", 7, True, [], ["x"]]
WRONG: list[tuple[str, object]] = [
    *product(["message_type", "version", "target_link_uri"], [*TEXTS, None, ...]),
    *product(["sub", "name", "given_name", "locale"], TEXTS),
    *product(["roles"], ["text", 7, {}, [7], [None], None, ...]),
    *product(
        ["resource_link", "context", "launch_presentation", "tool_platform", "custom", "endpoint"],
        OBJECTS,
    ),
    *product(["resource_link", "context"], [{}, {"id": 7}, {"id": ""}, {"id": "1", "title": 7}]),
    *product(["launch_presentation"], [{"return_url": 7}, {"document_target": []}]),
    *product(["endpoint"], [{"scope": "text"}, {"scope": [7]}, {"lineitem": 7}, {"lineitems": []}]),
]


@pytest.mark.parametrize(("claim", "wrong"), WRONG)
async def test_m01_a_claim_of_another_type_is_refused(lms: Lms, claim: str, wrong: object) -> None:
    with refused("malformed_token"):
        await lms.launches(**{claim: wrong})


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "a.b.c",
        "..",
        "a.b.c.d",
        "....",
        "null",
        "é.é.é",
        "e30.e30.e30",
        "e30.bnVsbA.",
    ],
)
async def test_m02_what_is_no_token_is_refused(lms: Lms, token: str) -> None:
    with refused("malformed_token"):
        await lms.sends(token)


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b'["x"]', b"7", b'"text"', b"{", b"{}x"])
async def test_m05_a_payload_that_is_no_object_is_refused(lms: Lms, payload: bytes) -> None:
    with refused("malformed_token"):
        await lms.sends(lms.signs(payload))


@pytest.mark.parametrize("header", [b"[]", b"null", b'"RS256"', b"", b"{"])
async def test_m06_a_header_that_is_no_object_is_refused(lms: Lms, header: bytes) -> None:
    with refused("malformed_token"):
        await lms.sends(f"{segment(header)}.{segment(lms.claims())}.AAAA")


async def test_m07_deeply_nested_json_is_refused(lms: Lms) -> None:
    for nested in (b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 12_000 + b"1" + b"}" * 12_000):
        with refused("malformed_token"):
            await lms.sends(lms.signs(nested))


async def test_m08_bad_utf8_is_refused(lms: Lms) -> None:
    text = json.dumps(lms.claims(name="NAME")).encode()
    for bad in (b"\xff\xfe", b"\xc0\xaf", b"\\ud800", b"\x00", b"\\u0000"):
        with refused("malformed_token"):
            await lms.sends(lms.signs(text.replace(b"NAME", bad)))


async def test_m09_a_claim_that_comes_twice_is_refused(lms: Lms) -> None:
    text = json.dumps(lms.claims()).encode()
    for twice in (b'{"sub": "9", ', b'{"aud": "tool-1", ', b'{"x": {"y": 1, "y": 2}, '):
        with refused("malformed_token"):
            await lms.sends(lms.signs(twice + text[1:]))


async def test_m10_an_oversized_token_is_refused(lms: Lms) -> None:
    for size in (300_000, 12_000_000):
        with refused("malformed_token"):
            await lms.launches(name="x" * size)
    assert lms.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"message_type": "LtiDeepLinkingRequest"},
        {"message_type": "LtiSubmissionReviewRequest"},
        {"message_type": "DataPrivacyLaunchRequest"},
        {"message_type": "Unheard"},
        {"message_type": ""},
        {"version": "1.1.0"},
        {"version": ""},
        {"resource_link": ...},
        {"resource_link": None},
    ],
)
async def test_m11_a_message_that_we_do_not_know_is_refused(
    lms: Lms, changes: dict[str, object]
) -> None:
    with refused("invalid_message"):
        await lms.launches(**changes)


async def test_m12_a_refusal_repeats_nothing_of_what_came(lms: Lms) -> None:
    script = "<script>alert(1)</script>"
    for claim in ("iss", "aud", "nonce", "message_type", "target_link_uri"):
        with pytest.raises(LaunchRefused) as refusal:
            await lms.launches(**{claim: script})
        assert "script" not in str(refusal.value), LTI + claim
