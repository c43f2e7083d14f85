"""What people read: refusals, gaps, ranges and grades in plain sentences."""

from dataclasses import replace
from pathlib import Path

import pytest

from inference import sniffing
from inference.reading import ClipRefused, Outcome, RefusalCode
from service import words
from service.scoring import RULES
from tests.support.fakes import NOON, a_reading


def refusal(code: RefusalCode, **detail: float | str) -> str:
    refused = ClipRefused(code, dict(detail))
    return words.refusal({"code": refused.code.value, "detail": refused.detail})


@pytest.mark.parametrize("code", list(RefusalCode))
def test_every_refusal_has_a_sentence_and_costs_nothing(code: RefusalCode) -> None:
    sentence = refusal(code)
    assert sentence.endswith("Your grade isn't affected and no attempt was used.")
    assert "%(" not in sentence
    assert "{" not in sentence


def test_a_refusal_names_the_figure_that_matters() -> None:
    assert "This clip is 48.2 seconds; the limit is 20." in refusal(
        RefusalCode.TOO_LONG, seconds=48.2
    )
    assert "This file is 83 MB" in refusal(RefusalCode.TOO_LARGE, megabytes=83.0)
    assert "This is a PDF." in refusal(RefusalCode.UNSUPPORTED_TYPE, kind="PDF")
    assert "This is an HTML page." in refusal(RefusalCode.UNSUPPORTED_TYPE, kind="HTML")
    unknown = refusal(RefusalCode.UNSUPPORTED_TYPE, kind="unknown")
    assert "This is a file of a kind that we don't know." in unknown
    assert "This is an XCF." in refusal(RefusalCode.UNSUPPORTED_TYPE, kind="XCF")


def test_every_kind_of_file_that_is_told_apart_has_its_words() -> None:
    told = Path(sniffing.__file__).read_text(encoding="utf-8")
    kinds = {kind for _, kind in sniffing.OTHER_TYPES} | {"HTML", "text", "unknown", "WAV"}
    assert kinds <= words.FILE_KINDS.keys()
    assert all(f'"{kind}"' in told for kind in ("HTML", "text", "unknown", "WAV"))


@pytest.mark.parametrize(
    ("delta", "sentence"),
    [
        (-9.0, "You read 9 points low."),
        (12.5, "You read 12.5 points high."),
        (1.0, "You read 1 point high."),
        (0.0, "You read exactly the same."),
    ],
)
def test_a_gap_is_told_with_its_direction(delta: float, sentence: str) -> None:
    assert words.gap(delta) == sentence


def test_a_demo_models_reading_of_a_real_heart_has_no_range() -> None:
    assert words.range_words(a_reading(51.0)) == "range unknown: demo model"


def test_a_range_stays_on_the_scale() -> None:
    near_zero = replace(a_reading(3.0), half_width=5.0)
    assert words.range_words(near_zero) == "likely 0–8\N{NO-BREAK SPACE}% (±5)"
    near_all = replace(a_reading(98.0), half_width=5.0)
    assert words.range_words(near_all) == "likely 93–100\N{NO-BREAK SPACE}% (±5)"


def test_a_reading_says_which_check_it_passed() -> None:
    unsure = a_reading(51.0)
    assert words.view_check(unsure).startswith("View not confirmed")
    accepted = replace(unsure, verdict=replace(unsure.verdict, outcome=Outcome.ACCEPTED))
    assert words.view_check(accepted).startswith("View confirmed")


def test_warnings_are_told_in_words_and_doubt_is_one_of_them() -> None:
    reading = replace(a_reading(51.0), warnings=("short_clip", "x"), low_agreement=True)
    told = words.warnings(reading)
    assert len(told) == 2
    assert "Short clip" in told[0]
    assert "isn't sure" in told[1]
    assert "scored" not in told[1]
    measured = words.warnings(reading, measures=True)
    assert measured[1].endswith("So how close you are to it won't be scored.")


def test_a_time_has_its_zone() -> None:
    assert words.at_time(NOON).striptags() == "12:00 UTC"
    assert '<time datetime="2026-11-23T12:00:00Z"' in words.at_time(NOON)


def test_no_reading_costs_nothing_whatever_the_reason() -> None:
    for reason in ("unavailable", "rejected", "unreadable", None):
        assert "full credit for taking part" in words.no_reading(reason)


@pytest.mark.parametrize("rule", ["linear 5/20", "blend 10/25", "banded", "banded +5", *RULES])
def test_every_scoring_rule_has_words_for_people_and_for_the_gradebook(rule: str) -> None:
    rule = {
        "linear": "linear 5/20",
        "blend": "blend 5/20",
        "within": "within 10",
    }.get(rule, rule)
    assert words.rule_in_full(rule).endswith(".")
    assert 5 < len(words.rule_in_short(rule)) < 50


def test_a_rules_words_hold_its_numbers() -> None:
    assert words.rule_in_short("blend 5/20") == "70 % linear ±5/±20, 30 % category"
    assert "80 % within 15" in words.rule_in_full("banded +5")
    assert words.rule_in_full("blend 4/18").startswith("Full marks within 4 points, none beyond 18")


def test_every_doubt_of_a_reading_has_its_sentence() -> None:
    doubts = ("short_clip", "frame_rate_told", "few_beats", "out_of_domain", "poor_quality")
    told = words.warnings(replace(a_reading(51.0), warnings=doubts, low_agreement=True))
    assert len(told) == len(set(told)) == 6
    assert "Fewer than two whole beats" in told[2]
    assert "isn't sure" in told[5]


def test_a_range_that_touches_two_categories_names_none() -> None:
    gray = replace(a_reading(48.0), categories=("mildly_reduced", "preserved"))
    said = words.range_categories(gray)
    assert said is not None
    assert said.endswith("names none: 41–49 %; 50 % or above.")
    sure = replace(a_reading(70.0), categories=("preserved",))
    assert words.range_categories(sure) == "All of this range is 50 % or above."
    assert words.range_categories(a_reading(70.0)) is None


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        (-9.0, "Yours is 9 points lower than the demo model's."),
        (1.0, "Yours is 1 point higher than the demo model's."),
        (0.0, "Yours is the same as the demo model's."),
    ],
)
def test_a_gap_to_a_demo_model_on_a_real_heart_blames_nobody(delta: float, said: str) -> None:
    told = words.gap_to_demo(delta)
    assert told == f"{said} Which of the two is nearer to this heart is not known."
