"""Delta, score and category: the test vectors of the product's specification."""

import pytest

from service.scoring import (
    EXPERT_LINEAR,
    SOFTWARE_LINEAR,
    Linear,
    category,
    delta,
    points,
    summarise,
)

# estimate, reference, distance, linear 5/20 (expert), linear 10/25 (software)
VECTORS = [
    (60, 55.0, 5.0, 1.0, 1.0),
    (42, 51.0, 9.0, 0.7333, 1.0),
    (41, 40.4, 0.6, 1.0, 1.0),
    (49, 49.6, 0.6, 1.0, 1.0),
    (38, 44.2, 6.2, 0.92, 1.0),
    (45, 35.0, 10.0, 0.6667, 1.0),
    (45, 22.0, 23.0, 0.0, 0.1333),
    (35, 60.0, 25.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("estimate", "reference", "distance", "expert", "software"), VECTORS)
def test_the_linear_rule_gives_the_specified_scores(
    estimate: int, reference: float, distance: float, expert: float, software: float
) -> None:
    assert abs(delta(estimate, reference)) == distance
    assert EXPERT_LINEAR.score(distance) == pytest.approx(expert, abs=5e-5)
    assert SOFTWARE_LINEAR.score(distance) == pytest.approx(software, abs=5e-5)


def test_a_reading_below_the_reference_has_a_negative_delta() -> None:
    assert delta(42, 51.0) == -9.0
    assert delta(51, 42.0) == 9.0


def test_the_reference_is_taken_to_one_decimal() -> None:
    assert delta(50, 49.96) == 0.0
    assert delta(50, 49.94) == 0.1


@pytest.mark.parametrize(
    ("lvef", "expected"),
    [
        (0, "40 % or below"),
        (40, "40 % or below"),
        (40.4, "40 % or below"),
        (40.5, "41–49 %"),
        (41, "41–49 %"),
        (49.4, "41–49 %"),
        (49.5, "50 % or above"),
        (49.6, "50 % or above"),
        (100, "50 % or above"),
    ],
)
def test_a_category_is_that_of_the_whole_percent(lvef: float, expected: str) -> None:
    assert category(lvef) == expected


def test_points_have_two_decimals_and_never_fall_below_zero() -> None:
    assert points(0.73333, 100.0) == 73.33
    assert points(1 / 3, 21.0) == 7.0
    assert points(-0.2, 100.0) == 0.0


def test_a_rule_says_its_name() -> None:
    assert Linear(5.0, 20.0).name == "linear 5/20"
    assert SOFTWARE_LINEAR.name == "linear 10/25"


def test_a_summary_has_mean_score_mean_distance_and_signed_bias() -> None:
    summary = summarise([6.0, -2.0, 4.0], [1.0, 0.5, 0.0])
    assert (summary.cases, summary.mean_score) == (3, 0.5)
    assert summary.mean_error == 4.0
    assert summary.bias == 2.7
