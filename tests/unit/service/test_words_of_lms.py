"""What an LMS said of a score, and why a launch failed, is read in the reader's language."""

import pytest

from lti import roster
from lti.grades import _WHY  # pyright: ignore[reportPrivateUsage]
from lti.launch import platform_error
from lti.platforms import refusal_in_words, trouble_in_words
from service import column_changes, comparing, delivery
from service.i18n import READER, Reader
from service.pages.lti import state_unknown
from service.words_of_lms import A_PART, TROUBLES, trouble_words

LATE = (
    "This launch is not valid now: made at 2026-11-23 12:00:00 UTC by the learning platform's "
    "clock, received at 2026-11-23 13:00:00 UTC by ours. Open the activity again; if that does "
    "not help, one of the clocks is wrong."
)

SAID = [
    *_WHY.values(),
    *roster._WHY.values(),  # pyright: ignore[reportPrivateUsage]
    "The learning platform refused the roster (418).",
    "The learning platform refuses us an access token: invalid_client.",
    str(platform_error({"error": "unauthorized_client"})),
    str(platform_error({"error": "invalid_request"})),
    comparing.UNSEEN,
    comparing.NEWER,
    comparing.GONE,
    delivery.NEVER_SHOWN,
    refusal_in_words(422, b"maximum number of allowed attempts"),
    refusal_in_words(422, b"is not a student"),
    refusal_in_words(400, b"[]"),
    trouble_in_words(500, b"[]"),
    "The gradebook holds 12 of 100, which this tool did not send.",
    "The learning platform refused the score (status 418).",
    "The learning platform did not change its gradebook column (status 418).",
    column_changes.STAYS,
    str(state_unknown()),
    str(platform_error({"error": "access_denied"})),
    str(platform_error({"error": "login_required"})),
    str(platform_error({"error": "no_such_error"})),
    LATE,
]


PARTS = ("12 of 100", "418", "invalid_client", "2026-11-23 12:00:00", "2026-11-23 13:00:00")


@pytest.mark.parametrize("told", SAID)
@pytest.mark.parametrize("language", ["de", "es", "fr", "pt-BR", "ar"])
def test_every_trouble_with_a_score_is_told_in_the_readers_language(
    told: str, language: str
) -> None:
    token = READER.set(Reader(language))
    try:
        said = trouble_words(told)
    finally:
        READER.reset(token)
    assert said
    assert said != told
    assert "%(" not in said
    assert {part for part in PARTS if part in told} == {part for part in PARTS if part in said}


@pytest.mark.parametrize("told", [*SAID, "Something new: 100 %.", ""])
def test_in_english_and_where_it_is_not_known_it_stays_as_it_is(told: str) -> None:
    assert trouble_words(told) == told


def test_no_two_sentences_are_taken_for_each_other() -> None:
    for sentence in TROUBLES:
        plain = A_PART.sub("7", sentence)
        assert trouble_words(plain) == plain
