"""A platform's no, in its own words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.errors import RegistrationRefused
from lti.registration_calls import words_of
from tests.unit.lti.platform import Platform, registers, says


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (422, {"errors": ["Scopes is invalid", "Domain is missing"]}, "Scopes is invalid; Domain"),
        (422, {"errors": [{"field": "scopes", "message": "is invalid"}]}, "is invalid"),
        (422, {"errors": {"scopes": [{"message": "is bad"}]}}, "is bad"),
        (401, {"errorMessage": "JWT did not include expected contents"}, "JWT did not include"),
        (400, {"error": "invalid_x", "error_description": "No id"}, "invalid_x; No id"),
        (400, b"missing_domain: <b>domain</b>", "missing_domain: domain"),
        (401, b"token_already_used", "token_already_used"),
        (404, b"<html><head><title>x</title></head><body><p>Not &lt;here&gt;</p>", "Not <here>"),
        (400, b"for t.t.t no", "for … no"),
        (400, b"a\r\nb\0c\xff \xe2\x80\xaed", "a b c"),
        (400, b"", ""),
        (500, b"{}", "{}"),
        (500, {"error": 7}, '{"error": 7}'),
    ],
)
async def test_a_no_comes_back_in_the_platforms_words(status: int, body: Any, words: str) -> None:
    platform = Platform()
    platform.answers = [says(status, body)]
    with pytest.raises(RegistrationRefused) as refusal:
        await registers(platform)
    assert refusal.value.status == status
    assert refusal.value.platform_says.startswith(words)
    assert words not in refusal.value.message or not words


def test_words_are_few_and_found_fast() -> None:
    assert len(words_of(b"word " * 60_000)) <= 300
    assert len(words_of(b"<script" * 40_000)) <= 300
    assert len(words_of(b"[" * 100_000)) <= 300
    assert len(words_of(json.dumps([["x" * 100] * 9] * 99).encode())) <= 300


@given(
    st.binary(max_size=300)
    | st.text(alphabet='<>/scriptead {}[]":,&;#', max_size=300).map(str.encode)
)
def test_any_answer_has_words_that_a_page_can_show(body: bytes) -> None:
    words = words_of(body, "token")
    assert len(words) <= 300
    assert words.isprintable()
